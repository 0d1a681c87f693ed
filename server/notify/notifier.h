/*
 * Telling people where they work: every approval-request in the log is posted to each webhook, at
 * least once, in the order of the log. One thread per webhook; the log never waits for one.
 */
#ifndef VOUCH_SERVER_NOTIFY_NOTIFIER_H
#define VOUCH_SERVER_NOTIFY_NOTIFIER_H

#include "server/notify/notice.h"
#include "client/fetch/post.h"
#include "server/store/store.h"

enum { WEBHOOKS_MAX = 8 };

struct webhook_options {
    char *url;
    enum notice_form form;
    char *secret_file; /* its content, line end removed, is the secret; owner's eyes only */
};

struct notifier_options {
    struct store *store; /* borrowed, like all that follows */
    const char *origin;
    const struct webhook_options *webhooks;
    size_t webhook_count;
    const char *directory; /* where it remembers, per webhook, how far it has come */
    struct poster *poster;
    /* After a failed attempt: doubles from first to most; after give_up a notice is dropped. */
    uint64_t retry_first_ms;
    uint64_t retry_most_ms;
    uint64_t give_up_ms;
};

struct notifier;

/*
 * size: published so far. A webhook seen for the first time begins there; one that was there before
 * goes on where it had come to.
 */
MUST_USE bool notifier_start(struct notifier **out, const struct notifier_options *options,
                             uint64_t size, struct err *err);

/* A head of this size is published. Any thread; never blocks. Accepts NULL. */
void notifier_advance(struct notifier *notifier, uint64_t size);

/*
 * Tells every webhook, once and on the caller's thread, which waits for each: what is lost is lost.
 * It ends at once when *stop becomes true. Any thread, before notifier_stop. Accepts NULL.
 */
void notifier_alert(struct notifier *notifier, const char *event, const char *text,
                    const atomic_bool *stop);

/* What was delivered, and dropped, since the start. */
uint64_t notifier_delivered(const struct notifier *notifier);
uint64_t notifier_dropped(const struct notifier *notifier);

/* Ends at once; what was not delivered is after the next start. Accepts NULL. */
void notifier_stop(struct notifier *notifier);

#endif
