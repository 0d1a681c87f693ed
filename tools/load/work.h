/* The kinds of load: what the n-th request is, and whether a reply to it is right. */
#ifndef VOUCH_TOOLS_LOAD_WORK_H
#define VOUCH_TOOLS_LOAD_WORK_H

#include "base/bytes.h"
#include "base/err.h"

struct work_options {
    const char *host;          /* for the Host header */
    const char *path_prefix;   /* of the server, "" or "/x" */
    const char *issuer;        /* statements: their CWT iss */
    const char *key_path;      /* statements: PEM of the issuer's key */
    uint64_t body_len;         /* add: bytes of an entry; statements: of a record */
    uint64_t records;          /* batch: records in a statement */
    uint64_t statements;       /* batch: statements in a request */
    uint64_t count;            /* statements, cosign: how many are signed beforehand */
    uint64_t logs;             /* cosign: of so many logs */
    const char *lines_path;    /* lines: a file with a statement on each */
    const char *keys_path;     /* lines: the directory with a key ISSUER.pem for each */
    uint64_t tree_size;        /* reads: the published size to read at */
    const char *path;          /* post: where to */
    const char *body_path;     /* post: a file with the body of every request */
    const char *body_type;     /* post: its media type */
    const char *expected;      /* post: what every reply has in it */
    uint64_t seed;             /* makes the entries of this run different from all others */
    size_t connections;        /* which next and check are asked for, from 0 */
};

struct reply {
    int status;
    uint64_t body_len;
    struct bytes body; /* its beginning, at most REPLY_KEPT_MAX bytes */
};

enum { REPLY_KEPT_MAX = 65536 };

struct cosign_state;
struct work;

struct work_kind {
    const char *name;
    const char *help;
    bool keeps_body;       /* check looks at reply.body, not only at its length */
    uint64_t (*entries_per_request)(const struct work_options *options);
    bool (*prepare)(struct work *work, struct err *err);
    /* Appends one whole HTTP request. False: nothing is left to send on this connection. */
    bool (*next)(struct work *work, size_t connection, struct buf *request);
    /* Whether a reply is what it must be; called once for each request that got one. */
    bool (*check)(struct work *work, size_t connection, const struct reply *reply,
                  struct err *err);
};

/* How far a connection has come with its statements. */
struct work_lane {
    size_t admitted; /* bodies */
    bool is_broken;  /* one was refused: those that follow it cannot be admitted */
};

struct work {
    const struct work_kind *kind;
    struct work_options options;
    uint64_t random_state;
    struct buf bodies;     /* statements: all request bodies, one after the other */
    size_t *body_ends;     /* statements: where each ends */
    size_t body_count;
    struct work_lane *lanes; /* statements: one for each connection */
    uint8_t *seen_indexes; /* add: one bit for each index that was answered */
    uint64_t seen_limit;
    struct cosign_state *cosign; /* cosign */
};

const struct work_kind *work_kind_find(const char *name);
void work_kinds_print(void);

MUST_USE bool work_prepare(struct work *work, const struct work_kind *kind,
                           const struct work_options *options, struct err *err);
void work_cleanup(struct work *work);

/* Appends the head of a POST with a body of len bytes. */
void work_append_post_head(const struct work *work, struct buf *request, const char *path,
                           const char *type, uint64_t len);

#endif
