#include "tests/gossip/network.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/gossip/exchange.h"
#include "client/verify/fork_check.h"
#include "tests/support/clock_fake.h"
#include "tests/support/forking_log.h"
#include "tests/support/rng.h"

enum {
    FLOODER = NETWORK_MONITORS, /* its number among the sources of every monitor */
    CLIENT_BUCKETS = 4,
    SOURCES = NETWORK_MONITORS + 1 + CLIENT_BUCKETS,
    FAULTY_ROUNDS = 9, /* afterwards nothing is lost and nobody is cut off */
    WANTS_MAX = 256,
    ROUND_MS = 60000,
    JUMP_MS_MAX = 86400000, /* a day */
    FLOOD_HEADS = 26,
};

static const char ORIGIN[] = "log.example/simulated";
static const char *const NAMES[SOURCES] = {"m0", "m1", "m2", "m3", "m4",
                                           "flooder", "c0", "c1", "c2", "c3"};

struct member {
    struct pool *pool;
    unsigned side;   /* of the log, which this member is shown */
    bool is_cut_off; /* from the other monitors */
    bool is_blind;   /* the log does not answer it */
};

/* A head that was handed in where it should count. */
struct visit {
    unsigned monitor;
    unsigned side;
    uint64_t size;
};

struct network {
    uint64_t seed;
    struct rng rng;
    struct clock_fake clock;
    struct rng clock_rng;
    bool has_clock_jumps;
    struct forking_log log;
    unsigned side_count;
    uint64_t fork_size;
    uint64_t sizes[FORKING_LOG_SIDES];
    struct policy policy;
    struct member monitors[NETWORK_MONITORS];
    unsigned client_sides[NETWORK_CLIENTS];
    struct visit visits[NETWORK_CLIENTS * NETWORK_ROUNDS];
    size_t visit_count;
    unsigned loss_percent;
    bool has_flood;
    unsigned cut_begin; /* rounds in which two monitors are cut off */
    unsigned cut_end;
    unsigned round;
    bool is_complete;  /* nothing got lost in this round */
    bool was_expected; /* the fork should have been found before this round */
    struct network_tally *tally;
};

static void fail(const struct network *network, const char *what)
{
    fprintf(stderr, "gossip_sim: seed %" PRIu64 ", round %u: %s\n", network->seed, network->round,
            what);
    abort();
}

static bool is_lost(struct network *network)
{
    bool lost = network->round < FAULTY_ROUNDS &&
                rng_below(&network->rng, 100) < network->loss_percent;

    network->tally->lost += lost ? 1 : 0;
    return lost;
}

/* Answers what the member's pool asks, from the tiles of the side it is shown. */
static void answer_all(struct network *network, struct member *member)
{
    struct pool_want wants[WANTS_MAX];
    size_t count = pool_wanted(member->pool, wants, WANTS_MAX);

    for (size_t i = 0; i < count; i++) {
        struct proof path;

        if (is_lost(network)) {
            (void)pool_answer(member->pool, &wants[i], NULL);
            network->is_complete = false;
            continue;
        }
        forking_log_path(&network->log, &path, member->side, wants[i].old_size,
                         wants[i].new_size);
        (void)pool_answer(member->pool, &wants[i], &path);
    }
}

/* The member asks the log for its head, and the log answers with that of the member's side. */
static void follow_log(struct network *network, struct member *member)
{
    struct buf note = {0};

    if (member->is_blind)
        return;
    forking_log_head(&network->log, &note, member->side, network->sizes[member->side]);
    if (pool_follow(member->pool, bytes_of_buf(&note)) == POOL_INVALID)
        fail(network, "a head of the log is refused");
    answer_all(network, member);
    buf_cleanup(&note);
}

static bool is_convicted(const struct member *member)
{
    return pool_fork(member->pool, 0).len > 0;
}

