#include "server/witnessing/rounds.h"

#include <stdlib.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/issued_log.h"

static const uint64_t MS = 1000000;

enum { INTERVAL_MS = 100 };

struct world {
    struct issued_log log;
    struct policy policy;
    struct rounds rounds;
};

static void use_policy(struct world *world, const char *rest)
{
    struct buf text = {0};
    struct err err = {0};

    issued_log_policy(&world->log, &text, rest);
    assert_true(policy_parse(&world->policy, bytes_of_buf(&text), &err));
    buf_cleanup(&text);
    rounds_init(&world->rounds, &world->policy, INTERVAL_MS);
}

static struct world *world_new(const char *rest)
{
    struct world *world = mem_alloc(sizeof(*world));

    issued_log_init(&world->log);
    issued_log_grow(&world->log, 20, 2);
    use_policy(world, rest);
    return world;
}

static void world_free(struct world *world)
{
    rounds_cleanup(&world->rounds);
    policy_cleanup(&world->policy);
    issued_log_cleanup(&world->log);
    free(world);
}

static const char TWO_OF_THREE[] = "group g 2 w0 w1 w2\nquorum g\n";

static void publish(struct world *world, uint64_t size, uint64_t now_ms)
{
    struct store_head head = {.size = size};
    struct buf note = {0};

    issued_log_root(&world->log, &head.root, size);
    issued_log_checkpoint(&world->log, &note, size, 0);
    rounds_publish(&world->rounds, &head, bytes_of_buf(&note), now_ms * MS);
    buf_cleanup(&note);
}

/* The signature line of a witness: what it adds to the checkpoint. */
static void append_line(struct world *world, struct buf *out, uint64_t size, unsigned witness)
{
    struct buf plain = {0};
    struct buf note = {0};

    issued_log_checkpoint(&world->log, &plain, size, 0);
    issued_log_checkpoint(&world->log, &note, size, 1u << witness);
    buf_append_bytes(out, bytes_slice(bytes_of_buf(&note), plain.len, note.len));
    buf_cleanup(&plain);
    buf_cleanup(&note);
}

static bool cosign(struct world *world, uint64_t size, unsigned witness)
{
    struct buf line = {0};
    bool changed;

    append_line(world, &line, size, witness);
    changed = rounds_add(&world->rounds, size, &world->policy.names[witness].verifier,
                         bytes_of_buf(&line));
    buf_cleanup(&line);
    return changed;
}

static void assert_target(struct world *world, uint64_t now_ms, uint64_t want_size)
{
    const struct round *target = rounds_target(&world->rounds, now_ms * MS, false);

    assert_non_null(target);
    assert_int_equal(target->head.size, want_size);
}

static void assert_witnessed(const struct world *world, uint64_t want_size)
{
    const struct round *round = rounds_witnessed(&world->rounds);

    assert_non_null(round);
    assert_int_equal(round->head.size, want_size);
}

/* Everybody is asked for the same head until it has the quorum, then for the newest. */
static void rounds_target_moves_with_the_quorum(void **state)
{
    struct world *world = world_new(TWO_OF_THREE);

    (void)state;
    assert_null(rounds_target(&world->rounds, 0, false));
    publish(world, 3, 0);
    assert_target(world, 0, 3);
    publish(world, 6, 10);
    publish(world, 9, 20);
    assert_target(world, 200, 3);
    assert_false(cosign(world, 3, 0));
    assert_null(rounds_witnessed(&world->rounds));
    assert_true(cosign(world, 3, 2));
    assert_witnessed(world, 3);
    assert_int_equal(rounds_witnessed(&world->rounds)->cosigner_count, 2);
    assert_true(rounds_witnessed(&world->rounds)->witnessed_at_ms > 0);
    assert_target(world, 200, 9);
    world_free(world);
}

/* However fast witnesses are, targets keep their distance. */
static void rounds_target_keeps_the_interval(void **state)
{
    struct world *world = world_new("quorum w0\n");

    (void)state;
    publish(world, 3, 0);
    assert_target(world, 1000, 3);
    assert_true(cosign(world, 3, 0));
    assert_int_equal(rounds_wake_ns(&world->rounds), UINT64_MAX);
    publish(world, 6, 1010);
    assert_target(world, 1000 + INTERVAL_MS - 1, 3);
    assert_int_equal(rounds_wake_ns(&world->rounds), (1000 + INTERVAL_MS) * MS);
    assert_target(world, 1000 + INTERVAL_MS, 6);
    world_free(world);
}

