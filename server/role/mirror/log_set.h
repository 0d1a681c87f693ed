/* The logs a mirror has, as the list of logs said last. Immutable; requests hold what they need. */
#ifndef VOUCH_SERVER_ROLE_MIRROR_LOG_SET_H
#define VOUCH_SERVER_ROLE_MIRROR_LOG_SET_H

#include "server/cosigning/log_list.h"
#include "server/role/mirror/followed_log.h"

struct log_set {
    struct snapshot snapshot;
    struct followed_log *logs[POLICY_LOGS_MAX]; /* each held */
    size_t count;
    struct log_list *list; /* of the same logs, as add-checkpoint wants them */
};

/*
 * Reads a list and starts what is new in it, or is listed otherwise than in `before` (NULL: nothing
 * was); what is as it was goes on undisturbed, what is no longer listed is stopped. ERR_INVALID: it
 * is no list, and nothing is changed. A log that cannot be started is left out, with a message;
 * where there is no set before, all fails.
 */
MUST_USE bool log_set_load(struct log_set **out, const char *path, const struct log_set *before,
                           const struct followed_log_options *options, struct err *err);

/* Stops all logs of the set: the last thing that is done with it. */
void log_set_stop(const struct log_set *set);

/* NULL: there is none. */
struct followed_log *log_set_find(const struct log_set *set, struct bytes id);
struct followed_log *log_set_find_origin(const struct log_set *set, const char *origin);

#endif
