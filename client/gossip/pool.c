#include "client/gossip/pool.h"

#include <stdlib.h>
#include <string.h>

#include "client/gossip/allowance.h"
#include "client/gossip/opened_head.h"
#include "client/gossip/pool_log.h"
#include "client/verify/fork_check.h"
#include "client/verify/fork_proof.h"
#include "merkle/prefix.h"
#include "schemas/checkpoint_list.h"

struct pool {
    struct pool_options options;
    struct pool_log *logs;
    size_t log_count;
    struct allowance allowances[POOL_SOURCES_MAX];
};

static size_t find_log(const struct pool *pool, const char *origin)
{
    size_t i = 0;

    while (i < pool->log_count && strcmp(pool->logs[i].origin, origin) != 0)
        i++;
    return i;
}

struct pool *pool_new(const struct pool_options *options)
{
    struct pool *pool = mem_alloc(sizeof(*pool));
    uint64_t now_ms = clock_unix_ms(options->clock);

    CHECK(options->source_count <= POOL_SOURCES_MAX);
    pool->options = *options;
    pool->logs = mem_alloc_array(options->policy->log_count, sizeof(pool->logs[0]));
    for (size_t i = 0; i < options->policy->log_count; i++) {
        const char *origin = options->policy->logs[i].verifier.name;

        if (find_log(pool, origin) == pool->log_count)
            pool->logs[pool->log_count++].origin = origin;
    }
    for (size_t i = 0; i < options->source_count; i++)
        allowance_init(&pool->allowances[i], POOL_BURST_HEADS, now_ms);
    return pool;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->log_count; i++)
        pool_log_cleanup(&pool->logs[i]);
    free(pool->logs);
    free(pool);
}

const char *pool_result_name(enum pool_result result)
{
    static const char *const NAMES[] = {
        [POOL_KNOWN] = "known",
        [POOL_HELD] = "held",
        [POOL_FORK] = "fork",
        [POOL_UNKNOWN_LOG] = "unknown-log",
        [POOL_INVALID] = "invalid",
        [POOL_BUSY] = "busy",
    };

    return NAMES[result];
}

/* The owner's own number among the sources. */
static size_t own_source(const struct pool *pool)
{
    return pool->options.source_count;
}

/* Whether signatures may be checked for this source now: they take time. */
static bool may_bring(struct pool *pool, size_t source)
{
    return source == own_source(pool) ||
           allowance_take(&pool->allowances[source], POOL_BURST_HEADS, POOL_HEADS_PER_MINUTE,
                          clock_unix_ms(pool->options.clock));
}

static struct fork_side side_of(const struct pool *pool, const struct seen_head *head)
{
    const char *observer = head->source == own_source(pool)
                               ? pool->options.name
                               : pool->options.source_names[head->source];

    return (struct fork_side){.note = bytes_of_buf(&head->note),
                              .observer = observer,
                              .seen_s = head->seen_ms / 1000};
}

/* Writes the fork proof, if these two heads are one, and forgets what waits. */
static bool convict(struct pool *pool, struct pool_log *log, const struct seen_head *one,
                    const struct seen_head *other, const struct proof *path)
{
    struct fork_side sides[2] = {side_of(pool, one), side_of(pool, other)};
    struct fork_proof proof;
    struct err ignored = {0};

    if (!fork_proof_make(&proof, &sides[0], &sides[1], path, &ignored))
        return false;
    fork_proof_append(&log->fork, &proof);
    pool_log_drop_waiting(log);
    return true;
}

static bool is_empty_tree(const struct checkpoint *checkpoint)
{
    struct hash root;

    hash_empty_root(&root);
    return checkpoint->size == 0 && hash_equal(&checkpoint->root, &root);
}

/*
 * What is the same for every way a head comes in: form, log, whether it is new, signature. Held:
 * it is new, *out_head is to be cleaned up or taken, and contradicts nothing at first sight.
 */
static enum pool_result open_head(struct pool *pool, size_t source, struct bytes message,
                                  struct pool_log **out_log, struct seen_head *out_head)
{
    struct opened_head opened;
    const struct checkpoint *checkpoint = &opened.checkpoint;
    struct seen_head *contradiction;
    struct seen_head *held;
    size_t log;

