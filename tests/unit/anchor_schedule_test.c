#include "server/anchoring/anchor_schedule.h"

#include "tests/support/cmocka_all.h"

/* The interval begins with a success; before the first one nothing is waited for. */
static void anchor_due_in_ms_counts_from_the_success(void **state)
{
    (void)state;
    assert_int_equal(anchor_due_in_ms(0, 1000, 5), 0);
    assert_int_equal(anchor_due_in_ms(5000, 1000, 5000), 1000);
    assert_int_equal(anchor_due_in_ms(5000, 1000, 5999), 1);
    assert_int_equal(anchor_due_in_ms(5000, 1000, 6000), 0);
}

/* A clock that was set back does not make anybody wait for it. */
static void anchor_due_in_ms_ends_when_the_clock_goes_back(void **state)
{
    (void)state;
    assert_int_equal(anchor_due_in_ms(5000, 1000, 4999), 0);
}

/* Pauses double up to the limit, each from the upper half of its window. */
static void anchor_pause_ms_doubles(void **state)
{
    static const uint64_t WINDOWS[] = {100, 200, 400, 500, 500};
    uint64_t lowest = 0;
    uint64_t highest = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(WINDOWS) / sizeof(WINDOWS[0]); i++) {
        assert_int_equal(anchor_pause_ms(&lowest, 100, 500, 0), WINDOWS[i] / 2);
        assert_int_equal(anchor_pause_ms(&highest, 100, 500, (uint32_t)WINDOWS[i] / 2),
                         WINDOWS[i]);
    }
}

/* What a log says of its anchors is no reason for another one; one entry more is. */
static void anchor_has_news_beyond_what_is_said_of_anchors(void **state)
{
    const struct anchor_growth seen = {.size = 10, .own = 4};

    (void)state;
    assert_false(anchor_has_news(&seen, &(struct anchor_growth){10, 4}));
    assert_false(anchor_has_news(&seen, &(struct anchor_growth){12, 6}));
    assert_false(anchor_has_news(&seen, &(struct anchor_growth){14, 8}));
    assert_true(anchor_has_news(&seen, &(struct anchor_growth){13, 6}));
    assert_true(anchor_has_news(&seen, &(struct anchor_growth){11, 4}));
    /* Being said, and not there yet. */
    assert_false(anchor_has_news(&seen, &(struct anchor_growth){10, 6}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anchor_due_in_ms_counts_from_the_success),
        cmocka_unit_test(anchor_due_in_ms_ends_when_the_clock_goes_back),
        cmocka_unit_test(anchor_pause_ms_doubles),
        cmocka_unit_test(anchor_has_news_beyond_what_is_said_of_anchors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
