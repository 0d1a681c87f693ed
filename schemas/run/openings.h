/* The openings of what a run document commits to: they go back to the submitter, never to a log. */
#ifndef VOUCH_SCHEMAS_RUN_OPENINGS_H
#define VOUCH_SCHEMAS_RUN_OPENINGS_H

#include "schemas/commitment.h"
#include "schemas/run/run_random.h"

struct opening {
    char path[128]; /* JSON pointer of the text in the document */
    uint8_t key[OPENING_KEY_LEN];
    struct hash commitment;
};

/* A zeroed struct holds none. */
struct openings {
    struct opening *items;
    size_t count;
    size_t capacity;
};

/* A text that stands where a payload-digest is wanted. */
struct payload_text {
    const char *path; /* in the document */
    struct bytes text;
    struct bytes media_type; /* empty: none */
};

/* Commits to a text under a fresh key and appends the payload-digest to out. */
MUST_USE bool openings_commit(struct openings *openings, struct buf *out,
                              const struct payload_text *payload, struct run_random *random,
                              struct err *err);

/* Appends [{path, digest, opening_key}, …] as deterministic CBOR. */
void openings_append(struct buf *out, const struct openings *openings);

/* Wipes the keys. */
void openings_cleanup(struct openings *openings);

#endif
