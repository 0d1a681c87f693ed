/* HMAC-SHA-256 (RFC 2104), through OpenSSL. */
#ifndef VOUCH_SCHEMAS_HMAC_H
#define VOUCH_SCHEMAS_HMAC_H

#include "merkle/hash.h"

void hmac_sha256(struct hash *out, struct bytes key, struct bytes message);

#endif
