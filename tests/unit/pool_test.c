#include "client/gossip/pool.h"

#include <stdlib.h>
#include <string.h>

#include "client/gossip/exchange.h"
#include "client/gossip/head_set.h"
#include "client/verify/fork_check.h"
#include "client/verify/fork_proof.h"
#include "schemas/checkpoint_list.h"
#include "tests/support/clock_fake.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/forking_log.h"

enum { FORK_SIZE = 20, HERE = 0, THERE = 1, LISTED_LEN_MAX = 1 << 20 };

enum { PEER, CLIENT, SOURCES }; /* of the pool under test */

struct fixture {
    struct clock_fake clock;
    struct forking_log log;
    struct forking_log other;
    struct policy policy;
    struct pool *pool;
    struct buf note;
};

static int set_up(void **state)
{
    static const char *const NAMES[SOURCES] = {"monitor.example/b", "client"};
    struct fixture *fixture = mem_alloc(sizeof(*fixture));
    struct buf policy = {0};
    struct err err = {0};

    clock_fake_init(&fixture->clock, 1795000000000);
    forking_log_init(&fixture->log, "log.example/forking", FORK_SIZE);
    forking_log_init(&fixture->other, "log.example/other", FORK_SIZE);
    forking_log_policy_line(&fixture->log, &policy);
    forking_log_policy_line(&fixture->other, &policy);
    buf_append_text(&policy, "quorum none\n");
    assert_true(policy_parse(&fixture->policy, bytes_of_buf(&policy), &err));
    buf_cleanup(&policy);
    fixture->pool = pool_new(&(struct pool_options){.policy = &fixture->policy,
                                                    .name = "monitor.example/a",
                                                    .source_names = NAMES,
                                                    .source_count = SOURCES,
                                                    .clock = &fixture->clock.clock});
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    pool_free(fixture->pool);
    policy_cleanup(&fixture->policy);
    forking_log_cleanup(&fixture->log);
    forking_log_cleanup(&fixture->other);
    buf_cleanup(&fixture->note);
    free(fixture);
    return 0;
}

static struct bytes head_of(struct fixture *fixture, unsigned side, uint64_t size)
{
    buf_clear(&fixture->note);
    forking_log_head(&fixture->log, &fixture->note, side, size);
    return bytes_of_buf(&fixture->note);
}

static enum pool_result follow(struct fixture *fixture, unsigned side, uint64_t size)
{
    return pool_follow(fixture->pool, head_of(fixture, side, size));
}

static enum pool_result add(struct fixture *fixture, size_t source, unsigned side, uint64_t size)
{
    return pool_add(fixture->pool, source, head_of(fixture, side, size));
}

/* Answers the first open question from the tiles of a side. */
static enum pool_result answer(struct fixture *fixture, unsigned side)
{
    struct pool_want want;
    struct proof path;

    assert_int_equal(pool_wanted(fixture->pool, &want, 1), 1);
    forking_log_path(&fixture->log, &path, side, want.old_size, want.new_size);
    return pool_answer(fixture->pool, &want, &path);
}

static size_t wanted_count(const struct fixture *fixture)
{
    struct pool_want wants[2 * HEAD_SET_MAX];

    return pool_wanted(fixture->pool, wants, 2 * HEAD_SET_MAX);
}

static struct pool_state state_of(const struct fixture *fixture)
{
    struct pool_state out;

    pool_log_state(fixture->pool, 0, &out);
    return out;
}

/* Log 0 is convicted by a proof that anyone can check. */
static void assert_convicted(const struct fixture *fixture)
{
    struct report report = {0};

    fork_check(&report, pool_fork(fixture->pool, 0), &fixture->policy);
    assert_int_equal(report.verdict, VERDICT_DIVERGES);
    assert_int_equal(wanted_count(fixture), 0);
    assert_int_equal(pool_fork(fixture->pool, 1).len, 0);
}