/* Everything in a text goes into a pool. False when something was not taken. */
static bool take(struct network *network, struct pool *pool, size_t source, const struct buf *text)
{
    struct exchange_counts counts;
    struct err err = {0};

    if (!exchange_take(pool, source, bytes_of_buf(text), &counts, &err))
        fail(network, err.text);
    if (counts.results[POOL_INVALID] > 0 || counts.results[POOL_UNKNOWN_LOG] > 0)
        fail(network, "what a member sent is refused");
    network->tally->busy += counts.results[POOL_BUSY];
    return counts.results[POOL_BUSY] == 0;
}

/*
 * What one member sends to another, both ways in one exchange. False: something got lost, or was
 * not taken.
 */
static bool exchange(struct network *network, struct member *from, size_t from_source,
                     struct member *to, size_t to_source)
{
    struct buf sent = {0};
    struct buf reply = {0};
    bool ok = !is_lost(network);
    bool is_taken = true;

    pool_append_heads(from->pool, &sent, EXCHANGE_LEN_MAX);
    if (ok) {
        is_taken = take(network, to->pool, from_source, &sent);
        pool_append_heads(to->pool, &reply, EXCHANGE_LEN_MAX);
        ok = !is_lost(network);
        if (ok)
            is_taken = take(network, from->pool, to_source, &reply) && is_taken;
    }
    buf_cleanup(&sent);
    buf_cleanup(&reply);
    network->is_complete = network->is_complete && ok;
    return ok && is_taken;
}

static struct pool *new_pool(struct network *network, const char *name)
{
    struct pool_options options = {.policy = &network->policy,
                                   .name = name,
                                   .source_names = NAMES,
                                   .source_count = SOURCES,
                                   .clock = &network->clock.clock};

    return pool_new(&options);
}

/* The size of the head that a member was shown and has checked. */
static uint64_t base_size(const struct member *member)
{
    struct pool_state state;

    pool_log_state(member->pool, 0, &state);
    return state.base_size;
}

/* Whether a monitor's base is behind the fork, on another side than this. */
static bool knows_other_side(const struct network *network, const struct member *monitor,
                             unsigned side)
{
    return monitor->side != side && base_size(monitor) > network->fork_size;
}

/*
 * A client hands in the head it was shown. It compares what it gets back with the log as it sees
 * it, and brings the proof when that does not fit: `vouch head --gossip` does the same.
 */
static void visit(struct network *network, unsigned client)
{
    unsigned number = (unsigned)rng_below(&network->rng, NETWORK_MONITORS);
    struct member *monitor = &network->monitors[number];
    struct member self = {.pool = new_pool(network, "client"),
                          .side = network->client_sides[client]};
    uint64_t size = network->sizes[self.side];
    bool must_find = size > network->fork_size && knows_other_side(network, monitor, self.side);
    bool was_convicted = is_convicted(monitor);
    bool is_taken;

    network->is_complete = true;
    follow_log(network, &self);
    is_taken = exchange(network, &self, FLOODER + 1 + client % CLIENT_BUCKETS, monitor, number);
    answer_all(network, &self);
    if (is_taken && network->is_complete) {
        network->visits[network->visit_count++] =
            (struct visit){.monitor = number, .side = self.side, .size = size};
        if (is_convicted(&self))
            (void)pool_keep_fork(monitor->pool, pool_fork(self.pool, 0));
        answer_all(network, monitor);
        if (must_find && network->is_complete && !is_convicted(monitor))
            fail(network, "a client brought the other side and neither of them saw it");
        if (must_find && !was_convicted && is_convicted(&self))
            network->tally->found_at_client++;
    }
    pool_free(self.pool);
}

/*
 * Valid heads, more in every round than a source may have waiting, as a peer and as a client: old
 * ones, and ones that the log signed in advance, which nobody can show to be wrong.
 */
static void flood(struct network *network)
{
    for (unsigned i = 0; i < NETWORK_MONITORS; i++) {
        struct pool *pool = network->monitors[i].pool;

        for (unsigned k = 0; k < FLOOD_HEADS; k++) {
            uint64_t size = FORKING_LOG_SIZE_MAX - rng_below(&network->rng, 200);
            struct buf note = {0};

            forking_log_head(&network->log, &note, 0, size);
            network->tally->busy += pool_add(pool, FLOODER, bytes_of_buf(&note)) == POOL_BUSY;
            network->tally->busy += pool_add(pool, SOURCES - 1, bytes_of_buf(&note)) == POOL_BUSY;
            buf_cleanup(&note);
        }
    }
}

