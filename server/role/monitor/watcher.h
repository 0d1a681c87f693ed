/*
 * The thread of a monitor that looks at the log again and again, tells the operator what it finds,
 * and lets others see how things stand.
 */
#ifndef VOUCH_SERVER_ROLE_MONITOR_WATCHER_H
#define VOUCH_SERVER_ROLE_MONITOR_WATCHER_H

#include "client/monitor/courier.h"
#include "client/monitor/monitor.h"

struct watcher_options {
    /* Without fetcher, keeper, is_over and stop: made here. url NULL: it is not looked at. */
    struct monitor_options monitor;
    const char *directory;          /* as keeper_open, like the sharers of monitor */
    uint64_t interval_ms;           /* between two looks */
    const char *webhook_url;        /* empty: none */
    const char *webhook_secret_file;
    /* On its thread: the log showed a head, signed, that is not the one told before. NULL: nobody
     * wants to know. */
    void (*shown)(void *context, struct bytes note);
    void *shown_context;
    /* On its thread: it cannot go on, which was said, and ends. NULL: nobody wants to know. */
    void (*ended)(void *context);
    void *ended_context;
};

/* What a watcher shows. */
struct watcher_view {
    struct monitor_figures figures;
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

/* It and its webhook end at once; nobody waits for them. Any thread; accepts NULL. */
void watcher_end(struct watcher *watcher);

/* Ends it and waits until its thread is no more; it can still be asked. Accepts NULL. */
void watcher_join(struct watcher *watcher);
void watcher_free(struct watcher *watcher); /* joined or not; accepts NULL */

#endif
