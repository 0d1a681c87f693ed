#include "server/anchoring/anchor_heads.h"

#include <errno.h>
#include <time.h>

#include "base/condition.h"
#include "base/err.h"

void anchor_heads_init(struct anchor_heads *heads, const struct store_head *published)
{
    heads->published = *published;
    CHECK(pthread_mutex_init(&heads->say_lock, NULL) == 0);
    CHECK(pthread_mutex_init(&heads->lock, NULL) == 0);
    condition_init(&heads->wake);
}

void anchor_heads_cleanup(struct anchor_heads *heads)
{
    pthread_cond_destroy(&heads->wake);
    pthread_mutex_destroy(&heads->lock);
    pthread_mutex_destroy(&heads->say_lock);
}

void anchor_heads_advance(struct anchor_heads *heads, const struct store_head *head)
{
    bool is_awaited;

    pthread_mutex_lock(&heads->lock);
    heads->published = *head;
    is_awaited = heads->waiters > 0;
    pthread_mutex_unlock(&heads->lock);
    if (is_awaited)
        pthread_cond_broadcast(&heads->wake);
}

void anchor_heads_stop(struct anchor_heads *heads)
{
    pthread_mutex_lock(&heads->lock);
    atomic_store(&heads->stop, true);
    pthread_mutex_unlock(&heads->lock);
    pthread_cond_broadcast(&heads->wake);
}

/* ---- waiting ---- */

/* Under lock. */
static bool has_news(const struct anchor_heads *heads, const struct anchor_growth *seen)
{
    const struct anchor_growth now = {.size = heads->published.size, .own = heads->own_entries};

    return anchor_has_news(seen, &now);
}

bool anchor_heads_have_news(struct anchor_heads *heads, const struct anchor_growth *seen)
{
    bool yes;

    pthread_mutex_lock(&heads->lock);
    yes = has_news(heads, seen);
    pthread_mutex_unlock(&heads->lock);
    return yes;
}

bool anchor_heads_wait_for_news(struct anchor_heads *heads, const struct anchor_growth *seen)
{
    pthread_mutex_lock(&heads->lock);
    heads->waiters++;
    while (!atomic_load(&heads->stop) && !has_news(heads, seen))
        pthread_cond_wait(&heads->wake, &heads->lock);
    heads->waiters--;
    pthread_mutex_unlock(&heads->lock);
    return !atomic_load(&heads->stop);
}

bool anchor_heads_wait_ms(struct anchor_heads *heads, uint64_t ms)
{
    struct timespec until = condition_deadline(ms);

    pthread_mutex_lock(&heads->lock);
    while (!atomic_load(&heads->stop) &&
           pthread_cond_timedwait(&heads->wake, &heads->lock, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&heads->lock);
    return !atomic_load(&heads->stop);
}

/* ---- taking one ---- */

/* What there is, and how far that goes: all that was said of anchors is in it, and counted. */
struct offer {
    struct store_head published;
    struct anchor_growth growth;
    uint64_t said_size;
    struct anchor_witnessed witnessed;
};

static void read_offer(struct anchor_heads *heads, struct offer *out)
{
    pthread_mutex_lock(&heads->say_lock);
    if (heads->witnessed != NULL)
        heads->witnessed(heads->context, &out->witnessed);
    pthread_mutex_lock(&heads->lock);
    out->published = heads->published;
    out->growth = (struct anchor_growth){.size = heads->published.size, .own = heads->own_entries};
    out->said_size = heads->said_size;
    pthread_mutex_unlock(&heads->lock);
    pthread_mutex_unlock(&heads->say_lock);
}

/*
 * A head without all that was said of anchors would have the rest of it taken for news later. Where
 * no quorum is wanted, a head that nobody has cosigned is as good if it is newer.
 */
static bool is_usable(const struct offer *offer, const struct anchor_growth *seen)
{
    const struct anchor_growth growth = {.size = offer->witnessed.head.size,
                                         .own = offer->growth.own};

    if (!offer->witnessed.exists)
        return false;
    if (!offer->witnessed.is_wanted)
        return offer->witnessed.head.size == offer->published.size;
    return offer->witnessed.head.size >= offer->said_size && anchor_has_news(seen, &growth);
}

bool anchor_heads_take(struct anchor_heads *heads, const struct anchor_growth *seen,
                       bool is_patient, struct anchor_head *out)
{
    struct offer offer = {0};
    bool is_there;

    *out = (struct anchor_head){0};
    read_offer(heads, &offer);
    is_there = anchor_has_news(seen, &offer.growth);
    if (is_there && is_usable(&offer, seen)) {
        out->head = offer.witnessed.head;
        out->note = offer.witnessed.note;
        out->growth = (struct anchor_growth){.size = out->head.size, .own = offer.growth.own};
        return true;
    }
    is_there = is_there && (!offer.witnessed.is_wanted || !is_patient);
    out->head = offer.published;
    out->growth = offer.growth;
    buf_cleanup(&offer.witnessed.note);
    return is_there;
}

void anchor_head_cleanup(struct anchor_head *head)
{
    buf_cleanup(&head->note);
    *head = (struct anchor_head){0};
}

/* ---- what the log says of anchors ---- */

void anchor_heads_begin_saying(struct anchor_heads *heads, uint64_t own_entries)
{
    pthread_mutex_lock(&heads->say_lock);
    pthread_mutex_lock(&heads->lock);
    heads->own_entries += own_entries;
    pthread_mutex_unlock(&heads->lock);
}

void anchor_heads_end_saying(struct anchor_heads *heads, uint64_t own_entries, bool was_said)
{
    pthread_mutex_lock(&heads->lock);
    if (was_said)
        heads->said_size = heads->published.size;
    else
        heads->own_entries -= own_entries;
    pthread_mutex_unlock(&heads->lock);
    pthread_mutex_unlock(&heads->say_lock);
    if (!was_said)
        pthread_cond_broadcast(&heads->wake);
}
