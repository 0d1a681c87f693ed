/*
 * What a witness cosigned last for each log: on disk before anyone hears of it, and in memory. The
 * database is beside a mark file that says which commit is the newest, so that a database that
 * went back in time, or is a copy, is noticed: a witness that forgets would cosign a fork.
 */
#ifndef VOUCH_SERVER_COSIGNING_LEDGER_H
#define VOUCH_SERVER_COSIGNING_LEDGER_H

#include "schemas/checkpoint.h"

struct ledger;

struct ledger_options {
    const char *directory; /* of the database */
    const char *mark_file;
    const char *name;      /* of the witness */
    const struct hash *key; /* thumbprint of its key */
};

/* The newest checkpoint cosigned for a log. */
struct ledger_state {
    uint64_t size;
    struct hash root;
    uint64_t time_s; /* of the cosignature */
};

/* A new, empty ledger; ERR_REFUSED when there is one. */
MUST_USE bool ledger_create(const struct ledger_options *options, struct err *err);

/*
 * ERR_REFUSED: it is the ledger of another witness, a copy of one, or older than its mark.
 * ERR_BUSY: another process has it.
 */
MUST_USE bool ledger_open(struct ledger **out, const struct ledger_options *options,
                          struct err *err);
void ledger_close(struct ledger *ledger); /* accepts NULL */

/* Makes a copy the original: whoever calls it knows that the other one will never run again. */
MUST_USE bool ledger_adopt(const struct ledger_options *options, struct err *err);

/* Logs that have a state. Any thread. */
size_t ledger_count(struct ledger *ledger);

/* False, with *out zeroed: nothing was ever cosigned for this log. Any thread. */
bool ledger_get(struct ledger *ledger, const struct hash *log_id, struct ledger_state *out);

/* Appends the newest cosigned checkpoint; *out_found is false when there is none. Any thread. */
MUST_USE bool ledger_read_note(struct ledger *ledger, const struct hash *log_id, struct buf *out,
                               bool *out_found, struct err *err);

/*
 * Puts a log's next state into the next commit; note is copied. False, and nothing is done, when
 * its state is not *before any more (zeroed: it had none), or it is in the next commit already.
 * One thread, like ledger_commit.
 */
bool ledger_stage(struct ledger *ledger, const struct hash *log_id,
                  const struct ledger_state *before, const struct ledger_state *after,
                  struct bytes note);

/*
 * All that is staged is on disk, and what ledger_get says, when it returns true. When it fails
 * nobody knows what is on disk: the process must end, and the next opening decides.
 */
MUST_USE bool ledger_commit(struct ledger *ledger, struct err *err);

#endif
