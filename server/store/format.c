#include "server/store/format.h"

#include <string.h>

enum {
    KEY_CARD = 'c',
    KEY_STATE = 's',
    KEY_HEAD = 'h',
    KEY_BUNDLE = 'b',
    KEY_LEAF_HASH = 'l',
    KEY_SID = 'i',
    KEY_FACT = 'f',
};

enum { CARD_FIXED_LEN = 2 + 1 + HASH_LEN };

static void put_be64(uint8_t *out, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

struct format_key format_card_key(void)
{
    return (struct format_key){.bytes = {KEY_CARD}, .len = 1};
}

struct format_key format_state_key(void)
{
    return (struct format_key){.bytes = {KEY_STATE}, .len = 1};
}

struct format_key format_head_key(uint64_t size)
{
    struct format_key key = {.bytes = {KEY_HEAD}, .len = 9};

    put_be64(key.bytes + 1, size);
    return key;
}

struct format_key format_bundle_key(uint64_t bundle)
{
    struct format_key key = {.bytes = {KEY_BUNDLE}, .len = 9};

    put_be64(key.bytes + 1, bundle);
    return key;
}

struct format_key format_index_key(enum store_index index, const struct hash *hash)
{
    struct format_key key = {.bytes = {index == STORE_BY_SID ? KEY_SID : KEY_LEAF_HASH},
                             .len = 1 + STORE_KEY_HASH_LEN};

    memcpy(key.bytes + 1, hash->bytes, STORE_KEY_HASH_LEN);
    return key;
}

struct format_key format_fact_key(struct bytes key)
{
    struct format_key out = {.bytes = {KEY_FACT}, .len = 1 + key.len};

    CHECK(key.len <= STORE_FACT_KEY_LEN_MAX);
    if (key.len > 0)
        memcpy(out.bytes + 1, key.data, key.len);
    return out;
}

struct bytes format_key_bytes(const struct format_key *key)
{
    return bytes_of(key->bytes, key->len);
}

bool format_decode_head_key(uint64_t *out_size, struct bytes key)
{
    if (key.len != 9 || key.data[0] != KEY_HEAD)
        return false;
    *out_size = read_be64(key.data + 1);
    return true;
}

bool format_decode_fact_key(struct bytes *out, struct bytes key)
{
    if (key.len < 2 || key.len > FORMAT_KEY_LEN_MAX || key.data[0] != KEY_FACT)
        return false;
    *out = bytes_slice(key, 1, key.len);
    return true;
}

void format_encode_card(struct buf *out, const struct store_identity_card *card)
{
    buf_append_be16(out, STORE_FORMAT_VERSION);
    buf_append_byte(out, (uint8_t)card->kind);
    buf_append_bytes(out, hash_bytes(&card->checkpoint_key));
    buf_append_text(out, card->origin);
}

bool format_decode_card(struct store_identity_card *out, struct bytes value, struct err *err)
{
    size_t origin_len = value.len - CARD_FIXED_LEN;

    if (value.len < CARD_FIXED_LEN || origin_len > STORE_ORIGIN_LEN_MAX)
        return err_set(err, ERR_CORRUPT, "the identity card has %zu bytes", value.len);
    if (read_be16(value.data) != STORE_FORMAT_VERSION)
        return err_set(err, ERR_CORRUPT, "the store has format version %u, this program knows %u",
                       (unsigned)read_be16(value.data), (unsigned)STORE_FORMAT_VERSION);
    if (value.data[2] > LOG_OPAQUE || memchr(value.data + CARD_FIXED_LEN, 0, origin_len) != NULL)
        return err_set(err, ERR_CORRUPT, "the identity card is damaged");
    *out = (struct store_identity_card){.kind = (enum log_kind)value.data[2]};
    memcpy(out->checkpoint_key.bytes, value.data + 3, HASH_LEN);
    memcpy(out->origin, value.data + CARD_FIXED_LEN, origin_len);
    return true;
}

void format_encode_state(struct buf *out, const struct format_state *state)
{
    buf_append_be64(out, state->epoch);
    buf_append_be64(out, state->size);
    buf_append_be32(out, state->segment);
    buf_append_be64(out, state->segment_len);
    buf_append_be64(out, state->tiles_size);
    buf_append_be64(out, state->facts_size);
}

bool format_decode_state(struct format_state *out, struct bytes value, struct err *err)
{
    if (value.len != FORMAT_STATE_LEN)
        return err_set(err, ERR_CORRUPT, "the state has %zu bytes", value.len);
    *out = (struct format_state){
        .epoch = read_be64(value.data),
        .size = read_be64(value.data + 8),
        .segment = read_be32(value.data + 16),
        .segment_len = read_be64(value.data + 20),
        .tiles_size = read_be64(value.data + 28),
        .facts_size = read_be64(value.data + 36),
    };
    if (out->size > TREE_SIZE_MAX || out->tiles_size > out->size ||
        out->tiles_size % TILE_WIDTH != 0 || out->facts_size > out->size)
        return err_set(err, ERR_CORRUPT, "the state has an impossible size");
    return true;
}

void format_encode_head(struct buf *out, const struct store_head *head)
{
    buf_append_be64(out, head->epoch);
    buf_append_bytes(out, hash_bytes(&head->root));
    buf_append_be64(out, head->previous_size);
    buf_append_be64(out, head->received_at_ms);
    buf_append_bytes(out, hash_bytes(&head->seal));
    buf_append(out, head->checkpoint_signature, STORE_SIGNATURE_LEN);
    buf_append(out, head->receipt_signature, STORE_SIGNATURE_LEN);
}

bool format_decode_head(struct store_head *out, uint64_t size, struct bytes value, struct err *err)
{
    const uint8_t *data = value.data;

    if (value.len != FORMAT_HEAD_LEN)
        return err_set(err, ERR_CORRUPT, "a head has %zu bytes", value.len);
    *out = (struct store_head){
        .epoch = read_be64(data),
        .size = size,
        .previous_size = read_be64(data + 40),
        .received_at_ms = read_be64(data + 48),
    };
    memcpy(out->root.bytes, data + 8, HASH_LEN);
    memcpy(out->seal.bytes, data + 56, HASH_LEN);
    memcpy(out->checkpoint_signature, data + 88, STORE_SIGNATURE_LEN);
    memcpy(out->receipt_signature, data + 88 + STORE_SIGNATURE_LEN, STORE_SIGNATURE_LEN);
    return true;
}

void format_encode_bundle(struct buf *out, const struct format_bundle *bundle)
{
    buf_append_be32(out, bundle->segment);
    buf_append_be64(out, bundle->offset);
    for (unsigned i = 0; i < bundle->count; i++)
        buf_append_be16(out, bundle->lens[i]);
}

bool format_decode_bundle(struct format_bundle *out, struct bytes value, struct err *err)
{
    if (value.len < 12 || value.len > FORMAT_BUNDLE_LEN_MAX || value.len % 2 != 0)
        return err_set(err, ERR_CORRUPT, "a bundle has %zu bytes", value.len);
    out->segment = read_be32(value.data);
    out->offset = read_be64(value.data + 4);
    out->count = (unsigned)(value.len - 12) / 2;
    for (unsigned i = 0; i < out->count; i++)
        out->lens[i] = read_be16(value.data + 12 + 2 * i);
    return true;
}

uint64_t format_bundle_len(const struct format_bundle *bundle, unsigned count)
{
    uint64_t len = 0;

    CHECK(count <= bundle->count);
    for (unsigned i = 0; i < count; i++)
        len += 2 + (uint64_t)bundle->lens[i];
    return len;
}

void format_encode_index(struct buf *out, uint64_t index)
{
    uint8_t bytes[FORMAT_INDEX_LEN_MAX];
    size_t skip = 0;

    put_be64(bytes, index);
    while (skip < sizeof(bytes) && bytes[skip] == 0)
        skip++;
    buf_append(out, bytes + skip, sizeof(bytes) - skip);
}

bool format_decode_index(uint64_t *out, struct bytes value, struct err *err)
{
    uint64_t index = 0;

    if (value.len > FORMAT_INDEX_LEN_MAX || (value.len > 0 && value.data[0] == 0))
        return err_set(err, ERR_CORRUPT, "an index has %zu bytes", value.len);
    for (size_t i = 0; i < value.len; i++)
        index = index << 8 | value.data[i];
    *out = index;
    return true;
}
