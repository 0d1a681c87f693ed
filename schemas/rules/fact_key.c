#include "schemas/rules/fact_key.h"

#include <string.h>

#include "base/check.h"
#include "merkle/hash.h"

enum { KEY_PIECE_LEN = 256 };

/* The parts of a key are short: most keys are hashed in one piece. */
struct piece {
    struct hasher hasher;
    uint8_t data[KEY_PIECE_LEN];
    size_t used;
};

static void piece_add(struct piece *piece, struct bytes part)
{
    if (part.len > sizeof(piece->data) - piece->used) {
        hasher_update(&piece->hasher, bytes_of(piece->data, piece->used));
        hasher_update(&piece->hasher, part);
        piece->used = 0;
    } else if (part.len > 0) {
        memcpy(piece->data + piece->used, part.data, part.len);
        piece->used += part.len;
    }
}

static void hash_parts(struct hash *out, const struct bytes *parts, size_t count)
{
    struct piece piece;

    piece.used = 0;
    hasher_init(&piece.hasher);
    for (size_t i = 0; i < count; i++) {
        uint8_t len[2] = {(uint8_t)(parts[i].len >> 8), (uint8_t)parts[i].len};

        CHECK(parts[i].len <= UINT16_MAX);
        piece_add(&piece, bytes_of(len, sizeof(len)));
        piece_add(&piece, parts[i]);
    }
    hasher_update(&piece.hasher, bytes_of(piece.data, piece.used));
    hasher_final(&piece.hasher, out);
}

struct fact_key fact_key_of(enum fact_kind kind, const struct bytes *parts, size_t count)
{
    struct fact_key key = {.len = 1 + FACT_KEY_HASH_LEN};
    struct hash hash;

    hash_parts(&hash, parts, count);
    key.bytes[0] = (uint8_t)kind;
    memcpy(key.bytes + 1, hash.bytes, FACT_KEY_HASH_LEN);
    return key;
}

struct fact_key fact_key_none(enum fact_kind kind)
{
    return fact_key_of(kind, NULL, 0);
}

struct fact_key fact_key_one(enum fact_kind kind, struct bytes part)
{
    return fact_key_of(kind, &part, 1);
}

struct fact_key fact_key_two(enum fact_kind kind, struct bytes first, struct bytes second)
{
    return fact_key_of(kind, (const struct bytes[]){first, second}, 2);
}

struct fact_key fact_key_three(enum fact_kind kind, struct bytes first, struct bytes second,
                               struct bytes third)
{
    return fact_key_of(kind, (const struct bytes[]){first, second, third}, 3);
}

struct fact_key fact_key_item(const struct fact_key *list, uint64_t n)
{
    struct fact_key key = *list;

    CHECK(list->len == 1 + FACT_KEY_HASH_LEN);
    for (int shift = 56; shift >= 0; shift -= 8)
        key.bytes[key.len++] = (uint8_t)(n >> shift);
    return key;
}

struct fact_key fact_key_as(const struct fact_key *key, enum fact_kind kind)
{
    struct fact_key other = *key;

    other.bytes[0] = (uint8_t)kind;
    return other;
}

/* Keys are hashes already, apart from kind and item: three of their parts are hash enough. */
uint64_t fact_key_short(struct bytes key)
{
    uint64_t hash;

    CHECK(key.len >= 1 + FACT_KEY_HASH_LEN);
    hash = read_be64(key.data + 1) ^ ((uint64_t)key.data[0] << 32);
    if (key.len > 1 + FACT_KEY_HASH_LEN)
        hash ^= read_be64(key.data + 1 + FACT_KEY_HASH_LEN) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 32);
}