    if (!opened_head_parse(&opened, message, POOL_TEXT_LEN_MAX))
        return POOL_INVALID;
    log = find_log(pool, checkpoint->origin);
    if (log == pool->log_count)
        return POOL_UNKNOWN_LOG;
    *out_log = &pool->logs[log];
    if ((*out_log)->fork.len > 0)
        return POOL_FORK;
    if (pool_log_knows(*out_log, checkpoint->size, &checkpoint->root)) {
        held = head_set_find(&(*out_log)->held, checkpoint->size, &checkpoint->root);
        if (held != NULL)
            seen_head_sponsor(held, source);
        return POOL_KNOWN;
    }
    if (!may_bring(pool, source))
        return POOL_BUSY;
    if (!opened_head_is_signed(&opened, pool->options.policy))
        return POOL_INVALID;
    *out_head = (struct seen_head){.size = checkpoint->size,
                                   .root = checkpoint->root,
                                   .source = source,
                                   .seen_ms = clock_unix_ms(pool->options.clock)};
    if (is_empty_tree(checkpoint))
        return POOL_KNOWN; /* the beginning of every history */
    opened_head_append(&out_head->note, &opened, pool->options.policy);
    contradiction = pool_log_contradiction(*out_log, out_head);
    if (contradiction == NULL || !convict(pool, *out_log, contradiction, out_head, NULL))
        return POOL_HELD;
    seen_head_cleanup(out_head);
    return POOL_FORK;
}

static enum pool_result held_or_busy(bool is_held)
{
    return is_held ? POOL_HELD : POOL_BUSY;
}

static enum pool_result add_from(struct pool *pool, size_t source, struct bytes note)
{
    struct seen_head head = {0};
    struct pool_log *log;
    enum pool_result result = open_head(pool, source, note, &log, &head);

    return result == POOL_HELD ? held_or_busy(pool_log_hold_take(log, &head)) : result;
}

enum pool_result pool_add(struct pool *pool, size_t source, struct bytes note)
{
    CHECK(source < pool->options.source_count);
    return add_from(pool, source, note);
}

enum pool_result pool_keep(struct pool *pool, struct bytes note)
{
    return add_from(pool, own_source(pool), note);
}

/* The log shows the owner what it knows from others already, or what it showed before. */
static enum pool_result follow_known(struct pool *pool, struct bytes note)
{
    struct opened_head opened;
    struct pool_log *log;

    if (!opened_head_parse(&opened, note, POOL_TEXT_LEN_MAX))
        return POOL_INVALID;
    log = &pool->logs[find_log(pool, opened.checkpoint.origin)];
    if (log->has_base && seen_head_is(&log->base, opened.checkpoint.size, &opened.checkpoint.root))
        log->base.seen_ms = clock_unix_ms(pool->options.clock);
    return POOL_KNOWN;
}

/* A head that others brought first is the owner's own from now on. */
static bool take_held(struct pool *pool, struct bytes note, struct seen_head *out,
                      struct pool_log **out_log)
{
    struct opened_head opened;
    struct seen_head *held;
    size_t log;

    if (!opened_head_parse(&opened, note, POOL_TEXT_LEN_MAX))
        return false;
    log = find_log(pool, opened.checkpoint.origin);
    if (log == pool->log_count)
        return false;
    *out_log = &pool->logs[log];
    held = head_set_find(&(*out_log)->held, opened.checkpoint.size, &opened.checkpoint.root);
    if (held == NULL)
        return false;
    *out = *held;
    held->note = (struct buf){0};
    head_set_remove(&(*out_log)->held, held);
    return true;
}

/* is_verified: the owner knows that it extends the base. */
static enum pool_result follow(struct pool *pool, struct bytes note, bool is_verified)
{
    struct seen_head head = {0};
    struct pool_log *log;
    enum pool_result result = POOL_HELD;