static void exchange_with_all(struct network *network, unsigned number)
{
    struct member *monitor = &network->monitors[number];

    for (unsigned i = 0; i < NETWORK_MONITORS; i++) {
        struct member *peer = &network->monitors[i];
        unsigned repeats = 1 + (unsigned)rng_below(&network->rng, 4) / 3;

        if (i == number || monitor->is_cut_off || peer->is_cut_off)
            continue;
        for (; repeats > 0; repeats--)
            (void)exchange(network, monitor, number, peer, i);
    }
}

/* What a monitor does with what arrived: it asks the log, and tells everybody of a fork at once. */
static void react(struct network *network, unsigned number)
{
    struct member *monitor = &network->monitors[number];
    bool was_convicted = is_convicted(monitor);

    answer_all(network, monitor);
    if (is_convicted(monitor) && !was_convicted)
        exchange_with_all(network, number);
}

/* One monitor's part of a round. */
static void take_turn(struct network *network, unsigned number)
{
    follow_log(network, &network->monitors[number]);
    exchange_with_all(network, number);
    for (unsigned i = 0; i < NETWORK_MONITORS; i++)
        react(network, i);
}

static void set_cut_off(struct network *network, bool is_cut_off)
{
    /* The first two are as good as any: sides are drawn. */
    network->monitors[0].is_cut_off = is_cut_off;
    network->monitors[1].is_cut_off = is_cut_off;
}

/* A head of this side and size was brought to a connected monitor. */
static bool can_be_shown(const struct network *network, unsigned side, uint64_t size)
{
    for (unsigned i = 0; i < NETWORK_MONITORS; i++) {
        const struct member *monitor = &network->monitors[i];

        if (!monitor->is_cut_off && knows_other_side(network, monitor, side) &&
            base_size(monitor) >= size)
            return true;
    }
    return false;
}

/*
 * Whether those who are connected hold both sides of the fork and the means to prove it: two of
 * them follow different sides, so whoever follows the larger head has its tiles; or a client's
 * head is not larger than that of somebody on another side.
 */
static bool must_be_found(const struct network *network)
{
    for (unsigned i = 0; i < NETWORK_MONITORS; i++) {
        const struct member *monitor = &network->monitors[i];

        if (!monitor->is_cut_off && base_size(monitor) > network->fork_size &&
            can_be_shown(network, monitor->side, 0))
            return true;
    }
    for (size_t i = 0; i < network->visit_count; i++) {
        const struct visit *visit = &network->visits[i];

        if (visit->size > network->fork_size && !network->monitors[visit->monitor].is_cut_off &&
            can_be_shown(network, visit->side, visit->size))
            return true;
    }
    return false;
}

static void check_proof(const struct network *network, const struct member *monitor)
{
    struct report *report = mem_alloc(sizeof(*report));

    fork_check(report, pool_fork(monitor->pool, 0), &network->policy);
    if (report->verdict != VERDICT_DIVERGES)
        fail(network, "a fork proof does not convict");
    if (network->side_count == 1)
        fail(network, "an honest log is convicted");
    free(report);
}

static void check_round(struct network *network)
{
    bool expected = must_be_found(network) && network->is_complete;


    for (unsigned i = 0; i < NETWORK_MONITORS; i++) {
        struct member *monitor = &network->monitors[i];

        if (is_convicted(monitor))
            check_proof(network, monitor);
        else if (expected && !monitor->is_cut_off)
            fail(network, "a round is over and the fork was not found");
    }
    if (expected && !network->was_expected) {
        network->tally->found++;
        network->tally->returns += network->round == network->cut_end ? 1 : 0;
        network->was_expected = true;
    }
}

/* In some networks the clock of everybody is set, back or forward, now and then. */
static void pass_time(struct network *network)
{
    network->clock.now_ms += ROUND_MS;
    if (!network->has_clock_jumps || rng_below(&network->clock_rng, 4) != 0)
        return;
    if (rng_below(&network->clock_rng, 2) == 0)
        network->clock.now_ms += rng_below(&network->clock_rng, JUMP_MS_MAX);
    else
        network->clock.now_ms -= rng_below(&network->clock_rng, JUMP_MS_MAX);
}

