/*
 * Errands: what an HTTP thread asks of another thread, the doer. Outbox: where the doer leaves the
 * finished errands of one HTTP thread, and the event descriptor that wakes it.
 */
#ifndef VOUCH_SERVER_TRANSPORT_OUTBOX_H
#define VOUCH_SERVER_TRANSPORT_OUTBOX_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/bytes.h"
#include "base/err.h"

struct outbox;

/*
 * Part of what is asked. The HTTP thread sets outbox and done and does not touch it until done is
 * called on the same thread.
 */
struct errand {
    struct errand *next; /* in the outbox */
    struct outbox *outbox;
    void (*done)(struct errand *errand);
};

struct errand_list {
    struct errand *first;
    struct errand *last;
};

/* NULL when empty. */
struct errand *errand_list_take_first(struct errand_list *list);

struct outbox {
    /* the doer's thread only */
    struct errand_list staged;
    struct outbox *next_staged;
    bool is_staged;
    /* both threads */
    pthread_mutex_t lock;
    struct errand_list finished;
    int event_fd;
};

MUST_USE bool outbox_init(struct outbox *outbox, struct err *err);
void outbox_cleanup(struct outbox *outbox);

/* Makes the HTTP thread look into its outbox. Any thread. */
void outbox_wake(struct outbox *outbox);

/*
 * Puts an errand into its outbox, to be delivered by outbox_flush_all with one wake for all of an
 * outbox. touched: the list of outboxes that have such errands, at first NULL. One doer per outbox.
 */
void outbox_stage(struct outbox **touched, struct errand *errand);
void outbox_flush_all(struct outbox *touched);

/* Delivers one errand at once, whoever else stages: for doers beside that one. Any thread. */
void outbox_deliver(struct errand *errand);

/* Everything delivered since the last call, and the descriptor is quiet again. The HTTP thread. */
struct errand_list outbox_take(struct outbox *outbox);

#endif