/* Gives another pool's proof of the same fork, as two others have seen it. */
static enum pool_result add_fork_of(struct fixture *fixture, const char *name, const char *source,
                                    uint64_t size)
{
    struct pool_options options = {.policy = &fixture->policy,
                                   .name = name,
                                   .source_names = &source,
                                   .source_count = 1,
                                   .clock = &fixture->clock.clock};
    struct pool *other = pool_new(&options);
    enum pool_result result;

    assert_int_equal(pool_follow(other, head_of(fixture, HERE, size)), POOL_HELD);
    assert_int_equal(pool_add(other, 0, head_of(fixture, THERE, size)), POOL_FORK);
    result = pool_add_fork(fixture->pool, PEER, pool_fork(other, 0));
    pool_free(other);
    return result;
}

/* Of a convicted log further proofs are kept if others testify, up to a limit, and passed on. */
static void pool_add_fork_more(void **state)
{
    static const char *const OTHERS[] = {"monitor.example/p", "monitor.example/q"};
    struct fixture *fixture = *state;
    struct exchange_counts counts;
    struct pool_options options = {.policy = &fixture->policy,
                                   .name = "x",
                                   .source_names = OTHERS,
                                   .source_count = 1,
                                   .clock = &fixture->clock.clock};
    struct pool *next = pool_new(&options);
    struct buf list = {0};
    struct err err = {0};

    assert_int_equal(add_fork_of(fixture, "a", "b", 40), POOL_HELD);
    assert_int_equal(add_fork_of(fixture, "a", "b", 50), POOL_FORK);
    assert_int_equal(add_fork_of(fixture, "b", "a", 50), POOL_FORK);
    assert_int_equal(add_fork_of(fixture, "a", "c", 50), POOL_HELD);
    assert_int_equal(add_fork_of(fixture, "c", "d", 40), POOL_HELD);
    assert_int_equal(add_fork_of(fixture, "e", "d", 40), POOL_HELD);
    assert_int_equal(add_fork_of(fixture, "e", "f", 40), POOL_FORK); /* no room */
    pool_append_heads(fixture->pool, &list, LISTED_LEN_MAX);
    assert_true(exchange_take(next, 0, bytes_of_buf(&list), &counts, &err));
    assert_int_equal(counts.results[POOL_HELD], POOL_FORKS_MAX);
    for (unsigned number = 0; number < POOL_FORKS_MAX; number++)
        assert_true(bytes_equal(pool_fork_numbered(next, 0, number),
                                pool_fork_numbered(fixture->pool, 0, number)));
    buf_cleanup(&list);
    pool_free(next);
}

/* Each head the log shows is the base once it is shown to extend the one before. */
static void pool_follow_one_history(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(follow(fixture, HERE, 5), POOL_HELD);
    assert_int_equal(wanted_count(fixture), 0);
    for (uint64_t size = 6; size < 60; size += 3) {
        assert_int_equal(follow(fixture, HERE, size), POOL_HELD);
        assert_int_equal(follow(fixture, HERE, size), POOL_KNOWN);
        assert_int_equal(answer(fixture, HERE), POOL_KNOWN);
        assert_true(state_of(fixture).base_size == size);
        assert_int_equal(wanted_count(fixture), 0);
    }
    assert_int_equal(pool_fork(fixture->pool, 0).len, 0);
    assert_int_equal(follow(fixture, HERE, 9), POOL_KNOWN); /* remembered */
}

/* Two roots of one size convict at once, from whomever they come. */
static void pool_add_equal_size(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(follow(fixture, HERE, 30), POOL_HELD);
    assert_int_equal(add(fixture, PEER, HERE, 30), POOL_KNOWN);
    assert_int_equal(add(fixture, PEER, THERE, 30), POOL_FORK);
    assert_convicted(fixture);
    assert_int_equal(add(fixture, CLIENT, HERE, 31), POOL_FORK);
    assert_int_equal(follow(fixture, HERE, 32), POOL_FORK);
}

/* Heads of two peers convict a log that the owner has never seen itself. */
static void pool_add_without_base(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(add(fixture, PEER, HERE, 30), POOL_HELD);
    assert_int_equal(add(fixture, CLIENT, HERE, 25), POOL_HELD);
    assert_int_equal(wanted_count(fixture), 0);
    assert_int_equal(add(fixture, CLIENT, THERE, 30), POOL_FORK);
    assert_convicted(fixture);
}

