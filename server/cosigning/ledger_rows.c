#include "server/cosigning/ledger_rows.h"

#include <string.h>

enum {
    VERSION = 1,
    STATE_LEN = 8 + HASH_LEN + 8,
    CARD_LEN_MIN = 1 + HASH_LEN + 8,
    TIP_LEN = 8 + 2 * HASH_LEN,
};

struct bytes ledger_log_key(uint8_t out[LEDGER_KEY_LEN], const struct hash *log_id)
{
    out[0] = (uint8_t)LEDGER_LOG_PREFIX[0];
    memcpy(out + 1, log_id->bytes, HASH_LEN);
    return bytes_of(out, LEDGER_KEY_LEN);
}

bool ledger_log_key_decode(struct hash *out, struct bytes key)
{
    if (key.len != LEDGER_KEY_LEN || key.data[0] != (uint8_t)LEDGER_LOG_PREFIX[0])
        return false;
    memcpy(out->bytes, key.data + 1, HASH_LEN);
    return true;
}

static void append_state(struct buf *out, const struct ledger_state *state)
{
    buf_append_be64(out, state->size);
    buf_append_bytes(out, hash_bytes(&state->root));
    buf_append_be64(out, state->time_s);
}

void ledger_log_encode(struct buf *out, const struct ledger_state *state, struct bytes note)
{
    append_state(out, state);
    buf_append_bytes(out, note);
}

static bool refuse(struct err *err, const char *what)
{
    return err_set(err, ERR_CORRUPT, "a %s row of the ledger is damaged", what);
}

bool ledger_log_decode(struct ledger_state *out, struct bytes *out_note, struct bytes row,
                       struct err *err)
{
    if (row.len <= STATE_LEN)
        return refuse(err, "log");
    out->size = read_be64(row.data);
    memcpy(out->root.bytes, row.data + 8, HASH_LEN);
    out->time_s = read_be64(row.data + 8 + HASH_LEN);
    *out_note = bytes_slice(row, STATE_LEN, row.len);
    return true;
}

void ledger_card_encode(struct buf *out, const struct ledger_card *card)
{
    buf_append_byte(out, VERSION);
    buf_append_bytes(out, hash_bytes(&card->key));
    buf_append_be64(out, card->mark_number);
    buf_append_bytes(out, card->name);
}

bool ledger_card_decode(struct ledger_card *out, struct bytes row, struct err *err)
{
    if (row.len <= CARD_LEN_MIN)
        return refuse(err, "card");
    if (row.data[0] != VERSION)
        return err_set(err, ERR_INVALID, "the ledger has version %u, this program knows %d",
                       row.data[0], VERSION);
    memcpy(out->key.bytes, row.data + 1, HASH_LEN);
    out->mark_number = read_be64(row.data + 1 + HASH_LEN);
    out->name = bytes_slice(row, CARD_LEN_MIN, row.len);
    return true;
}

void ledger_tip_encode(struct buf *out, const struct ledger_tip *tip)
{
    buf_append_be64(out, tip->sequence);
    buf_append_bytes(out, hash_bytes(&tip->digest));
    buf_append_bytes(out, hash_bytes(&tip->previous));
}

bool ledger_tip_decode(struct ledger_tip *out, struct bytes row, struct err *err)
{
    if (row.len != TIP_LEN)
        return refuse(err, "tip");
    out->sequence = read_be64(row.data);
    memcpy(out->digest.bytes, row.data + 8, HASH_LEN);
    memcpy(out->previous.bytes, row.data + 8 + HASH_LEN, HASH_LEN);
    return true;
}

void ledger_tip_add(struct ledger_tip *tip, const struct hash *log_id,
                     const struct ledger_state *state)
{
    struct buf text = {0};

    buf_append_bytes(&text, hash_bytes(&tip->digest));
    buf_append_bytes(&text, hash_bytes(log_id));
    append_state(&text, state);
    hash_sha256(&tip->digest, bytes_of_buf(&text));
    buf_cleanup(&text);
}
