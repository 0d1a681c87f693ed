/*
 * Which head a target gets next: the newest that the witnesses have cosigned, where the log has a
 * quorum of them to meet, else the newest published one; and waiting for it. Any thread.
 */
#ifndef VOUCH_SERVER_ANCHORING_ANCHOR_HEADS_H
#define VOUCH_SERVER_ANCHORING_ANCHOR_HEADS_H

#include <pthread.h>
#include <stdatomic.h>

#include "server/anchoring/anchor_schedule.h"
#include "server/store/store.h"

/* The newest head that witnesses have cosigned. */
struct anchor_witnessed {
    bool is_wanted; /* there is a quorum to meet: only such heads are shown to anybody */
    bool exists;
    struct store_head head;
    struct buf note; /* signed, with the cosignatures; owned */
};

/* Fills a zeroed struct. Any thread. */
typedef void (*anchor_witnessed_fn)(void *context, struct anchor_witnessed *out);

struct anchor_heads {
    anchor_witnessed_fn witnessed; /* NULL: there are no witnesses */
    void *context;
    atomic_bool stop;
    pthread_mutex_t say_lock; /* one says something at a time, so that own_entries is right */
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct store_head published;
    uint64_t own_entries; /* added since the start by what the log said of anchors */
    uint64_t said_size;   /* of a published head that has all of that */
    unsigned waiters;
};

void anchor_heads_init(struct anchor_heads *heads, const struct store_head *published);
void anchor_heads_cleanup(struct anchor_heads *heads);

/* This head is published. Never blocks. */
void anchor_heads_advance(struct anchor_heads *heads, const struct store_head *head);

/* Ends all waiting, now and later. */
void anchor_heads_stop(struct anchor_heads *heads);

/* Whether more is published than was seen and than the log said of anchors. */
bool anchor_heads_have_news(struct anchor_heads *heads, const struct anchor_growth *seen);

/* Waits for that; false at the end. */
bool anchor_heads_wait_for_news(struct anchor_heads *heads, const struct anchor_growth *seen);

/* Until the time is over, or the end; false at the end. */
bool anchor_heads_wait_ms(struct anchor_heads *heads, uint64_t ms);

struct anchor_head {
    struct store_head head;
    struct buf note;             /* owned; empty: nobody but the log has signed it */
    struct anchor_growth growth; /* as far as it goes */
};

void anchor_head_cleanup(struct anchor_head *head); /* accepts a zeroed struct */

/*
 * False when there is no news, or none that was cosigned although that is wanted; is_patient false:
 * then the newest published head will do. Not while the log is saying something of anchors.
 */
bool anchor_heads_take(struct anchor_heads *heads, const struct anchor_growth *seen,
                       bool is_patient, struct anchor_head *out);

/*
 * Around what the log says of an anchor: what it adds is counted before it is published, so that
 * nobody takes it for news, and taken back when nothing was added.
 */
void anchor_heads_begin_saying(struct anchor_heads *heads, uint64_t own_entries);
void anchor_heads_end_saying(struct anchor_heads *heads, uint64_t own_entries, bool was_said);

#endif