/* A smaller head of another history convicts: the base's tiles tell what it should have been. */
static void pool_answer_smaller_fork(void **state)
{
    struct fixture *fixture = *state;

    for (uint64_t size = FORK_SIZE + 1; size < 40; size++) {
        assert_int_equal(follow(fixture, HERE, 40), POOL_HELD);
        assert_int_equal(add(fixture, CLIENT, THERE, size), POOL_HELD);
        assert_int_equal(answer(fixture, HERE), POOL_FORK);
        assert_convicted(fixture);
        tear_down(state);
        set_up(state);
        fixture = *state;
    }
}

/* A smaller head of the same history is dropped, and recognised when it comes again. */
static void pool_answer_prefix(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(follow(fixture, HERE, 40), POOL_HELD);
    for (uint64_t size = 1; size < 40; size++) {
        assert_int_equal(add(fixture, CLIENT, size <= FORK_SIZE ? THERE : HERE, size), POOL_HELD);
        assert_int_equal(answer(fixture, HERE), POOL_KNOWN);
        assert_int_equal(add(fixture, PEER, HERE, size), POOL_KNOWN);
    }
    assert_true(state_of(fixture).waiting_count == 0);
}

/* A larger head waits, is passed on, and convicts once the base has grown beyond it. */
static void pool_add_larger_fork(void **state)
{
    struct fixture *fixture = *state;
    struct buf list = {0};

    assert_int_equal(follow(fixture, HERE, 30), POOL_HELD);
    assert_int_equal(add(fixture, PEER, THERE, 35), POOL_HELD);
    assert_int_equal(wanted_count(fixture), 0);
    assert_true(state_of(fixture).largest_size == 35);
    pool_append_heads(fixture->pool, &list, LISTED_LEN_MAX);
    assert_non_null(memmem(list.data, list.len, "\n35\n", 4));
    assert_int_equal(follow(fixture, HERE, 36), POOL_HELD);
    assert_int_equal(answer(fixture, HERE), POOL_KNOWN);
    assert_int_equal(answer(fixture, HERE), POOL_FORK);
    assert_convicted(fixture);
    buf_cleanup(&list);
}

/* The log shows its follower the other side: its own tiles convict it. */
static void pool_follow_fork(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(follow(fixture, HERE, 32), POOL_HELD);
    assert_int_equal(follow(fixture, THERE, 50), POOL_HELD);
    assert_int_equal(answer(fixture, HERE), POOL_INVALID); /* tiles of neither head */
    assert_true(state_of(fixture).base_size == 32);
    assert_int_equal(answer(fixture, THERE), POOL_FORK);
    assert_convicted(fixture);
}

/* A head that gave way to a newer one before it was shown to fit is held against the log. */
static void pool_follow_abandoned_fork(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(follow(fixture, HERE, 32), POOL_HELD);
    assert_int_equal(follow(fixture, THERE, 50), POOL_HELD);
    assert_int_equal(follow(fixture, HERE, 60), POOL_HELD);
    assert_int_equal(answer(fixture, HERE), POOL_KNOWN);
    assert_int_equal(answer(fixture, HERE), POOL_FORK);
    assert_convicted(fixture);
}

/* A head that the owner has verified itself is the base at once; a smaller candidate waits on. */
static void pool_follow_verified_head(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(pool_follow_verified(fixture->pool, head_of(fixture, HERE, 30)), POOL_HELD);
    assert_int_equal(follow(fixture, THERE, 35), POOL_HELD);
    assert_int_equal(pool_follow_verified(fixture->pool, head_of(fixture, HERE, 50)), POOL_HELD);
    assert_true(state_of(fixture).base_size == 50);
    assert_int_equal(wanted_count(fixture), 1);
    assert_int_equal(answer(fixture, HERE), POOL_FORK);
    assert_convicted(fixture);
}

