/*
 * What goes to a witness and comes back (C2SP tlog-witness): the body of add-checkpoint, and what
 * its replies say. Nothing that a witness sends is believed before it is verified here.
 */
#ifndef VOUCH_SERVER_WITNESSING_EXCHANGE_H
#define VOUCH_SERVER_WITNESSING_EXCHANGE_H

#include "client/fetch/fetch.h"
#include "schemas/checkpoint.h"
#include "server/store/store.h"

enum {
    EXCHANGE_REPLY_LEN_MAX = 16384, /* of add-checkpoint: some signature lines, or a size */
    EXCHANGE_PATH_LEN = 2 * HASH_LEN + sizeof("/checkpoint"),
};

/* Appends the body that proves the head of new_size to who holds that of old_size. checkpoint: the
 * signed note, without cosignatures. Reads the store. */
MUST_USE bool exchange_append_request(struct buf *out, struct store *store, uint64_t old_size,
                                      const struct store_head *head, struct bytes checkpoint,
                                      struct err *err);

/*
 * Appends the signature line of this witness in a reply to add-checkpoint; lines of other keys are
 * passed over. ERR_INVALID: it is not what the protocol says; ERR_REFUSED: no valid cosignature of
 * the witness with a time.
 */
MUST_USE bool exchange_take_cosignature(struct buf *out, const struct note_verifier *witness,
                                        struct bytes checkpoint, struct bytes reply,
                                        struct err *err);

/* The body of status 409: the size that the witness holds. */
MUST_USE bool exchange_parse_size(uint64_t *out, struct bytes reply, struct err *err);

/* Where a witness serves the checkpoint it holds of this origin, below its URL. */
void exchange_format_path(char out[EXCHANGE_PATH_LEN], const char *origin);

#endif
