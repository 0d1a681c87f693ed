/*
 * SHA-256, the tree hashes of RFC 9162, 2.1.1, and stored numbers: written again so that nothing is
 * shared with the log.
 */
#ifndef VOUCH_TOOLS_FSCK_DIGEST_H
#define VOUCH_TOOLS_FSCK_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest {
    uint8_t octets[32];
};

void digest_of_nothing(struct digest *out);
void digest_of_leaf(struct digest *out, const uint8_t *entry, size_t len);
void digest_of_pair(struct digest *out, const struct digest *left, const struct digest *right);

/* SHA-256 over the concatenation of parts. */
struct digest_part {
    const uint8_t *data;
    size_t len;
};
void digest_of_parts(struct digest *out, const struct digest_part *parts, size_t part_count);

/* len bytes, at most 8, as a big-endian number. */
uint64_t number_of(const uint8_t *data, size_t len);

bool digest_same(const struct digest *a, const struct digest *b);

#endif
