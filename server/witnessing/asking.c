#include "server/witnessing/asking.h"

#include "base/check.h"

static void pause_for(struct asking *asking, const struct asking_moment *moment)
{
    asking->wake_ns = moment->now_ns + backoff_next_ms(&asking->backoff, moment->retry_after_s,
                                                       moment->random) *
                                           1000000;
}

/* When the target is to be asked for: 0 unless it was cosigned. */
static uint64_t due_ns(const struct asking *asking, uint64_t target_size)
{
    if (!asking->has_cosigned || asking->cosigned_size < target_size)
        return 0;
    return asking->cosigned_size == target_size ? asking->renew_ns : UINT64_MAX;
}

/* A size beyond the target cannot be proved from: what it cosigned for us is asked from instead. */
static uint64_t old_size(const struct asking *asking, uint64_t target_size)
{
    return asking->held_size <= target_size ? asking->held_size : asking->cosigned_size;
}

enum asking_step asking_next(const struct asking *asking, uint64_t target_size, uint64_t now_ns,
                             uint64_t *out_old_size)
{
    if (asking->is_busy || now_ns < asking->wake_ns)
        return ASKING_REST;
    if (asking->must_look)
        return ASKING_LOOK;
    if (now_ns < due_ns(asking, target_size))
        return ASKING_REST;
    *out_old_size = old_size(asking, target_size);
    return ASKING_POST;
}

uint64_t asking_wake_ns(const struct asking *asking, uint64_t target_size)
{
    uint64_t due = asking->must_look ? 0 : due_ns(asking, target_size);

    if (asking->is_busy)
        return UINT64_MAX;
    return due > asking->wake_ns ? due : asking->wake_ns;
}

void asking_begin_post(struct asking *asking, uint64_t old, uint64_t target_size)
{
    CHECK(!asking->is_busy && old <= target_size);
    asking->is_busy = true;
    asking->sent_old_size = old;
    asking->asked_size = target_size;
}

void asking_begin_look(struct asking *asking)
{
    CHECK(!asking->is_busy);
    asking->is_busy = true;
}

void asking_cosigned(struct asking *asking, uint64_t renew_ns)
{
    asking->is_busy = false;
    asking->has_cosigned = true;
    asking->cosigned_size = asking->asked_size;
    asking->held_size = asking->asked_size;
    asking->renew_ns = renew_ns;
    asking->conflicts = 0;
    asking->wake_ns = 0;
    asking->backoff = (struct backoff){0};
}

void asking_conflict(struct asking *asking, uint64_t held_size, uint64_t newest_size,
                     const struct asking_moment *moment)
{
    bool is_news = held_size != asking->sent_old_size && asking->conflicts == 0;

    asking->is_busy = false;
    asking->conflicts++;
    asking->held_size = held_size;
    asking->must_look = held_size > newest_size;
    if (!is_news)
        pause_for(asking, moment);
}

void asking_disputed(struct asking *asking, const struct asking_moment *moment)
{
    bool is_first = asking->backoff.attempt == 0;

    asking->is_busy = false;
    asking->must_look = true;
    if (!is_first)
        pause_for(asking, moment);
}

void asking_failed(struct asking *asking, const struct asking_moment *moment)
{
    asking->is_busy = false;
    pause_for(asking, moment);
}

void asking_looked(struct asking *asking, const struct asking_moment *moment)
{
    asking->is_busy = false;
    asking->must_look = false;
    pause_for(asking, moment);
}

bool asking_went_back(const struct asking *asking, uint64_t held_size)
{
    return asking->has_cosigned && held_size < asking->cosigned_size;
}
