/* Commitments: a keyed digest in the tree, the key and the payload off it (docs/PROTOCOL.md). */
#ifndef VOUCH_SCHEMAS_COMMITMENT_H
#define VOUCH_SCHEMAS_COMMITMENT_H

#include "base/bytes.h"
#include "base/err.h"
#include "merkle/hash.h"

enum { OPENING_KEY_LEN = 32 };

/*
 * HMAC-SHA-256(key, "vouch/opening/v1" || 0x00 || payload): who holds key and payload shows what
 * was meant, who has the digest alone cannot guess it. One key for each artifact.
 */
void commitment_make(struct hash *out, const uint8_t key[OPENING_KEY_LEN], struct bytes payload);

/* Appends it as a payload-digest (common.cddl): {algorithm, digest, ? media_type}. */
void commitment_append(struct buf *out, const struct hash *commitment, struct bytes media_type);

#endif
