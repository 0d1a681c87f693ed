/*
 * The bytes of every LevelDB key and value, and nothing else. Integers are big-endian, so keys
 * sort by number. docs/STORAGE.md has the same in words.
 */
#ifndef VOUCH_SERVER_STORE_FORMAT_H
#define VOUCH_SERVER_STORE_FORMAT_H

#include "server/store/store.h"

enum {
    FORMAT_KEY_LEN_MAX = 1 + STORE_FACT_KEY_LEN_MAX,
    FORMAT_STATE_LEN = 44,
    FORMAT_HEAD_LEN = 216,
    FORMAT_BUNDLE_LEN_MAX = 12 + 2 * TILE_WIDTH,
    FORMAT_INDEX_LEN_MAX = 8,
};

struct format_key {
    uint8_t bytes[FORMAT_KEY_LEN_MAX];
    size_t len;
};

/* What changes with every commit and every opening. */
struct format_state {
    uint64_t epoch;
    uint64_t size;
    uint32_t segment;     /* the segment that grows */
    uint64_t segment_len; /* its committed bytes; what follows them is garbage */
    uint64_t tiles_size;  /* the full tiles of this size are on disk; a multiple of TILE_WIDTH */
    uint64_t facts_size;  /* of the tree that the facts speak of */
};

/* Where the entries of one bundle lie, all in one segment, and how long each is. */
struct format_bundle {
    uint32_t segment;
    uint64_t offset;
    unsigned count; /* entries so far, 0..TILE_WIDTH */
    uint16_t lens[TILE_WIDTH];
};

struct format_key format_card_key(void);
struct format_key format_state_key(void);
struct format_key format_head_key(uint64_t size);
struct format_key format_bundle_key(uint64_t bundle);
struct format_key format_index_key(enum store_index index, const struct hash *hash);
struct format_key format_fact_key(struct bytes key); /* or a prefix of one */
struct bytes format_key_bytes(const struct format_key *key);

/* The size in a head's key; false when the key is not a head's. */
MUST_USE bool format_decode_head_key(uint64_t *out_size, struct bytes key);

/* What follows the letter in a fact's key; false when the key is not a fact's. */
MUST_USE bool format_decode_fact_key(struct bytes *out, struct bytes key);

/* Encoders append; decoders accept exactly what encoders write, and give ERR_CORRUPT else. */
void format_encode_card(struct buf *out, const struct store_identity_card *card);
MUST_USE bool format_decode_card(struct store_identity_card *out, struct bytes value,
                                 struct err *err);

void format_encode_state(struct buf *out, const struct format_state *state);
MUST_USE bool format_decode_state(struct format_state *out, struct bytes value, struct err *err);

/* The size is in the key. */
void format_encode_head(struct buf *out, const struct store_head *head);
MUST_USE bool format_decode_head(struct store_head *out, uint64_t size, struct bytes value,
                                 struct err *err);

void format_encode_bundle(struct buf *out, const struct format_bundle *bundle);
MUST_USE bool format_decode_bundle(struct format_bundle *out, struct bytes value, struct err *err);

/* Bytes of the first count entries of a bundle, with their length prefixes. */
uint64_t format_bundle_len(const struct format_bundle *bundle, unsigned count);

/* An index without leading zero bytes: index 0 is the empty value. */
void format_encode_index(struct buf *out, uint64_t index);
MUST_USE bool format_decode_index(uint64_t *out, struct bytes value, struct err *err);

#endif
