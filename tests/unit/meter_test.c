#include "server/cosigning/meter.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"

#define SECOND_NS UINT64_C(1000000000)

/* The burst may come at once, the next one when its time has come. */
static void meter_take_burst_then_rate(void **state)
{
    struct meter_rate rate = meter_rate_of(10, 1, 5);
    struct meter meter = {0};
    uint64_t now_ns = 1000 * SECOND_NS;
    unsigned wait_s = 0;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(meter_take(&meter, &rate, now_ns, &wait_s));
    assert_false(meter_take(&meter, &rate, now_ns, &wait_s));
    assert_int_equal(wait_s, 1);
    assert_false(meter_take(&meter, &rate, now_ns + SECOND_NS / 10 - 1, &wait_s));
    assert_true(meter_take(&meter, &rate, now_ns + SECOND_NS / 10, &wait_s));
    assert_false(meter_take(&meter, &rate, now_ns + SECOND_NS / 10, &wait_s));
}

/* A rate of nothing is no limit. */
static void meter_take_without_limit(void **state)
{
    struct meter_rate rate = meter_rate_of(0, 1, 5);
    struct meter meter = {0};
    unsigned wait_s;

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(meter_take(&meter, &rate, 0, &wait_s));
}

/* Whatever the times, no stretch of time has more than its share and the burst. */
static void meter_take_never_more_than_its_share(void **state)
{
    struct rng rng = rng_seeded("meter_take_never_more_than_its_share");
    struct meter_rate rate = meter_rate_of(100, 1, 7);
    struct meter meter = {0};
    uint64_t begin_ns = 5 * SECOND_NS;
    uint64_t now_ns = begin_ns;
    uint64_t taken = 0;
    unsigned wait_s;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        now_ns += rng_below(&rng, rate.interval_ns);
        taken += meter_take(&meter, &rate, now_ns, &wait_s);
        assert_true(taken <= 7 + (now_ns - begin_ns) / rate.interval_ns);
    }
    assert_true(taken >= (now_ns - begin_ns) / rate.interval_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meter_take_burst_then_rate),
        cmocka_unit_test(meter_take_without_limit),
        cmocka_unit_test(meter_take_never_more_than_its_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