/* A head that gets no quorum holds up nobody for long, and may still get it later. */
static void rounds_target_moves_without_a_quorum(void **state)
{
    struct world *world = world_new(TWO_OF_THREE);

    (void)state;
    publish(world, 3, 0);
    assert_target(world, 0, 3);
    assert_false(cosign(world, 3, 0));
    publish(world, 6, 10);
    assert_target(world, ROUND_WAIT_MS - 1, 3);
    assert_target(world, ROUND_WAIT_MS, 6);
    assert_false(cosign(world, 6, 0));
    assert_true(cosign(world, 3, 1)); /* the slow one, still with the head before */
    assert_witnessed(world, 3);
    assert_target(world, ROUND_WAIT_MS, 6);
    assert_true(cosign(world, 6, 1));
    assert_witnessed(world, 6);
    assert_false(cosign(world, 3, 2)); /* too late for a head that is history */
    assert_witnessed(world, 6);
    world_free(world);
}

/* A witness that is beyond the target moves it at once. */
static void rounds_target_must_move(void **state)
{
    struct world *world = world_new(TWO_OF_THREE);

    (void)state;
    publish(world, 3, 0);
    assert_target(world, 0, 3);
    publish(world, 6, 0);
    assert_int_equal(rounds_target(&world->rounds, 0, true)->head.size, 6);
    world_free(world);
}

/* A further cosignature of the witnessed head is news; the same one again is not. */
static void rounds_add_more_than_the_quorum(void **state)
{
    struct world *world = world_new(TWO_OF_THREE);
    struct buf want = {0};

    (void)state;
    publish(world, 3, 0);
    assert_target(world, 0, 3);
    assert_false(cosign(world, 3, 0));
    assert_false(cosign(world, 3, 0));
    assert_true(cosign(world, 3, 1));
    assert_true(cosign(world, 3, 2));
    assert_false(cosign(world, 3, 2));
    issued_log_checkpoint(&world->log, &want, 3, 7);
    assert_string_equal(buf_text(&want),
                        buf_text((struct buf *)(uintptr_t)&rounds_witnessed(&world->rounds)->note));
    buf_cleanup(&want);
    world_free(world);
}

/*
 * A newer cosignature takes the place of the older one and is news; an older one is not. What has the
 * quorum keeps it, and the time at which it got it.
 */
static void rounds_add_newer(void **state)
{
    struct world *world = world_new(TWO_OF_THREE);
    const struct round *round;
    struct buf want = {0};
    uint64_t witnessed_at_ms;

    (void)state;
    publish(world, 3, 0);
    assert_target(world, 0, 3);
    assert_false(cosign(world, 3, 0));
    assert_true(cosign(world, 3, 1));
    round = rounds_witnessed(&world->rounds);
    witnessed_at_ms = round->witnessed_at_ms;
    world->log.cosigned_later_s = 3600;
    assert_true(cosign(world, 3, 0));
    assert_int_equal(round->cosigner_count, 2);
    assert_true(cosign(world, 3, 1));
    assert_true(cosign(world, 3, 2));
    assert_false(cosign(world, 3, 1));
    world->log.cosigned_later_s = 60;
    assert_false(cosign(world, 3, 0));
    world->log.cosigned_later_s = 3600;
    issued_log_checkpoint(&world->log, &want, 3, 7);
    assert_string_equal(buf_text(&want), buf_text((struct buf *)(uintptr_t)&round->note));
    assert_int_equal(round->witnessed_at_ms, witnessed_at_ms);
    assert_witnessed(world, 3);
    buf_cleanup(&want);
    world_free(world);
}

/* Without a quorum to meet, any cosignature makes a head the witnessed one. */
static void rounds_add_without_a_quorum(void **state)
{
    struct world *world = world_new("quorum none\n");

    (void)state;
    publish(world, 3, 0);
    assert_target(world, 0, 3);
    publish(world, 6, 0);
    assert_target(world, INTERVAL_MS, 6);
    assert_true(cosign(world, 3, 1));
    assert_witnessed(world, 3);
    assert_true(cosign(world, 6, 0));
    assert_witnessed(world, 6);
    world_free(world);
}