    if (!take_held(pool, note, &head, &log))
        result = open_head(pool, own_source(pool), note, &log, &head);
    if (result == POOL_KNOWN)
        return follow_known(pool, note);
    if (result != POOL_HELD)
        return result;
    if (head.size > 0 && (!log->has_base || (is_verified && head.size > log->base.size)))
        pool_log_set_base_take(log, &head);
    else if (log->has_base && head.size > log->base.size)
        pool_log_set_candidate_take(log, &head);
    else
        return held_or_busy(pool_log_hold_take(log, &head));
    return POOL_HELD;
}

enum pool_result pool_follow(struct pool *pool, struct bytes note)
{
    return follow(pool, note, false);
}

enum pool_result pool_follow_verified(struct pool *pool, struct bytes note)
{
    return follow(pool, note, true);
}

static enum pool_result add_fork_from(struct pool *pool, size_t source, struct bytes text)
{
    struct report *report;
    struct fork_proof proof;
    struct err ignored = {0};
    struct pool_log *log;
    struct buf *place;
    enum verdict verdict;
    size_t i;

    if (text.len > POOL_FORK_LEN_MAX || !fork_proof_parse(&proof, text, &ignored))
        return POOL_INVALID;
    i = find_log(pool, proof.heads[0].origin);
    if (i == pool->log_count)
        return POOL_UNKNOWN_LOG;
    log = &pool->logs[i];
    place = pool_log_place_for(log, &proof);
    if (place == NULL || (place != &log->fork && text.len > POOL_MORE_FORK_LEN_MAX))
        return POOL_FORK;
    if (!may_bring(pool, source))
        return POOL_BUSY;
    report = mem_alloc(sizeof(*report));
    fork_check(report, text, pool->options.policy);
    verdict = report->verdict;
    free(report);
    if (verdict != VERDICT_DIVERGES)
        return POOL_INVALID;
    buf_append_bytes(place, text);
    pool_log_drop_waiting(log);
    return POOL_HELD;
}

enum pool_result pool_add_fork(struct pool *pool, size_t source, struct bytes text)
{
    CHECK(source < pool->options.source_count);
    return add_fork_from(pool, source, text);
}

enum pool_result pool_keep_fork(struct pool *pool, struct bytes text)
{
    return add_fork_from(pool, own_source(pool), text);
}

size_t pool_wanted(const struct pool *pool, struct pool_want *out, size_t count_max)
{
    size_t count = 0;

    for (size_t i = 0; i < pool->log_count; i++)
        count += pool_log_wanted(&pool->logs[i], i, out + count, count_max - count);
    return count;
}

size_t pool_wanted_of(const struct pool *pool, size_t log, struct pool_want *out,
                      size_t count_max)
{
    CHECK(log < pool->log_count);
    return pool_log_wanted(&pool->logs[log], log, out, count_max);
}

/* Whether the path leads to the wanted larger head; *out_old is what it says of the smaller. */
static bool leads_to_new(struct hash *out_old, const struct pool_want *want,
                         const struct proof *path)
{
    struct hash new_root;

    return path != NULL && prefix_roots(out_old, &new_root, want->old_size, want->new_size, path) &&
           hash_equal(&new_root, &want->new_root);
}

static enum pool_result answer_pair(struct pool *pool, struct pool_log *log,
                                    const struct seen_head *smaller,
                                    const struct seen_head *larger, const struct pool_want *want,
                                    const struct proof *path)
{
    struct hash old_root;

    if (!leads_to_new(&old_root, want, path))
        return POOL_INVALID;
    if (hash_equal(&old_root, &want->old_root))
        return POOL_KNOWN;
    return convict(pool, log, smaller, larger, path) ? POOL_FORK : POOL_INVALID;
}

static enum pool_result answer_candidate(struct pool *pool, struct pool_log *log,
                                         const struct pool_want *want, const struct proof *path)
{
    enum pool_result result = answer_pair(pool, log, &log->base, &log->candidate, want, path);

    if (result == POOL_KNOWN)
        pool_log_promote(log);
    return result;
}