/* A log that goes back shows no fork by that alone; another history behind it does. */
static void pool_follow_roll_back(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(follow(fixture, HERE, 50), POOL_HELD);
    assert_int_equal(follow(fixture, HERE, 30), POOL_HELD);
    assert_int_equal(answer(fixture, HERE), POOL_KNOWN);
    assert_true(state_of(fixture).base_size == 50);
    assert_int_equal(follow(fixture, THERE, 31), POOL_HELD);
    assert_int_equal(answer(fixture, HERE), POOL_FORK);
    assert_convicted(fixture);
}

/* What a peer made up does not enter: no signature, another key, another log, no checkpoint. */
static void pool_add_lies(void **state)
{
    struct fixture *fixture = *state;
    struct forking_log liar;
    struct bytes head = head_of(fixture, HERE, 12);

    fixture->note.data[strlen("log.example/forking\n")] = '9';
    assert_int_equal(pool_add(fixture->pool, PEER, head), POOL_INVALID);
    assert_int_equal(pool_add(fixture->pool, PEER, bytes_of_text("")), POOL_INVALID);
    assert_int_equal(pool_add(fixture->pool, PEER, bytes_of_text("a\n1\n\n")), POOL_INVALID);
    forking_log_init(&liar, "log.example/forking", 0);
    buf_clear(&fixture->note);
    forking_log_head(&liar, &fixture->note, HERE, 12);
    assert_int_equal(pool_add(fixture->pool, PEER, bytes_of_buf(&fixture->note)), POOL_INVALID);
    assert_int_equal(pool_follow(fixture->pool, bytes_of_buf(&fixture->note)), POOL_INVALID);
    liar.origin = "log.example/nobody";
    buf_clear(&fixture->note);
    forking_log_head(&liar, &fixture->note, HERE, 12);
    assert_int_equal(pool_add(fixture->pool, PEER, bytes_of_buf(&fixture->note)),
                     POOL_UNKNOWN_LOG);
    forking_log_cleanup(&liar);
    assert_true(state_of(fixture).waiting_count == 0);
}

/* Signatures of strangers are cut off, so that they neither void a head nor fill the memory. */
static void pool_add_cuts_strangers(void **state)
{
    struct fixture *fixture = *state;
    struct buf list = {0};
    struct bytes head = head_of(fixture, HERE, 12);
    size_t len = head.len;

    buf_append_text(&fixture->note, "\xe2\x80\x94 stranger AAAAAAAAAAAA\n");
    assert_int_equal(pool_add(fixture->pool, PEER, bytes_of_buf(&fixture->note)), POOL_HELD);
    pool_append_heads(fixture->pool, &list, LISTED_LEN_MAX);
    assert_int_equal(list.len, len);
    buf_cleanup(&list);
}

/* A source that floods with valid old heads fills its own share and nobody else's. */
static void pool_add_flood(void **state)
{
    struct fixture *fixture = *state;
    unsigned held = 0;

    assert_int_equal(follow(fixture, HERE, 200), POOL_HELD);
    for (uint64_t size = 1; size <= 100; size++)
        held += add(fixture, CLIENT, HERE, size) == POOL_HELD ? 1 : 0;
    assert_int_equal(held, HEAD_SET_SHARE_MAX);
    assert_int_equal(add(fixture, CLIENT, THERE, 150), POOL_BUSY);
    assert_int_equal(add(fixture, PEER, THERE, 150), POOL_HELD);
    assert_int_equal(wanted_count(fixture), HEAD_SET_SHARE_MAX + 1);
}

/* However few heads are new, no more are looked at than the allowance says; time gives it back. */
static void pool_add_too_often(void **state)
{
    struct fixture *fixture = *state;
    struct bytes head = head_of(fixture, HERE, 12);
    struct buf bad = {0};
    unsigned invalid = 0;

    buf_append_bytes(&bad, head);
    bad.data[strlen("log.example/forking\n")] = '9';
    for (unsigned i = 0; i < 2 * POOL_BURST_HEADS; i++)
        invalid += pool_add(fixture->pool, CLIENT, bytes_of_buf(&bad)) == POOL_INVALID ? 1 : 0;
    assert_int_equal(invalid, POOL_BURST_HEADS);
    assert_int_equal(pool_add(fixture->pool, CLIENT, head), POOL_BUSY);
    fixture->clock.now_ms -= 10000000; /* goes back: no gift */
    assert_int_equal(pool_add(fixture->pool, CLIENT, head), POOL_BUSY);
    fixture->clock.now_ms += 60000;
    assert_int_equal(pool_add(fixture->pool, CLIENT, head), POOL_HELD);
    buf_cleanup(&bad);
}

