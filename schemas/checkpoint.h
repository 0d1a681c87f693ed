/* Checkpoints (C2SP tlog-checkpoint): the note text that says how large a tree is and its root. */
#ifndef VOUCH_SCHEMAS_CHECKPOINT_H
#define VOUCH_SCHEMAS_CHECKPOINT_H

#include "schemas/note.h"

enum { ORIGIN_LEN_MAX = 200 };

struct checkpoint {
    char origin[ORIGIN_LEN_MAX + 1];
    uint64_t size;
    struct hash root;
};

/* Appends the three lines. */
void checkpoint_append_text(struct buf *out, const struct checkpoint *checkpoint);

/* Appends text, blank line and the signature line by signer under the name origin. */
MUST_USE bool checkpoint_sign(struct buf *out, const struct checkpoint *checkpoint,
                              struct signer *signer, struct err *err);

/* Reads a note's text; extension lines are accepted and ignored. */
MUST_USE bool checkpoint_parse_text(struct checkpoint *out, struct bytes text, struct err *err);

/* Parses a signed note and verifies it: origin is the verifier's name, its signature is valid. */
MUST_USE bool checkpoint_open(struct checkpoint *out, struct bytes message,
                              const struct note_verifier *log, struct err *err);

/* Usable as an origin: valid as a key name, valid UTF-8, at most ORIGIN_LEN_MAX bytes. */
bool origin_is_valid(const char *origin);

#endif