static void run_round(struct network *network)
{
    unsigned first = (unsigned)rng_below(&network->rng, NETWORK_MONITORS);

    set_cut_off(network, network->round >= network->cut_begin && network->round < network->cut_end);
    for (unsigned side = 0; side < network->side_count; side++) {
        uint64_t size = network->sizes[side] + rng_below(&network->rng, 12);

        network->sizes[side] = size < FORKING_LOG_SIZE_MAX ? size : FORKING_LOG_SIZE_MAX;
    }
    if (network->has_flood)
        flood(network);
    for (unsigned i = 0; i < NETWORK_CLIENTS; i++) {
        if (rng_below(&network->rng, 8) == 0)
            visit(network, i);
    }
    network->is_complete = true; /* of what follows; a visit counts for itself */
    for (unsigned i = 0; i < NETWORK_MONITORS; i++)
        take_turn(network, (first + i) % NETWORK_MONITORS);
    check_round(network);
    pass_time(network);
}

static void draw(struct network *network)
{
    struct rng *rng = &network->rng;
    bool only_clients_see = rng_below(rng, 2) == 0;

    network->side_count = 1 + (unsigned)rng_below(rng, FORKING_LOG_SIDES);
    network->fork_size = 1 + rng_below(rng, 60);
    for (unsigned i = 0; i < network->side_count; i++)
        network->sizes[i] = 1 + rng_below(rng, 60);
    for (unsigned i = 0; i < NETWORK_MONITORS; i++)
        network->monitors[i].side =
            only_clients_see ? 0 : (unsigned)rng_below(rng, network->side_count);
    for (unsigned i = NETWORK_MONITORS - (unsigned)rng_below(rng, 3); i < NETWORK_MONITORS; i++)
        network->monitors[i].is_blind = true;
    for (unsigned i = 0; i < NETWORK_CLIENTS; i++)
        network->client_sides[i] = (unsigned)rng_below(rng, network->side_count);
    network->loss_percent = rng_below(rng, 2) == 0 ? 0 : 5 + (unsigned)rng_below(rng, 30);
    network->has_flood = rng_below(rng, 3) == 0;
    network->cut_begin = (unsigned)rng_below(rng, FAULTY_ROUNDS);
    network->cut_end = network->cut_begin + (unsigned)rng_below(rng, 6);
    if (network->cut_end > FAULTY_ROUNDS)
        network->cut_end = FAULTY_ROUNDS;
}

static void open_network(struct network *network)
{
    struct buf policy = {0};
    struct err err = {0};

    clock_fake_init(&network->clock, 1795000000000);
    forking_log_init(&network->log, ORIGIN, network->fork_size);
    forking_log_policy_line(&network->log, &policy);
    buf_append_text(&policy, "quorum none\n");
    CHECK(policy_parse(&network->policy, bytes_of_buf(&policy), &err));
    buf_cleanup(&policy);
    for (unsigned i = 0; i < NETWORK_MONITORS; i++)
        network->monitors[i].pool = new_pool(network, NAMES[i]);
}

static void close_network(struct network *network)
{
    for (unsigned i = 0; i < NETWORK_MONITORS; i++)
        pool_free(network->monitors[i].pool);
    policy_cleanup(&network->policy);
    forking_log_cleanup(&network->log);
    free(network);
}

void network_run(struct network_tally *tally, uint64_t seed)
{
    struct network *network = mem_alloc(sizeof(*network));

    network->seed = seed;
    network->rng = rng_of(seed);
    network->clock_rng = rng_of(~seed);
    network->has_clock_jumps = rng_below(&network->clock_rng, 3) == 0;
    network->tally = tally;
    draw(network);
    open_network(network);
    for (; network->round < NETWORK_ROUNDS; network->round++)
        run_round(network);
    tally->forks += network->was_expected ? 1 : 0;
    tally->honest += network->side_count == 1 ? 1 : 0;
    close_network(network);
}