/* However long there is no quorum, so many heads are kept and no more; the witnessed one stays. */
static void rounds_publish_many_without_a_quorum(void **state)
{
    struct world *world = world_new(TWO_OF_THREE);

    (void)state;
    publish(world, 3, 0);
    assert_target(world, 0, 3);
    assert_false(cosign(world, 3, 0));
    assert_true(cosign(world, 3, 1));
    for (uint64_t i = 2; i <= 20; i++) {
        publish(world, 3 * i, i * ROUND_WAIT_MS);
        assert_target(world, i * ROUND_WAIT_MS, 3 * i);
        assert_witnessed(world, 3);
    }
    assert_int_equal(world->rounds.count, ROUNDS_MAX);
    assert_false(cosign(world, 6, 0)); /* forgotten */
    assert_false(cosign(world, 57, 0));
    assert_true(cosign(world, 57, 1));
    assert_witnessed(world, 57);
    assert_int_equal(world->rounds.count, 2);
    world_free(world);
}

static void restore(struct world *world, uint64_t size, unsigned witnesses)
{
    struct store_head head = {.size = size};
    struct buf plain = {0};
    struct buf note = {0};

    issued_log_root(&world->log, &head.root, size);
    issued_log_checkpoint(&world->log, &plain, size, 0);
    issued_log_checkpoint(&world->log, &note, size, witnesses);
    rounds_restore(&world->rounds, &head, bytes_of_buf(&plain), bytes_of_buf(&note));
    buf_cleanup(&plain);
    buf_cleanup(&note);
}

/* What was witnessed before a restart still is, and is asked for again when nothing is newer. */
static void rounds_restore_what_was_witnessed(void **state)
{
    struct world *world = world_new(TWO_OF_THREE);

    (void)state;
    publish(world, 6, 0);
    restore(world, 6, 5);
    assert_witnessed(world, 6);
    assert_target(world, 0, 6);
    assert_false(cosign(world, 6, 0));
    assert_true(cosign(world, 6, 1));
    world_free(world);
}

/* A policy that asks for more is not met by what another one took. */
static void rounds_restore_what_is_not_enough(void **state)
{
    struct world *world = world_new("group g all w0 w1 w2\nquorum g\n");

    (void)state;
    publish(world, 6, 0);
    restore(world, 6, 5);
    assert_null(rounds_witnessed(&world->rounds));
    assert_target(world, 0, 6);
    world_free(world);
}

/* Those of another policy's witnesses would pile up with every policy, beyond what a note holds. */
static void rounds_restore_no_signature_of_strangers(void **state)
{
    struct world *world = world_new(TWO_OF_THREE);
    uint8_t signature[72] = {0};
    struct store_head head = {.size = 6};
    struct buf plain = {0};
    struct buf note = {0};
    struct note kept;
    struct err err = {0};

    (void)state;
    issued_log_root(&world->log, &head.root, head.size);
    issued_log_checkpoint(&world->log, &plain, head.size, 0);
    issued_log_checkpoint(&world->log, &note, head.size, 5);
    note_append_signature(&note, "stranger", 7, bytes_of(signature, sizeof(signature)));
    rounds_restore(&world->rounds, &head, bytes_of_buf(&plain), bytes_of_buf(&note));
    assert_witnessed(world, 6);
    assert_true(note_parse(&kept, bytes_of_buf(&rounds_witnessed(&world->rounds)->note), &err));
    assert_int_equal(kept.signature_count, 3);
    buf_cleanup(&plain);
    buf_cleanup(&note);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_target_moves_with_the_quorum),
        cmocka_unit_test(rounds_target_keeps_the_interval),
        cmocka_unit_test(rounds_target_moves_without_a_quorum),
        cmocka_unit_test(rounds_target_must_move),
        cmocka_unit_test(rounds_add_more_than_the_quorum),
        cmocka_unit_test(rounds_add_newer),
        cmocka_unit_test(rounds_add_without_a_quorum),
        cmocka_unit_test(rounds_publish_many_without_a_quorum),
        cmocka_unit_test(rounds_restore_what_was_witnessed),
        cmocka_unit_test(rounds_restore_what_is_not_enough),
        cmocka_unit_test(rounds_restore_no_signature_of_strangers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