/* Once a log is convicted, the proof convinces another pool, by itself or among heads. */
static void pool_add_fork_of_peer(void **state)
{
    struct fixture *fixture = *state;
    static const char *const NAMES[] = {"monitor.example/c"};
    struct pool_options options = {.policy = &fixture->policy,
                                   .name = "x",
                                   .source_names = NAMES,
                                   .source_count = 1,
                                   .clock = &fixture->clock.clock};
    struct pool *next;
    struct exchange_counts counts;
    struct buf list = {0};
    struct err err = {0};
    struct bytes proof;

    next = pool_new(&options);
    assert_int_equal(follow(fixture, HERE, 40), POOL_HELD);
    assert_int_equal(add(fixture, CLIENT, THERE, 33), POOL_HELD);
    assert_int_equal(answer(fixture, HERE), POOL_FORK);
    proof = pool_fork(fixture->pool, 0);
    assert_int_equal(pool_add_fork(next, 0, bytes_slice(proof, 0, proof.len - 1)), POOL_INVALID);
    assert_int_equal(pool_add_fork(next, 0, proof), POOL_HELD);
    assert_int_equal(pool_add_fork(next, 0, proof), POOL_FORK);
    assert_true(bytes_equal(pool_fork(next, 0), proof));
    assert_int_equal(pool_fork_numbered(next, 0, 1).len, 0);
    pool_free(next);
    next = pool_new(&options);
    buf_clear(&fixture->note);
    forking_log_head(&fixture->other, &fixture->note, HERE, 9);
    assert_int_equal(pool_follow(fixture->pool, bytes_of_buf(&fixture->note)), POOL_HELD);
    pool_append_heads(fixture->pool, &list, LISTED_LEN_MAX);
    assert_true(exchange_take(next, 0, bytes_of_buf(&list), &counts, &err));
    assert_true(counts.results[POOL_HELD] == 2);
    assert_true(bytes_equal(pool_fork(next, 0), proof));
    buf_append_text(&list, "\nrest");
    assert_false(exchange_take(next, 0, bytes_of_buf(&list), &counts, &err));
    assert_int_equal(err.code, ERR_INVALID);
    buf_cleanup(&list);
    pool_free(next);
}

/* However long the proof against one log is, the head of another is passed on. */
static void pool_append_heads_long_proof(void **state)
{
    struct fixture *fixture = *state;
    struct buf list = {0};
    struct buf base = {0};

    forking_log_head(&fixture->other, &base, HERE, 9);
    assert_int_equal(follow(fixture, HERE, 40), POOL_HELD);
    assert_int_equal(add(fixture, CLIENT, THERE, 40), POOL_FORK);
    assert_int_equal(pool_follow(fixture->pool, bytes_of_buf(&base)), POOL_HELD);
    pool_append_heads(fixture->pool, &list, pool_fork(fixture->pool, 0).len + 1);
    assert_true(bytes_equal(bytes_of_buf(&list), bytes_of_buf(&base)));
    buf_clear(&list);
    pool_append_heads(fixture->pool, &list, 2 * (pool_fork(fixture->pool, 0).len + base.len + 2));
    assert_int_equal(list.len, pool_fork(fixture->pool, 0).len + 1 + base.len);
    buf_cleanup(&list);
    buf_cleanup(&base);
}

