/*
 * The logs a witness cosigns for, read from a file: a log list of the witness network ("logs/v0")
 * or the log lines of a policy (C2SP tlog-policy).
 */
#ifndef VOUCH_SERVER_COSIGNING_LOG_LIST_H
#define VOUCH_SERVER_COSIGNING_LOG_LIST_H

#include "base/snapshot.h"
#include "schemas/checkpoint.h"
#include "server/cosigning/meter.h"

enum {
    LOG_LIST_LEN_MAX = 64 * 1024 * 1024,
    LOG_LIST_LOGS_MAX = 100000,
    LOG_LIST_KEYS_MAX = 8, /* of one log */
};

struct listed_log {
    struct hash id; /* SHA-256 of its origin */
    const char *origin;
    const char **vkeys; /* any of them may sign */
    size_t vkey_count;
    uint64_t requests_per_day; /* as the list says; 0: it does not */
    struct meter meter;        /* of checkpoints cosigned; any thread */
};

struct log_list {
    struct snapshot snapshot;
    struct listed_log *logs; /* ascending by id */
    size_t count;
    const char **vkeys; /* those of a log lie together */
    char *text;         /* what origins and keys point into */
};

/* Reads a list; ERR_INVALID names the line. The caller has the one reference. */
MUST_USE bool log_list_parse(struct log_list **out, struct bytes text, struct err *err);
MUST_USE bool log_list_load(struct log_list **out, const char *path, struct err *err);

void log_list_id(struct hash *out, const char *origin);

/* NULL: no such log. */
struct listed_log *log_list_find(const struct log_list *list, const struct hash *id);

#endif
