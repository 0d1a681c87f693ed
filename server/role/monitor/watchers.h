/*
 * All watchers of a monitor, one for each log of its policy that has a URL. Each has a thread, a
 * directory and a webhook's place of its own, so that none waits for another.
 */
#ifndef VOUCH_SERVER_ROLE_MONITOR_WATCHERS_H
#define VOUCH_SERVER_ROLE_MONITOR_WATCHERS_H

#include "server/role/monitor/watcher.h"

struct watchers_options {
    /* Of all; url, origin, memory shares, directory and ended are set for each. Borrowed. */
    struct watcher_options each;
    const char *directory; /* below it each has the SHA-256 of its log's origin */
    const struct policy *gossip_policy; /* has those that are not watched but may be convicted */
};

struct watchers;

/* Whether the policy has a log to watch; ERR_INVALID: none has a URL. */
MUST_USE bool watchers_check_policy(const struct policy *policy, struct err *err);

/*
 * All look when it returns true. A watcher that cannot go on ends alone; when none is left,
 * SIGTERM ends the process.
 */
MUST_USE bool watchers_start(struct watchers **out, const struct watchers_options *options,
                             struct err *err);

/* Ends all and waits until their threads are no more; they can still be asked. Accepts NULL. */
void watchers_join(struct watchers *watchers);
void watchers_free(struct watchers *watchers); /* accepts NULL */

size_t watchers_count(const struct watchers *watchers);
struct watcher *watchers_at(const struct watchers *watchers, size_t i);

/* origin="…", for metrics. */
const char *watchers_label(const struct watchers *watchers, size_t i);

/*
 * As watcher_take_fork. A log that is not watched gets a watcher that tells of its forks alone, and
 * is none of those that are counted and checked. One thread at a time.
 */
void watchers_take_fork(struct watchers *watchers, const char *origin, unsigned number,
                        struct bytes text, const char *path);

/* False, with err set, when one has ended because it could not go on. */
MUST_USE bool watchers_check(const struct watchers *watchers, struct err *err);

#endif
