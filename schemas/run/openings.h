/* The openings of what a run document commits to: they go back to the submitter, never to a log. */
#ifndef VOUCH_SCHEMAS_RUN_OPENINGS_H
#define VOUCH_SCHEMAS_RUN_OPENINGS_H

#include "schemas/commitment.h"

struct opening {
    char path[128]; /* JSON pointer of the text in the document */
    uint8_t key[OPENING_KEY_LEN];
    struct hash commitment;
};

/* A zeroed struct holds none. make_key fills in random bytes; NULL: OpenSSL's generator. */
struct openings {
    struct opening *items;
    size_t count;
    bool (*make_key)(uint8_t *out, size_t len, struct err *err);
};

/* Commits to text under a fresh key and appends the payload-digest to out. */
MUST_USE bool openings_commit(struct openings *openings, struct buf *out, const char *path,
                              struct bytes text, struct bytes media_type, struct err *err);

/* Appends [{path, digest, opening_key}, …] as deterministic CBOR. */
void openings_append(struct buf *out, const struct openings *openings);

/* Wipes the keys. */
void openings_cleanup(struct openings *openings);

#endif
