#include "server/witnessing/asking.h"

#include "tests/support/cmocka_all.h"

static const uint64_t MS = 1000000;

static struct asking_moment at_ms(uint64_t now_ms)
{
    return (struct asking_moment){.now_ns = now_ms * MS, .random = 7};
}

static void expect_post(const struct asking *asking, uint64_t target, uint64_t now_ms,
                        uint64_t want_old)
{
    uint64_t old = 0;

    assert_int_equal(asking_next(asking, target, now_ms * MS, &old), ASKING_POST);
    assert_int_equal(old, want_old);
}

static void expect_step(const struct asking *asking, uint64_t target, uint64_t now_ms,
                        enum asking_step want)
{
    uint64_t old = 0;

    assert_int_equal(asking_next(asking, target, now_ms * MS, &old), want);
}

/* One that was never asked is asked from the empty tree, and has one request under way at most. */
static void asking_next_first(void **state)
{
    struct asking asking = {0};

    (void)state;
    expect_post(&asking, 10, 0, 0);
    asking_begin_post(&asking, 0, 10);
    expect_step(&asking, 12, 0, ASKING_REST);
    assert_int_equal(asking_wake_ns(&asking, 12), UINT64_MAX);
}

/* What it cosigned it is not asked for again, and the next proof begins there. */
static void asking_next_after_a_cosignature(void **state)
{
    struct asking asking = {0};

    (void)state;
    asking_begin_post(&asking, 0, 10);
    asking_cosigned(&asking, UINT64_MAX);
    expect_step(&asking, 10, 0, ASKING_REST);
    assert_int_equal(asking_wake_ns(&asking, 10), UINT64_MAX);
    expect_post(&asking, 12, 0, 10);
}

/* A head that stays is asked for again when its cosignature is old, by a proof from itself. */
static void asking_next_renews(void **state)
{
    struct asking_moment moment = at_ms(500);
    struct asking asking = {0};

    (void)state;
    asking_begin_post(&asking, 0, 10);
    asking_cosigned(&asking, 500 * MS);
    expect_step(&asking, 10, 499, ASKING_REST);
    assert_int_equal(asking_wake_ns(&asking, 10), 500 * MS);
    expect_step(&asking, 9, 500, ASKING_REST);
    assert_int_equal(asking_wake_ns(&asking, 9), UINT64_MAX);
    expect_post(&asking, 12, 100, 10);
    expect_post(&asking, 10, 500, 10);
    asking_begin_post(&asking, 10, 10);
    assert_int_equal(asking_wake_ns(&asking, 10), UINT64_MAX);
    asking_failed(&asking, &moment);
    assert_true(asking_wake_ns(&asking, 10) > 500 * MS);
    expect_step(&asking, 10, 500, ASKING_REST);
    asking_begin_post(&asking, 10, 10);
    asking_cosigned(&asking, 900 * MS);
    expect_step(&asking, 10, 899, ASKING_REST);
}

/* The empty tree is a head like any other. */
static void asking_next_empty_tree(void **state)
{
    struct asking asking = {0};

    (void)state;
    expect_post(&asking, 0, 0, 0);
    asking_begin_post(&asking, 0, 0);
    asking_cosigned(&asking, UINT64_MAX);
    expect_step(&asking, 0, 0, ASKING_REST);
    expect_post(&asking, 1, 0, 0);
}

/* A witness that names what it holds is at once given a proof from there. */
static void asking_conflict_first(void **state)
{
    struct asking asking = {0};
    struct asking_moment moment = at_ms(5);

    (void)state;
    asking_begin_post(&asking, 0, 10);
    asking_conflict(&asking, 4, 10, &moment);
    expect_post(&asking, 10, 5, 4);
    asking_begin_post(&asking, 4, 10);
    asking_cosigned(&asking, UINT64_MAX);
    assert_int_equal(asking.conflicts, 0);
}

/* One that says so for ever is asked less and less often, and never at once. */
static void asking_conflict_for_ever(void **state)
{
    struct asking asking = {0};
    uint64_t now_ms = 0;
    uint64_t last_pause_ms = 0;

    (void)state;
    asking_begin_post(&asking, 0, 10);
    asking_conflict(&asking, 4, 10, &(struct asking_moment){0});
    for (int i = 0; i < 12; i++) {
        struct asking_moment moment = at_ms(now_ms);
        uint64_t wake_ms;

        asking_begin_post(&asking, 4, 10);
        asking_conflict(&asking, (uint64_t)(i % 2 == 0 ? 3 : 4), 10, &moment);
        wake_ms = asking_wake_ns(&asking, 10) / MS;
        assert_true(wake_ms > now_ms);
        expect_step(&asking, 10, wake_ms - 1, ASKING_REST);
        assert_true(wake_ms - now_ms >= last_pause_ms || last_pause_ms > BACKOFF_MAX_MS / 2);
        last_pause_ms = wake_ms - now_ms;
        now_ms = wake_ms;
    }
    assert_true(last_pause_ms >= BACKOFF_MAX_MS / 2);
}

