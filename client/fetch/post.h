/*
 * Sending one notice: a POST with a signature by a secret shared with the receiver.
 *
 *   Vouch-Signature: t=<Unix seconds>,v1=<hex of HMAC-SHA-256(secret, "<t>.<body>")>
 *   Vouch-Entry: <entry id>        or another header with what the notice is about: the same for
 *                                  every attempt, so that receivers drop what they have
 */
#ifndef VOUCH_CLIENT_FETCH_POST_H
#define VOUCH_CLIENT_FETCH_POST_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
    POST_TIMEOUT_MS = 15000,
    POST_SECRET_LEN_MIN = 16,
    POST_SECRET_LEN_MAX = 4096,
};

struct post {
    const char *url;
    struct bytes secret; /* POST_SECRET_LEN_MIN bytes or more */
    const char *id_header; /* "Vouch-Entry" */
    const char *id;
    uint64_t now_s;
    struct bytes body;
    uint32_t timeout_ms; /* 0: POST_TIMEOUT_MS */
    const atomic_bool *stop; /* ends the attempt at once when it becomes true */
};

/* Where notices go: libcurl, or a recorder in tests. */
struct poster {
    /* ERR_BUSY: another attempt may help; ERR_REFUSED: the receiver will not take it (4xx). */
    bool (*post)(struct poster *poster, const struct post *post, struct err *err);
};

struct poster *poster_curl(void); /* never freed */

/* Reads a secret from a file for its owner's eyes only; a line end after it is not part of it. */
MUST_USE bool post_read_secret(struct buf *out, const char *path, struct err *err);

/* Appends the value of Vouch-Signature. */
void post_append_signature(struct buf *out, struct bytes secret, uint64_t now_s,
                           struct bytes body);

#endif