/* Proofs that prove nothing cost as much to look at as heads, and are not looked at more often. */
static void pool_add_fork_too_often(void **state)
{
    struct fixture *fixture = *state;
    static const char *const NAMES[] = {"monitor.example/c"};
    struct pool_options options = {.policy = &fixture->policy,
                                   .name = "x",
                                   .source_names = NAMES,
                                   .source_count = 1,
                                   .clock = &fixture->clock.clock};
    struct pool *next = pool_new(&options);
    struct buf bad = {0};
    struct bytes proof;
    unsigned invalid = 0;

    assert_int_equal(follow(fixture, HERE, 40), POOL_HELD);
    assert_int_equal(add(fixture, CLIENT, THERE, 40), POOL_FORK);
    proof = pool_fork(fixture->pool, 0);
    buf_append_bytes(&bad, proof);
    bad.data[proof.len - 10] ^= 1; /* in a signature */
    for (unsigned i = 0; i < 2 * POOL_BURST_HEADS; i++)
        invalid += pool_add_fork(next, 0, bytes_of_buf(&bad)) == POOL_INVALID ? 1 : 0;
    assert_int_equal(invalid, POOL_BURST_HEADS);
    assert_int_equal(pool_add_fork(next, 0, proof), POOL_BUSY);
    assert_int_equal(pool_keep_fork(next, proof), POOL_HELD);
    assert_int_equal(pool_add_fork(next, 0, proof), POOL_FORK); /* known: that costs nothing */
    buf_cleanup(&bad);
    pool_free(next);
}

/* A signed head of size 0 with a root that no empty tree has convicts beside any other head. */
static void pool_add_wrong_empty_root(void **state)
{
    struct fixture *fixture = *state;
    struct checkpoint wrong = {.origin = "log.example/forking"};
    struct buf note = {0};
    struct err err = {0};

    assert_int_equal(add(fixture, PEER, HERE, 0), POOL_KNOWN);
    assert_true(checkpoint_sign(&note, &wrong, fixture->log.signer, &err));
    assert_int_equal(pool_add(fixture->pool, PEER, bytes_of_buf(&note)), POOL_HELD);
    assert_int_equal(follow(fixture, HERE, 7), POOL_FORK);
    assert_convicted(fixture);
    buf_cleanup(&note);
}

/* A member that starts again knows what it knew: bases to follow, heads that wait. */
static void pool_append_bases_restart(void **state)
{
    struct fixture *fixture = *state;
    struct pool_options options = {
        .policy = &fixture->policy, .name = "x", .clock = &fixture->clock.clock};
    struct pool *next = pool_new(&options);
    struct buf bases = {0};
    struct buf heads = {0};
    struct bytes rest;
    struct bytes note;
    struct err err = {0};
    struct pool_state now;

    assert_int_equal(follow(fixture, HERE, 30), POOL_HELD);
    assert_int_equal(add(fixture, PEER, THERE, 35), POOL_HELD);
    pool_append_bases(fixture->pool, &bases);
    pool_append_heads(fixture->pool, &heads, LISTED_LEN_MAX);
    assert_int_equal(pool_follow(next, bytes_of_buf(&bases)), POOL_HELD);
    for (rest = bytes_of_buf(&heads); rest.len > 0;) {
        assert_true(checkpoint_list_next(&rest, &note, &err));
        assert_true(pool_keep(next, note) <= POOL_HELD);
    }
    pool_log_state(next, 0, &now);
    assert_true(now.base_size == 30 && now.largest_size == 35 && now.waiting_count == 1);
    buf_clear(&heads);
    pool_append_heads(next, &heads, 100); /* no room for any */
    assert_int_equal(heads.len, 0);
    pool_free(next);
    buf_cleanup(&bases);
    buf_cleanup(&heads);
}

/* An answer to a question that is no longer open changes nothing. */
static void pool_answer_late(void **state)
{
    struct fixture *fixture = *state;
    struct pool_want want;
    struct proof path;

    assert_int_equal(follow(fixture, HERE, 30), POOL_HELD);
    assert_int_equal(add(fixture, PEER, HERE, 10), POOL_HELD);
    assert_int_equal(pool_wanted(fixture->pool, &want, 1), 1);
    forking_log_path(&fixture->log, &path, HERE, 10, 30);
    assert_int_equal(pool_answer(fixture->pool, &want, &path), POOL_KNOWN);
    assert_int_equal(pool_answer(fixture->pool, &want, &path), POOL_KNOWN);
    assert_int_equal(follow(fixture, HERE, 40), POOL_HELD);
    assert_int_equal(answer(fixture, HERE), POOL_KNOWN);
    assert_int_equal(pool_answer(fixture->pool, &want, &path), POOL_KNOWN);
}

