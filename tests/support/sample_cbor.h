/* CBOR to test with: from hex, at random, and copied item by item. */
#ifndef VOUCH_TESTS_SUPPORT_SAMPLE_CBOR_H
#define VOUCH_TESTS_SUPPORT_SAMPLE_CBOR_H

#include "base/bytes.h"
#include "tests/support/rng.h"

/* Appends the bytes of hex digits of either case; spaces between them are passed over. */
void sample_append_hex(struct buf *out, const char *hex);

/* Appends a random item that dcbor_check accepts. */
void sample_append_item(struct buf *out, struct rng *rng);

/* Appends a valid record of type SAMPLE_NEUTRAL with random extensions. */
void sample_append_record(struct buf *out, struct rng *rng);

/* Reads item by item with dcbor_read and appends each with dcbor_put_*; false when that fails. */
bool sample_copy(struct buf *out, struct bytes item);

#endif
