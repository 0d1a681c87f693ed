/* SHA-256 and the two domain-separated hashes of a Merkle tree (RFC 9162, 2.1.1). */
#ifndef VOUCH_MERKLE_HASH_H
#define VOUCH_MERKLE_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum { HASH_LEN = 32 };

struct hash {
    uint8_t bytes[HASH_LEN];
};

/* SHA-256 of data. */
void hash_sha256(struct hash *out, struct bytes data);

/* SHA-256(0x00 || entry). */
void hash_leaf(struct hash *out, struct bytes entry);

/* SHA-256(0x01 || left || right). out may be left or right. */
void hash_node(struct hash *out, const struct hash *left, const struct hash *right);

/* The root of the tree without entries: SHA-256 of nothing. */
void hash_empty_root(struct hash *out);

bool hash_equal(const struct hash *a, const struct hash *b);
struct bytes hash_bytes(const struct hash *hash);

/* SHA-256 in pieces: init, any number of updates, final. Needs no cleanup. */
struct hasher {
    uint64_t state[14];
};

void hasher_init(struct hasher *hasher);
void hasher_update(struct hasher *hasher, struct bytes data);
void hasher_final(struct hasher *hasher, struct hash *out);

#endif
