/* Which URLs that somebody configured are called: of keys, and of webhooks. */
#ifndef VOUCH_CLIENT_FETCH_OUTSIDE_URL_H
#define VOUCH_CLIENT_FETCH_OUTSIDE_URL_H

#include <stdbool.h>

#include "base/err.h"

enum { OUTSIDE_URL_LEN_MAX = 1000 };

/* Whether it is a URL at all, rather than a path. */
bool outside_url_is(const char *text);

/*
 * ERR_INVALID for what is not https, or http on this machine (127.0.0.1, [::1], localhost), and
 * for a URL with a user name or password.
 */
MUST_USE bool outside_url_check(const char *text, struct err *err);

#endif
