#include "server/oidc/key_schedule.h"

#include "tests/support/cmocka_all.h"

enum { LIFETIME_MS = 3600000, INTERVAL_MS = 30000 };

static struct key_schedule new_schedule(void)
{
    return (struct key_schedule){.lifetime_ms = LIFETIME_MS, .interval_ms = INTERVAL_MS};
}

static void try_at(struct key_schedule *schedule, uint64_t now_ms, bool ok)
{
    key_schedule_begin(schedule, now_ms);
    key_schedule_end(schedule, ok);
}

/* The first load is due at once, the next one when the keys are old. */
static void key_schedule_next_when_old(void **state)
{
    struct key_schedule schedule = new_schedule();

    (void)state;
    assert_int_equal(key_schedule_next_ms(&schedule), 0);
    try_at(&schedule, 1000, true);
    assert_int_equal(key_schedule_next_ms(&schedule), 1000 + LIFETIME_MS);
    try_at(&schedule, 1000 + LIFETIME_MS, true);
    assert_int_equal(key_schedule_next_ms(&schedule), 1000 + 2 * LIFETIME_MS);
}

/* After a failure it is tried again in an interval, not at once and not in an hour. */
static void key_schedule_next_after_failure(void **state)
{
    struct key_schedule schedule = new_schedule();

    (void)state;
    try_at(&schedule, 1000, false);
    assert_int_equal(key_schedule_next_ms(&schedule), 1000 + INTERVAL_MS);
    try_at(&schedule, 40000, true);
    assert_int_equal(key_schedule_next_ms(&schedule), 40000 + LIFETIME_MS);
    try_at(&schedule, 40000 + LIFETIME_MS, false);
    assert_int_equal(key_schedule_next_ms(&schedule), 40000 + LIFETIME_MS + INTERVAL_MS);
}

/* An unknown key brings a load forward, once an interval whoever asks and however often. */
static void key_schedule_want_is_limited(void **state)
{
    struct key_schedule schedule = new_schedule();
    unsigned loads = 0;

    (void)state;
    try_at(&schedule, 1000, true);
    assert_false(key_schedule_want(&schedule, 1000 + INTERVAL_MS - 1));
    assert_int_equal(key_schedule_next_ms(&schedule), 1000 + LIFETIME_MS);
    for (uint64_t now_ms = 1000; now_ms < 1000 + 10 * INTERVAL_MS; now_ms += 100) {
        bool may_come = key_schedule_want(&schedule, now_ms);
        bool is_due = key_schedule_next_ms(&schedule) <= now_ms;

        assert_true(may_come == is_due);
        if (is_due) {
            try_at(&schedule, now_ms, true);
            loads++;
        }
    }
    assert_int_equal(loads, 9);
}

/* While keys are on their way nobody is told that a key does not exist. */
static void key_schedule_want_while_loading(void **state)
{
    struct key_schedule schedule = new_schedule();

    (void)state;
    key_schedule_begin(&schedule, 1000);
    assert_true(key_schedule_want(&schedule, 1001));
    key_schedule_end(&schedule, true);
    assert_false(key_schedule_want(&schedule, 1002));
}

/* The operator's wish is kept, not dropped, when it comes too early, and when a load is under way. */
static void key_schedule_renew_is_kept(void **state)
{
    struct key_schedule schedule = new_schedule();

    (void)state;
    try_at(&schedule, 1000, true);
    key_schedule_renew(&schedule);
    assert_int_equal(key_schedule_next_ms(&schedule), 1000 + INTERVAL_MS);
    key_schedule_begin(&schedule, 1000 + INTERVAL_MS);
    key_schedule_renew(&schedule);
    key_schedule_end(&schedule, true);
    assert_int_equal(key_schedule_next_ms(&schedule), 1000 + 2 * INTERVAL_MS);
}

/* Keys that cannot be renewed serve for a day beyond their lifetime, then no more. */
static void key_schedule_has_keys_until_too_old(void **state)
{
    struct key_schedule schedule = new_schedule();
    uint64_t end_ms = 1000 + (uint64_t)LIFETIME_MS + KEY_SCHEDULE_GRACE_MS;

    (void)state;
    assert_false(key_schedule_has_keys(&schedule, 1000));
    try_at(&schedule, 500, false);
    assert_false(key_schedule_has_keys(&schedule, 1000));
    try_at(&schedule, 1000, true);
    try_at(&schedule, 1000 + LIFETIME_MS, false);
    assert_true(key_schedule_has_keys(&schedule, end_ms - 1));
    assert_false(key_schedule_has_keys(&schedule, end_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_schedule_next_when_old),
        cmocka_unit_test(key_schedule_next_after_failure),
        cmocka_unit_test(key_schedule_want_is_limited),
        cmocka_unit_test(key_schedule_want_while_loading),
        cmocka_unit_test(key_schedule_renew_is_kept),
        cmocka_unit_test(key_schedule_has_keys_until_too_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
