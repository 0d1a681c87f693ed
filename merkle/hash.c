/*
 * The low-level calls are deprecated in OpenSSL 3 in favour of EVP, but unlike EVP they allocate
 * nothing and cannot fail, and they use the same processor instructions.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "merkle/hash.h"

#include <string.h>

#include <openssl/sha.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct hasher), "struct hasher holds a SHA256_CTX");
_Static_assert(_Alignof(SHA256_CTX) <= _Alignof(struct hasher), "struct hasher is aligned");

static const uint8_t LEAF_PREFIX = 0x00;
static const uint8_t NODE_PREFIX = 0x01;

void hasher_init(struct hasher *hasher)
{
    SHA256_Init((SHA256_CTX *)hasher);
}

void hasher_update(struct hasher *hasher, struct bytes data)
{
    if (data.len > 0)
        SHA256_Update((SHA256_CTX *)hasher, data.data, data.len);
}

void hasher_final(struct hasher *hasher, struct hash *out)
{
    SHA256_Final(out->bytes, (SHA256_CTX *)hasher);
}

void hash_sha256(struct hash *out, struct bytes data)
{
    struct hasher hasher;

    hasher_init(&hasher);
    hasher_update(&hasher, data);
    hasher_final(&hasher, out);
}

void hash_leaf(struct hash *out, struct bytes entry)
{
    struct hasher hasher;

    hasher_init(&hasher);
    hasher_update(&hasher, bytes_of(&LEAF_PREFIX, 1));
    hasher_update(&hasher, entry);
    hasher_final(&hasher, out);
}

void hash_node(struct hash *out, const struct hash *left, const struct hash *right)
{
    uint8_t input[1 + 2 * HASH_LEN];

    input[0] = NODE_PREFIX;
    memcpy(input + 1, left->bytes, HASH_LEN);
    memcpy(input + 1 + HASH_LEN, right->bytes, HASH_LEN);
    hash_sha256(out, bytes_of(input, sizeof(input)));
}

void hash_empty_root(struct hash *out)
{
    hash_sha256(out, bytes_of(NULL, 0));
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, HASH_LEN) == 0;
}

struct bytes hash_bytes(const struct hash *hash)
{
    return bytes_of(hash->bytes, HASH_LEN);
}