static struct seen_head numbered(uint64_t size, size_t source)
{
    return (struct seen_head){.size = size, .source = source};
}

/* A full set makes room for whoever has fewer heads in it, at the cost of who has most. */
static void head_set_put_fair(void **state)
{
    struct head_set set = {0};
    struct seen_head head;
    uint64_t size = 1;

    (void)state;
    for (size_t i = 0; i < HEAD_SET_MAX; i++) {
        head = numbered(size++, i / HEAD_SET_SHARE_MAX);
        assert_true(head_set_put_take(&set, &head));
    }
    assert_int_equal(set.count, HEAD_SET_MAX);
    for (unsigned i = 0; i < HEAD_SET_SHARE_MAX / 2; i++) {
        head = numbered(size++, 50);
        assert_true(head_set_put_take(&set, &head));
        assert_int_equal(set.count, HEAD_SET_MAX);
    }
    head_set_cleanup(&set);
}

/* A head that a flooding source sent first stays when another source has brought it too. */
static void seen_head_sponsor_keeps(void **state)
{
    struct head_set set = {0};
    struct hash root = {{0}};
    struct seen_head head;

    (void)state;
    for (size_t i = 0; i < HEAD_SET_MAX; i++) {
        head = numbered(1 + i, i / HEAD_SET_SHARE_MAX);
        assert_true(head_set_put_take(&set, &head));
    }
    for (uint64_t size = HEAD_SET_SHARE_MAX - 2; size <= HEAD_SET_SHARE_MAX; size++)
        seen_head_sponsor(head_set_find(&set, size, &root), 60);
    for (size_t i = 0; i < 8; i++) {
        head = numbered(1000 + i, 61);
        assert_true(head_set_put_take(&set, &head));
    }
    for (uint64_t size = HEAD_SET_SHARE_MAX - 2; size <= HEAD_SET_SHARE_MAX; size++)
        assert_non_null(head_set_find(&set, size, &root));
    head_set_cleanup(&set);
}

/* A source over its share loses its oldest head to a new one, but not before others had time. */
static void head_set_put_over_share(void **state)
{
    struct head_set set = {0};
    struct hash root = {{0}};
    struct seen_head head;

    (void)state;
    for (uint64_t size = 1; size <= HEAD_SET_SHARE_MAX; size++) {
        head = numbered(size, 3);
        head.seen_ms = 1000000 + size;
        assert_true(head_set_put_take(&set, &head));
    }
    head = numbered(100, 3);
    head.seen_ms = 1000000 + HEAD_SET_STAY_MS;
    assert_false(head_set_put_take(&set, &head));
    head.seen_ms++;
    assert_true(head_set_put_take(&set, &head));
    assert_null(head_set_find(&set, 1, &root));
    head = numbered(101, 3); /* the clock went back */
    assert_true(head_set_put_take(&set, &head));
    assert_int_equal(set.count, HEAD_SET_SHARE_MAX);
    head_set_cleanup(&set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pool_follow_one_history),
        TEST(pool_add_equal_size),
        TEST(pool_add_without_base),
        TEST(pool_answer_smaller_fork),
        TEST(pool_answer_prefix),
        TEST(pool_add_larger_fork),
        TEST(pool_follow_fork),
        TEST(pool_follow_abandoned_fork),
        TEST(pool_follow_verified_head),
        TEST(pool_follow_roll_back),
        TEST(pool_add_lies),
        TEST(pool_add_cuts_strangers),
        TEST(pool_add_flood),
        TEST(pool_add_too_often),
        TEST(pool_add_fork_of_peer),
        TEST(pool_add_wrong_empty_root),
        TEST(pool_append_bases_restart),
        TEST(pool_add_fork_more),
        TEST(pool_append_heads_long_proof),
        TEST(pool_add_fork_too_often),
        TEST(pool_answer_late),
        cmocka_unit_test(head_set_put_fair),
        cmocka_unit_test(seen_head_sponsor_keeps),
        cmocka_unit_test(head_set_put_over_share),
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
