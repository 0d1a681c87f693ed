/*
 * The thread of a monitor that looks at the log again and again, tells the operator what it finds,
 * and lets others see how things stand.
 */
#ifndef VOUCH_SERVER_ROLE_MONITOR_WATCHER_H
#define VOUCH_SERVER_ROLE_MONITOR_WATCHER_H

#include "client/monitor/courier.h"
#include "client/monitor/monitor.h"

struct watcher_options {
    struct monitor_options monitor; /* without fetcher, keeper and is_over: they are made here */
    const char *directory;          /* as keeper_open */
    uint64_t interval_ms;           /* between two looks */
    const char *webhook_url;        /* empty: none */
    const char *webhook_secret_file;
};

/* What a watcher shows. */
struct watcher_view {
    struct monitor_figures figures;
    char origin[ORIGIN_LEN_MAX + 1]; /* empty while no head was accepted */
    uint64_t webhook_delivered;
    uint64_t webhook_refused;
    bool has_failed; /* looks no more: its own directory cannot be read or written */
};

struct watcher;

/* Looks when it returns true. options: what they point to is borrowed. */
MUST_USE bool watcher_start(struct watcher **out, const struct watcher_options *options,
                            struct err *err);

/* As monitor_take_fork; a look at hand ends early for it. text: the proof. Any thread. */
void watcher_take_fork(struct watcher *watcher, unsigned number, struct bytes text,
                       const char *path);

/* Any thread. */
void watcher_show(struct watcher *watcher, struct watcher_view *out);

/* Why it looks no more; false, with err set, when it has failed. */
MUST_USE bool watcher_check(struct watcher *watcher, struct err *err);

/* Ends after the bundle at hand; accepts NULL. */
void watcher_stop(struct watcher *watcher);

#endif