/* A conflict with the size that the proof began at is no news: it is not followed at once. */
static void asking_conflict_with_what_was_sent(void **state)
{
    struct asking asking = {0};
    struct asking_moment moment = at_ms(0);

    (void)state;
    asking_begin_post(&asking, 0, 10);
    asking_conflict(&asking, 0, 10, &moment);
    expect_step(&asking, 10, 0, ASKING_REST);
}

/* A size that we have not published is looked at once, and asked about again after a pause. */
static void asking_conflict_beyond_us(void **state)
{
    struct asking asking = {0};
    struct asking_moment moment = at_ms(0);
    uint64_t wake_ns;

    (void)state;
    asking_begin_post(&asking, 0, 10);
    asking_conflict(&asking, 99, 10, &moment);
    expect_step(&asking, 10, 0, ASKING_LOOK);
    asking_begin_look(&asking);
    expect_step(&asking, 10, 0, ASKING_REST);
    asking_looked(&asking, &moment);
    expect_step(&asking, 10, 0, ASKING_REST);
    wake_ns = asking_wake_ns(&asking, 10);
    expect_post(&asking, 10, wake_ns / MS + 1, 0);
}

/* A size between the target and what we have published is proved from once the target is there. */
static void asking_conflict_beyond_the_target(void **state)
{
    struct asking asking = {0};
    struct asking_moment moment = at_ms(0);

    (void)state;
    asking_begin_post(&asking, 0, 10);
    asking_conflict(&asking, 12, 15, &moment);
    expect_post(&asking, 15, 0, 12);
}

/* One that refuses our proof is looked at: at once the first time, then after pauses. */
static void asking_disputed_looks(void **state)
{
    struct asking asking = {0};
    struct asking_moment moment = at_ms(0);

    (void)state;
    asking_begin_post(&asking, 0, 10);
    asking_disputed(&asking, &moment);
    expect_step(&asking, 10, 0, ASKING_LOOK);
    asking_begin_look(&asking);
    asking_looked(&asking, &moment);
    moment.now_ns = asking_wake_ns(&asking, 10);
    asking_begin_post(&asking, 0, 10);
    asking_disputed(&asking, &moment);
    expect_step(&asking, 10, moment.now_ns / MS, ASKING_REST);
    expect_step(&asking, 10, asking_wake_ns(&asking, 10) / MS + 1, ASKING_LOOK);
}

/* A failure is followed by a pause, at least as long as the witness asks for; success ends that. */
static void asking_failed_pauses(void **state)
{
    struct asking asking = {0};
    struct asking_moment moment = at_ms(0);

    (void)state;
    asking_begin_post(&asking, 0, 10);
    asking_failed(&asking, &moment);
    assert_in_range(asking_wake_ns(&asking, 10), BACKOFF_FIRST_MS / 2 * MS, BACKOFF_FIRST_MS * MS);
    moment.retry_after_s = 30;
    asking_begin_post(&asking, 0, 10);
    asking_failed(&asking, &moment);
    assert_true(asking_wake_ns(&asking, 10) >= 30000 * MS);
    asking_begin_post(&asking, 0, 10);
    asking_cosigned(&asking, UINT64_MAX);
    expect_post(&asking, 11, 0, 10);
}

/* Less than it cosigned for us means that it lost its memory; it is proved to from there. */
static void asking_went_back_after_a_cosignature(void **state)
{
    struct asking asking = {0};
    struct asking_moment moment = at_ms(0);

    (void)state;
    assert_false(asking_went_back(&asking, 0));
    asking_begin_post(&asking, 0, 10);
    asking_cosigned(&asking, UINT64_MAX);
    assert_true(asking_went_back(&asking, 4));
    assert_false(asking_went_back(&asking, 10));
    asking_begin_post(&asking, 10, 12);
    asking_conflict(&asking, 4, 12, &moment);
    expect_post(&asking, 12, 0, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asking_next_first),
        cmocka_unit_test(asking_next_after_a_cosignature),
        cmocka_unit_test(asking_next_renews),
        cmocka_unit_test(asking_next_empty_tree),
        cmocka_unit_test(asking_conflict_first),
        cmocka_unit_test(asking_conflict_for_ever),
        cmocka_unit_test(asking_conflict_with_what_was_sent),
        cmocka_unit_test(asking_conflict_beyond_us),
        cmocka_unit_test(asking_conflict_beyond_the_target),
        cmocka_unit_test(asking_disputed_looks),
        cmocka_unit_test(asking_failed_pauses),
        cmocka_unit_test(asking_went_back_after_a_cosignature),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
