/*
 * One HTTP request to a URL that somebody configured, waited for: no redirects, a limit on time and
 * on the reply. For threads of their own, which have nothing else to do meanwhile.
 */
#ifndef VOUCH_CLIENT_FETCH_OUTSIDE_CALL_H
#define VOUCH_CLIENT_FETCH_OUTSIDE_CALL_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "base/err.h"

enum { OUTSIDE_CALL_CONNECT_MS = 5000, OUTSIDE_CALL_HEADERS_MAX = 4 };

/* All borrowed. */
struct outside_call {
    const char *method; /* "GET", "POST", "PUT" */
    const char *url;    /* as outside_url_check has it */
    const char *headers[OUTSIDE_CALL_HEADERS_MAX]; /* "Name: value"; the first NULL ends them */
    struct bytes body;    /* not of a GET */
    size_t reply_len_max; /* a longer reply is no reply; 0: what it says is of no interest */
    uint32_t timeout_ms;
    const atomic_bool *stop; /* ends the call at once when it becomes true */
};

/*
 * Appends the body of the reply to out_reply, which may be NULL when its limit is 0. Statuses from
 * 200 to 299 are success. ERR_REFUSED for other 4xx but 408 and 429, and for a reply that is too
 * long: the next attempt will come to the same. ERR_BUSY for all else: it may help.
 */
MUST_USE bool outside_call_run(struct buf *out_reply, const struct outside_call *call,
                               struct err *err);

#endif
