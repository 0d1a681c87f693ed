/*
 * A payload at hand, held against the payload-digest (common.cddl) that a record names it by; and
 * the other way round, making that digest.
 */
#ifndef VOUCH_CLIENT_DECISION_PAYLOAD_FILE_H
#define VOUCH_CLIENT_DECISION_PAYLOAD_FILE_H

#include "schemas/commitment.h"
#include "schemas/record_fields.h"

enum { PAYLOAD_LEN_MAX = 16 << 20, OPENING_KEYS_MAX = 256, OPENING_KEYS_FILE_LEN_MAX = 65536 };

/* Keys of commitments. A zeroed struct has none. */
struct opening_keys {
    uint8_t keys[OPENING_KEYS_MAX][OPENING_KEY_LEN];
    size_t count;
};

/*
 * Reads a file with a line for each payload: its name, a blank, its key in base64url. Which key is
 * whose does not depend on the names: the one that opens a commitment is its key.
 */
MUST_USE bool opening_keys_read(struct opening_keys *out, const char *path, struct err *err);
void opening_keys_cleanup(struct opening_keys *keys); /* wipes them */

/*
 * Whether payload is what the digest names. ERR_INVALID when it is not; also when that cannot be
 * told: no key among keys opens a commitment, or the algorithm is not known here.
 */
MUST_USE bool payload_check(struct bytes payload, const struct field *digest,
                            const struct opening_keys *keys, struct err *err);

/*
 * Appends the payload-digest of a file. keys_path names the file of opening keys, to which a fresh
 * one is added; NULL: a plain SHA-256, for what nobody could guess anything personal from.
 */
MUST_USE bool payload_digest_make(struct buf *out, const char *path, const char *keys_path,
                                  struct err *err);

#endif
