/* What one connection submits: the valid records of one run, in a stream of its own. */
#ifndef VOUCH_TOOLS_LOAD_EVIDENCE_H
#define VOUCH_TOOLS_LOAD_EVIDENCE_H

#include "base/bytes.h"

enum { EVIDENCE_ID_LEN = 16 };

struct evidence {
    char stream[64];
    uint8_t run_id[EVIDENCE_ID_LEN];
    uint64_t record_count; /* made so far, the sequence number of the next one */
    uint64_t random_state;
};

/* The seed tells a run of this program from all others, number the streams of one run. */
void evidence_init(struct evidence *out, uint64_t seed, uint64_t number);

/*
 * Appends the next record, in deterministic CBOR of len bytes, give or take one, or of as many as
 * its members need: a run-start, then start and end of one step after the other.
 */
void evidence_append(struct buf *out, struct evidence *evidence, size_t len);

#endif
