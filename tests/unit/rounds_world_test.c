/*
 * Witnesses of every kind, a log that publishes, and time that jumps from event to event: what
 * asking.c and rounds.c decide together, from many seeds.
 */
#include <stdlib.h>
#include <string.h>

#include "server/witnessing/asking.h"
#include "server/witnessing/rounds.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/issued_log.h"
#include "tests/support/rng.h"

enum {
    WITNESSES = ISSUED_LOG_WITNESSES,
    HEADS = 190,
    COMMIT_LEN = 3, /* entries of a commit, with its seal */
    INTERVAL_MS = 100,
    QUICK_MS = 50, /* the longest reply of a good witness */
    STEPS = 4000,
};

static const uint64_t MS = 1000000;

/* What a witness does with a request. */
enum manner { GOOD, SLOW, DEAD, CONFLICTS, FORGETS, MANNERS };

struct witness {
    struct asking asking;
    enum manner manner;
    uint64_t held_size;
    bool is_asked;
    uint64_t due_ms;
    uint64_t old_size;
    uint64_t size;
};

struct world {
    struct issued_log log;
    struct policy policy;
    struct rounds rounds;
    struct rng rng;
    uint64_t now_ms;
    uint64_t published_ms[HEADS + 1]; /* of each head, by its number */
    uint64_t newest;                  /* number of the newest head */
    uint64_t witnessed_size;
    uint64_t longest_ms; /* that a head waited for its quorum, or for that of a newer one */
    bool must_move;
    struct witness witnesses[WITNESSES];
};

static struct asking_moment moment_of(struct world *world)
{
    return (struct asking_moment){.now_ns = world->now_ms * MS,
                                  .random = (uint32_t)rng_next(&world->rng)};
}

static void publish(struct world *world)
{
    struct store_head head = {.size = ++world->newest * COMMIT_LEN};
    struct buf note = {0};

    world->published_ms[world->newest] = world->now_ms;
    issued_log_root(&world->log, &head.root, head.size);
    issued_log_checkpoint(&world->log, &note, head.size, 0);
    rounds_publish(&world->rounds, &head, bytes_of_buf(&note), world->now_ms * MS);
    buf_cleanup(&note);
}

/* Whatever happens, the witnessed head never goes back, and has its quorum. */
static void look_at_witnessed(struct world *world)
{
    const struct round *round = rounds_witnessed(&world->rounds);

    if (round == NULL)
        return;
    assert_true(round->head.size >= world->witnessed_size);
    assert_true(round->cosigner_count >= 2);
    for (uint64_t size = world->witnessed_size + COMMIT_LEN; size <= round->head.size;
         size += COMMIT_LEN) {
        uint64_t waited_ms = world->now_ms - world->published_ms[size / COMMIT_LEN];

        if (waited_ms > world->longest_ms)
            world->longest_ms = waited_ms;
    }
    world->witnessed_size = round->head.size;
}

static void cosign(struct world *world, struct witness *witness, unsigned number)
{
    struct buf plain = {0};
    struct buf note = {0};

    witness->held_size = witness->size;
    issued_log_checkpoint(&world->log, &plain, witness->size, 0);
    issued_log_checkpoint(&world->log, &note, witness->size, 1u << number);
    asking_cosigned(&witness->asking, UINT64_MAX);
    rounds_add(&world->rounds, witness->size, &world->policy.names[number].verifier,
               bytes_slice(bytes_of_buf(&note), plain.len, note.len));
    look_at_witnessed(world);
    buf_cleanup(&plain);
    buf_cleanup(&note);
}

static void conflict(struct world *world, struct witness *witness, uint64_t held_size)
{
    struct asking_moment moment = moment_of(world);

    world->must_move = world->must_move || held_size > witness->size;
    asking_conflict(&witness->asking, held_size, world->newest * COMMIT_LEN, &moment);
}

static void reply(struct world *world, unsigned number)
{
    struct witness *witness = &world->witnesses[number];
    struct asking_moment moment = moment_of(world);

    witness->is_asked = false;
    if (witness->asking.must_look)
        asking_looked(&witness->asking, &moment);
    else if (witness->manner == DEAD)
        asking_failed(&witness->asking, &moment);
    else if (witness->manner == CONFLICTS)
        conflict(world, witness, rng_below(&world->rng, 2 * HEADS * COMMIT_LEN));
    else if (witness->old_size != witness->held_size)
        conflict(world, witness, witness->held_size);
    else
        cosign(world, witness, number);
    if (witness->manner == FORGETS && rng_below(&world->rng, 4) == 0)
        witness->held_size = COMMIT_LEN * rng_below(&world->rng, world->newest + 1);
}

