/*
 * Heads of this log that somebody else holds, and whether one speaks against the store: signed by
 * the log itself, and larger than what it has or of another tree. A log that finds one signs
 * nothing more. The head is kept in a file, so that a restart does not forget it.
 */
#ifndef VOUCH_SERVER_WITNESSING_CONFLICT_H
#define VOUCH_SERVER_WITNESSING_CONFLICT_H

#include "schemas/checkpoint.h"
#include "server/store/store.h"

/* Whose heads are judged, and against what; borrowed. */
struct conflict_log {
    struct store *store;
    const struct note_verifier *verifier;
};

/*
 * Judges a signed note. out_reason stays ERR_NONE when it fits the store, else it says
 * (ERR_REFUSED) why the log must not sign. False: it is no checkpoint that this log signed
 * (ERR_INVALID, ERR_REFUSED: it says nothing), or the store cannot be read. Any thread.
 */
MUST_USE bool conflict_judge(struct err *out_reason, const struct conflict_log *log,
                             struct bytes note, struct err *err);

/* As conflict_judge for a file of ours; without one there is nothing against the store. A file that
 * cannot be read, or is no checkpoint of this log, is an error. */
MUST_USE bool conflict_judge_file(struct err *out_reason, const struct conflict_log *log,
                                  const char *path, struct err *err);

#endif
