/*
 * Reading from and writing to a log: requests in, replies to callbacks. Two implementations of
 * the seam: HTTP (fetch_http.c, the only user of libcurl) and a directory on disk that holds a
 * static copy of a log. Whatever arrives is hostile: every reply has a length limit and a time
 * limit, and nothing is believed here.
 */
#ifndef VOUCH_CLIENT_FETCH_FETCH_H
#define VOUCH_CLIENT_FETCH_FETCH_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
    FETCH_PATH_LEN_MAX = 512,
    FETCH_URL_LEN_MAX = 1024,
    FETCH_CONNECTIONS_MAX = 64,
    FETCH_RETRY_AFTER_MAX_S = 3600,
    FETCH_TIMEOUT_MS = 30000,    /* for a whole reply, unless a request says otherwise */
    FETCH_READ_RETRY_MS = 10000, /* how long reads that are waited for are repeated */
    FETCH_SILENCE_MAX_S = 120,   /* of a body that is taken in pieces; then it is cut off */
};

struct fetch_reply {
    unsigned status;        /* HTTP status; 0: no reply, and err says why */
    struct buf body;        /* the callback may take it by zeroing the struct */
    unsigned retry_after_s; /* 0: not given */
    char location[FETCH_PATH_LEN_MAX];
    struct err err;
};

/* Called once for each request, from within fetch_run. May start further requests. */
typedef void (*fetch_done_fn)(void *context, struct fetch_reply *reply);

/*
 * Takes a piece of a body, from within fetch_run. False: no more of it is wanted, which is reported
 * like a connection that is cut off.
 */
typedef bool (*fetch_take_fn)(void *context, struct bytes piece);

struct fetch_request {
    const char *path;         /* below the URL, without leading slash */
    const char *url;          /* of fetch_open_hosts: whose; else NULL. Checked by fetch_check_url */
    const char *accept;       /* media type wanted; NULL: any */
    const char *content_type; /* of the body; NULL: this is a GET */
    struct bytes body;        /* borrowed until the callback */
    const char *id_token;     /* of an approver, goes along as Vouch-ID-Token; NULL: none */
    const char *last_event_id; /* goes along as Last-Event-ID; NULL: none */
    size_t reply_len_max;     /* a longer reply is no reply */
    unsigned timeout_ms;      /* 0: FETCH_TIMEOUT_MS */
    fetch_take_fn take; /* not NULL: gets the body of a reply with status 200 as it arrives, for
                           which there are no limits then but FETCH_SILENCE_MAX_S */
    fetch_done_fn done;
    void *context;
};

struct fetcher;

struct fetcher_ops {
    bool (*start)(struct fetcher *fetcher, const struct fetch_request *request, struct err *err);
    bool (*run)(struct fetcher *fetcher, int wake_fd, unsigned timeout_ms, struct err *err);
    void (*close)(struct fetcher *fetcher);
};

/* Implementations put this first in their own struct. */
struct fetcher {
    const struct fetcher_ops *ops;
    bool is_remote; /* writes are possible and failures may pass */
    /* Once it is true fetch_call ends within a second, and the fetcher can only be closed. */
    const atomic_bool *stop; /* NULL: never */
};

/* "http://host[:port][/prefix]" or "https://…": over HTTP; anything else must be a directory. */
MUST_USE bool fetch_open(struct fetcher **out, const char *url_or_directory, struct err *err);
void fetch_close(struct fetcher *fetcher); /* accepts NULL; requests under way are dropped */

/* Starts a request; the path and the other texts are copied, the body is not. */
MUST_USE bool fetch_start(struct fetcher *fetcher, const struct fetch_request *request,
                          struct err *err);

/*
 * Waits until a request is done, wake_fd (-1: none) can be read, or the time is over; runs the
 * callbacks of everything that is done.
 */
MUST_USE bool fetch_run(struct fetcher *fetcher, int wake_fd, unsigned timeout_ms, struct err *err);

/*
 * One request, waited for (done and context are not used). True for status 200 and 201; otherwise
 * err is as fetch_explain sets it. out's body is cleaned up by the caller in any case. Requests
 * that may succeed later are repeated until retry_ms are over; 0: never.
 */
MUST_USE bool fetch_call(struct fetcher *fetcher, struct fetch_reply *out,
                         const struct fetch_request *request, unsigned retry_ms, struct err *err);

/* A GET through fetch_call, repeated for FETCH_READ_RETRY_MS where that may help. */
MUST_USE bool fetch_get(struct fetcher *fetcher, struct fetch_reply *out, const char *path,
                        const char *accept, size_t reply_len_max, struct err *err);

/* Whether a repetition may help: no reply (but not one that was too long), 408, 429, any 5xx. */
bool fetch_may_pass(const struct fetch_reply *reply);

/*
 * Turns a reply that is no success into an error: ERR_BUSY when it may pass, ERR_NOT_FOUND for
 * 404, else ERR_REFUSED; the text has the problem's code, detail, rule, path, have and want. False.
 */
bool fetch_explain(const struct fetch_reply *reply, const char *path, struct err *err);

/* Whether an http or https URL may stand in front of a path. */
MUST_USE bool fetch_check_url(const char *url, struct err *err);

/* The two implementations; over HTTP also for many hosts, where each request says whose it is. */
MUST_USE bool fetch_open_http(struct fetcher **out, const char *url, struct err *err);
MUST_USE bool fetch_open_hosts(struct fetcher **out, struct err *err);
MUST_USE bool fetch_open_directory(struct fetcher **out, const char *path, struct err *err);

#endif