enum pool_result pool_answer(struct pool *pool, const struct pool_want *want,
                             const struct proof *path)
{
    struct pool_log *log;
    struct seen_head *held;
    enum pool_result result;

    CHECK(want->log < pool->log_count);
    log = &pool->logs[want->log];
    if (log->has_candidate && seen_head_is(&log->candidate, want->new_size, &want->new_root) &&
        seen_head_is(&log->base, want->old_size, &want->old_root))
        return answer_candidate(pool, log, want, path);
    held = head_set_find(&log->held, want->old_size, &want->old_root);
    if (held == NULL || !log->has_base ||
        !seen_head_is(&log->base, want->new_size, &want->new_root))
        return POOL_KNOWN;
    result = answer_pair(pool, log, held, &log->base, want, path);
    if (result == POOL_KNOWN) {
        pool_log_settle(log, held);
    } else if (result == POOL_INVALID) {
        held->is_stuck = true;
    }
    return result;
}

size_t pool_log_count(const struct pool *pool)
{
    return pool->log_count;
}

const char *pool_origin(const struct pool *pool, size_t log)
{
    CHECK(log < pool->log_count);
    return pool->logs[log].origin;
}

struct bytes pool_fork(const struct pool *pool, size_t log)
{
    CHECK(log < pool->log_count);
    return bytes_of_buf(&pool->logs[log].fork);
}

struct bytes pool_fork_numbered(const struct pool *pool, size_t log, unsigned number)
{
    CHECK(log < pool->log_count);
    return bytes_of_buf(pool_log_fork(&pool->logs[log], number));
}

void pool_log_state(const struct pool *pool, size_t log, struct pool_state *out)
{
    CHECK(log < pool->log_count);
    pool_log_sum(&pool->logs[log], out);
}

/* False: it does not fit. */
static bool append_item(struct buf *out, size_t begin, size_t len_max, const struct buf *item)
{
    if (out->len - begin + item->len + 1 > len_max)
        return false;
    checkpoint_list_append(out, begin, bytes_of_buf(item));
    return true;
}

void pool_append_bases(const struct pool *pool, struct buf *out)
{
    size_t begin = out->len;

    for (size_t i = 0; i < pool->log_count; i++) {
        if (pool->logs[i].has_base)
            checkpoint_list_append(out, begin, bytes_of_buf(&pool->logs[i].base.note));
    }
}

static void append_more_forks(const struct pool *pool, struct buf *out, size_t begin,
                              size_t len_max)
{
    for (size_t i = 0; i < pool->log_count; i++) {
        for (unsigned number = 1; number < POOL_FORKS_MAX; number++) {
            const struct buf *fork = pool_log_fork(&pool->logs[i], number);

            if (fork->len > 0 && !append_item(out, begin, len_max, fork))
                return;
        }
    }
}

/*
 * Of each log its fork proof, or else its base. What is longer than a log's share of the room comes
 * after all others have had theirs, and takes half of the room at most: strangers may lengthen a
 * proof, and the heads of other logs must be passed on all the same.
 */
static void append_first(const struct pool *pool, struct buf *out, size_t begin, size_t len_max)
{
    size_t share = len_max / (pool->log_count + 1); /* one is for heads that wait */

    for (unsigned is_long = 0; is_long < 2; is_long++) {
        for (size_t i = 0; i < pool->log_count; i++) {
            const struct pool_log *log = &pool->logs[i];
            const struct buf *item = log->fork.len > 0 ? &log->fork : &log->base.note;

            if (item->len > 0 && (item->len >= share) == is_long)
                (void)append_item(out, begin, is_long ? len_max / 2 : len_max, item);
        }
    }
}

void pool_append_heads(const struct pool *pool, struct buf *out, size_t len_max)
{
    const struct seen_head *waiting[POOL_PASSED_ON_MAX];
    size_t begin = out->len;

    append_first(pool, out, begin, len_max);
    for (size_t i = 0; i < pool->log_count; i++) {
        size_t count = pool_log_to_pass_on(&pool->logs[i], waiting, POOL_PASSED_ON_MAX);

        for (size_t k = 0; k < count; k++) {
            if (!append_item(out, begin, len_max, &waiting[k]->note))
                return;
        }
    }
    append_more_forks(pool, out, begin, len_max);
}
