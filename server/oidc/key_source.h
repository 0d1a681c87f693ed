/*
 * Where a provider's JWK Set comes from: a file, or a URL that is read with libcurl. Only
 * key_source.c includes libcurl in the server.
 */
#ifndef VOUCH_SERVER_OIDC_KEY_SOURCE_H
#define VOUCH_SERVER_OIDC_KEY_SOURCE_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "base/err.h"

enum { KEY_SOURCE_CONNECT_MS = 5000, KEY_SOURCE_TIMEOUT_MS = 10000 };

/*
 * Appends at most len_max bytes. Blocks for up to KEY_SOURCE_TIMEOUT_MS, or until *stop, which any
 * thread may set, is true. Redirects are not followed, certificates are checked against those the
 * system trusts. ERR_BUSY when another try may help.
 */
MUST_USE bool key_source_read(struct buf *out, const char *source, size_t len_max,
                              const atomic_bool *stop, struct err *err);

#endif
