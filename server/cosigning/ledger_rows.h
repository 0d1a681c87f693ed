/*
 * The rows of a witness's database; integers are big-endian. All are written by ledger.c.
 *
 *   "l" + log id   size (8), root (32), time in seconds (8), the cosigned checkpoint as served
 *   "card"         version (1), thumbprint of the key (32), number of the mark file (8), name
 *   "tip"          sequence of the newest commit (8), its digest (32), the digest before it (32)
 */
#ifndef VOUCH_SERVER_COSIGNING_LEDGER_ROWS_H
#define VOUCH_SERVER_COSIGNING_LEDGER_ROWS_H

#include "server/cosigning/ledger.h"

enum { LEDGER_KEY_LEN = 1 + HASH_LEN };

#define LEDGER_LOG_PREFIX "l"
#define LEDGER_CARD_KEY "card"
#define LEDGER_TIP_KEY "tip"

struct ledger_card {
    struct hash key;
    uint64_t mark_number; /* of the mark file on its file system: a copy has another */
    struct bytes name;    /* borrowed */
};

/* What a commit is: the digest covers all commits up to it. */
struct ledger_tip {
    uint64_t sequence; /* 0: nothing was committed */
    struct hash digest;
    struct hash previous;
};

struct bytes ledger_log_key(uint8_t out[LEDGER_KEY_LEN], const struct hash *log_id);
MUST_USE bool ledger_log_key_decode(struct hash *out, struct bytes key);

void ledger_log_encode(struct buf *out, const struct ledger_state *state, struct bytes note);
/* The note is borrowed from the row. */
MUST_USE bool ledger_log_decode(struct ledger_state *out, struct bytes *out_note, struct bytes row,
                                struct err *err);

void ledger_card_encode(struct buf *out, const struct ledger_card *card);
MUST_USE bool ledger_card_decode(struct ledger_card *out, struct bytes row, struct err *err);

void ledger_tip_encode(struct buf *out, const struct ledger_tip *tip);
MUST_USE bool ledger_tip_decode(struct ledger_tip *out, struct bytes row, struct err *err);

/* Makes the digest cover one more log's new state. */
void ledger_tip_add(struct ledger_tip *tip, const struct hash *log_id,
                     const struct ledger_state *state);

#endif