static uint64_t patience_ms(struct world *world, const struct witness *witness)
{
    return witness->manner == SLOW || witness->manner == DEAD
               ? 1000 + rng_below(&world->rng, 4000)
               : 1 + rng_below(&world->rng, QUICK_MS);
}

/* One request at a time, and only for what the witness has not cosigned. */
static void ask(struct world *world, unsigned number, const struct round *target)
{
    struct witness *witness = &world->witnesses[number];
    uint64_t old_size = 0;
    enum asking_step step = asking_next(&witness->asking, target->head.size, world->now_ms * MS,
                                        &old_size);

    if (step == ASKING_REST)
        return;
    assert_false(witness->is_asked);
    witness->is_asked = true;
    witness->due_ms = world->now_ms + patience_ms(world, witness);
    witness->old_size = old_size;
    witness->size = target->head.size;
    if (step == ASKING_LOOK) {
        asking_begin_look(&witness->asking);
        return;
    }
    assert_true(old_size <= target->head.size);
    asking_begin_post(&witness->asking, old_size, target->head.size);
}

static void step(struct world *world)
{
    const struct round *target;

    world->now_ms += 1 + rng_below(&world->rng, 5);
    if (world->newest < HEADS && rng_below(&world->rng, 2) == 0)
        publish(world);
    for (unsigned i = 0; i < WITNESSES; i++) {
        if (world->witnesses[i].is_asked && world->witnesses[i].due_ms <= world->now_ms)
            reply(world, i);
    }
    target = rounds_target(&world->rounds, world->now_ms * MS, world->must_move);
    world->must_move = false;
    for (unsigned i = 0; target != NULL && i < WITNESSES; i++)
        ask(world, i, target);
}

static struct world *world_new(uint64_t seed)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct buf text = {0};
    struct err err = {0};

    world->rng = rng_of(seed);
    issued_log_init(&world->log);
    issued_log_grow(&world->log, HEADS, COMMIT_LEN - 1);
    issued_log_policy(&world->log, &text, "group g 2 w0 w1 w2\nquorum g\n");
    assert_true(policy_parse(&world->policy, bytes_of_buf(&text), &err));
    rounds_init(&world->rounds, &world->policy, INTERVAL_MS);
    buf_cleanup(&text);
    return world;
}

static void world_free(struct world *world)
{
    rounds_cleanup(&world->rounds);
    policy_cleanup(&world->policy);
    issued_log_cleanup(&world->log);
    free(world);
}

static void run_until_witnessed(struct world *world, unsigned steps)
{
    for (unsigned i = 0;
         i < steps && (world->newest < HEADS || world->witnessed_size < HEADS * COMMIT_LEN); i++)
        step(world);
}

/* With two good witnesses no head waits long for its quorum, whatever the third one does. */
static void rounds_with_one_of_three_of_any_kind(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 2 * MANNERS; seed++) {
        struct world *world = world_new(seed);

        world->witnesses[seed % WITNESSES].manner = (enum manner)(seed % MANNERS);
        run_until_witnessed(world, STEPS);
        assert_int_equal(world->witnessed_size, HEADS * COMMIT_LEN);
        /* The round before it, the interval, its own round, and the steps of this world. */
        if (world->longest_ms > INTERVAL_MS + 3 * QUICK_MS)
            fail_msg("seed %llu: a head waited %llu ms", (unsigned long long)seed,
                     (unsigned long long)world->longest_ms);
        world_free(world);
    }
}

/* However all of them behave: when two are good again, everything is witnessed soon. */
static void rounds_after_all_were_bad(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 110; seed++) {
        struct world *world = world_new(seed);

        for (unsigned i = 0; i < STEPS; i++) {
            if (i % 100 == 0) {
                struct witness *witness = &world->witnesses[rng_below(&world->rng, WITNESSES)];

                witness->manner = (enum manner)rng_below(&world->rng, MANNERS);
            }
            step(world);
        }
        world->witnesses[0].manner = GOOD;
        world->witnesses[2].manner = GOOD;
        run_until_witnessed(world, 10 * STEPS);
        assert_int_equal(world->witnessed_size, HEADS * COMMIT_LEN);
        world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_with_one_of_three_of_any_kind),
        cmocka_unit_test(rounds_after_all_were_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
