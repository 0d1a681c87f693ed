#include "client/gossip/pool_log.h"

void pool_log_drop_waiting(struct pool_log *log)
{
    seen_head_cleanup(&log->candidate);
    log->has_candidate = false;
    head_set_cleanup(&log->held);
}

void pool_log_cleanup(struct pool_log *log)
{
    pool_log_drop_waiting(log);
    seen_head_cleanup(&log->base);
    buf_cleanup(&log->fork);
    for (unsigned i = 0; i < POOL_FORKS_MAX - 1; i++)
        buf_cleanup(&log->more_forks[i]);
}

const struct buf *pool_log_fork(const struct pool_log *log, unsigned number)
{
    CHECK(number < POOL_FORKS_MAX);
    return number == 0 ? &log->fork : &log->more_forks[number - 1];
}

static struct bytes observer_of(const struct fork_proof *proof, unsigned head)
{
    for (size_t i = 0; i < proof->testimony_count; i++) {
        if (proof->testimonies[i].head == head)
            return proof->testimonies[i].observer;
    }
    return (struct bytes){0};
}

static bool have_same_observers(const struct fork_proof *one, const struct fork_proof *other)
{
    struct bytes first = observer_of(one, 0);
    struct bytes second = observer_of(one, 1);

    return (bytes_equal(first, observer_of(other, 0)) &&
            bytes_equal(second, observer_of(other, 1))) ||
           (bytes_equal(first, observer_of(other, 1)) &&
            bytes_equal(second, observer_of(other, 0)));
}

struct buf *pool_log_place_for(struct pool_log *log, const struct fork_proof *proof)
{
    for (unsigned i = 0; i < POOL_FORKS_MAX; i++) {
        struct buf *place = i == 0 ? &log->fork : &log->more_forks[i - 1];
        struct fork_proof kept;
        struct err ignored = {0};

        if (place->len == 0)
            return place;
        if (fork_proof_parse(&kept, bytes_of_buf(place), &ignored) &&
            have_same_observers(&kept, proof))
            return NULL;
    }
    return NULL;
}

bool seen_head_is(const struct seen_head *head, uint64_t size, const struct hash *root)
{
    return head->size == size && hash_equal(&head->root, root);
}

static void remember(struct pool_log *log, const struct seen_head *prefix)
{
    log->known[prefix->size % POOL_KNOWN_PREFIXES] =
        (struct known_prefix){.size = prefix->size, .root = prefix->root};
}

bool pool_log_knows(const struct pool_log *log, uint64_t size, const struct hash *root)
{
    const struct known_prefix *known = &log->known[size % POOL_KNOWN_PREFIXES];

    return (log->has_base && seen_head_is(&log->base, size, root)) ||
           (log->has_candidate && seen_head_is(&log->candidate, size, root)) ||
           (size > 0 && known->size == size && hash_equal(&known->root, root)) ||
           head_set_find((struct head_set *)&log->held, size, root) != NULL;
}

static bool is_contradiction(const struct seen_head *one, const struct seen_head *other)
{
    return one->size == other->size || one->size == 0 || other->size == 0;
}

struct seen_head *pool_log_contradiction(struct pool_log *log, const struct seen_head *head)
{
    if (log->has_base && is_contradiction(&log->base, head))
        return &log->base;
    if (log->has_candidate && is_contradiction(&log->candidate, head))
        return &log->candidate;
    for (size_t i = 0; i < log->held.count; i++) {
        if (is_contradiction(&log->held.heads[i], head))
            return &log->held.heads[i];
    }
    return NULL;
}

bool pool_log_hold_take(struct pool_log *log, struct seen_head *head)
{
    if (head_set_put_take(&log->held, head))
        return true;
    seen_head_cleanup(head);
    return false;
}

void pool_log_set_base_take(struct pool_log *log, struct seen_head *head)
{
    if (log->has_base)
        remember(log, &log->base);
    seen_head_cleanup(&log->base);
    log->base = *head;
    log->has_base = true;
    *head = (struct seen_head){0};
    if (log->has_candidate && log->candidate.size <= log->base.size) {
        pool_log_hold_take(log, &log->candidate);
        log->has_candidate = false;
    }
}

void pool_log_promote(struct pool_log *log)
{
    struct seen_head candidate = log->candidate;

    log->candidate = (struct seen_head){0};
    log->has_candidate = false;
    pool_log_set_base_take(log, &candidate);
}

void pool_log_set_candidate_take(struct pool_log *log, struct seen_head *head)
{
    /* Without room the older one is lost; the newer one still has to extend the base. */
    if (log->has_candidate)
        pool_log_hold_take(log, &log->candidate);
    log->candidate = *head;
    log->has_candidate = true;
    *head = (struct seen_head){0};
}

void pool_log_settle(struct pool_log *log, struct seen_head *held)
{
    remember(log, held);
    head_set_remove(&log->held, held);
}

static struct pool_want want_of(size_t log, const struct seen_head *smaller,
                                const struct seen_head *larger)
{
    return (struct pool_want){.log = log,
                              .old_size = smaller->size,
                              .old_root = smaller->root,
                              .new_size = larger->size,
                              .new_root = larger->root};
}

size_t pool_log_wanted(const struct pool_log *log, size_t i, struct pool_want *out,
                       size_t count_max)
{
    size_t count = 0;

    if (log->has_candidate && count < count_max)
        out[count++] = want_of(i, &log->base, &log->candidate);
    for (size_t k = 0; log->has_base && k < log->held.count && count < count_max; k++) {
        const struct seen_head *held = &log->held.heads[k];

        if (held->size > 0 && held->size < log->base.size)
            out[count++] = want_of(i, held, &log->base);
    }
    return count;
}

/* How many heads of its source came before this one. */
static size_t rank_in_source(const struct head_set *set, size_t place)
{
    size_t rank = 0;

    for (size_t i = 0; i < place; i++)
        rank += set->heads[i].source == set->heads[place].source ? 1 : 0;
    return rank;
}

/* The owner asks the log of heads within its base; the others have to wait. */
static bool must_be_passed_on(const struct pool_log *log, const struct seen_head *head)
{
    return head->is_stuck || !log->has_base || head->size > log->base.size;
}

size_t pool_log_to_pass_on(const struct pool_log *log, const struct seen_head **out,
                           size_t count_max)
{
    size_t count = 0;

    if (log->has_candidate && count < count_max)
        out[count++] = &log->candidate;
    for (size_t rank = 0; rank < HEAD_SET_SHARE_MAX; rank++) {
        for (size_t i = 0; i < log->held.count && count < count_max; i++) {
            const struct seen_head *head = &log->held.heads[i];

            if (rank_in_source(&log->held, i) == rank && must_be_passed_on(log, head))
                out[count++] = head;
        }
    }
    return count;
}

static void count_waiting(struct pool_state *out, const struct seen_head *head)
{
    out->waiting_count++;
    if (head->size > out->largest_size)
        out->largest_size = head->size;
    if (out->oldest_seen_ms == 0 || head->seen_ms < out->oldest_seen_ms)
        out->oldest_seen_ms = head->seen_ms;
}

void pool_log_sum(const struct pool_log *log, struct pool_state *out)
{
    *out = (struct pool_state){.base_size = log->base.size,
                               .base_seen_ms = log->base.seen_ms,
                               .largest_size = log->base.size};
    if (log->has_candidate)
        count_waiting(out, &log->candidate);
    for (size_t i = 0; i < log->held.count; i++)
        count_waiting(out, &log->held.heads[i]);
}
