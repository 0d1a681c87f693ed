#include "schemas/rules/facts_seen.h"

#include "tests/support/cmocka_all.h"

/* What is below is seen, every key asked for is known afterwards, and puts stay above. */
static void facts_seen_knows_what_was_asked(void **state)
{
    struct facts *below = facts_new(NULL);
    struct fact_key there = fact_key_one(FACT_KEY, bytes_of_text("there"));
    struct fact_key absent = fact_key_one(FACT_KEY, bytes_of_text("absent"));
    struct facts_seen seen;
    struct bytes value;

    (void)state;
    facts_put(below, &there, bytes_of_text("v"));
    facts_seen_init(&seen, below);
    assert_true(facts_get(seen.facts, &there, &value));
    assert_true(bytes_equal_text(value, "v"));
    assert_false(facts_has(seen.facts, &absent));
    assert_int_equal(facts_seen_count(&seen), 2);
    assert_int_equal(facts_seen_key(&seen, 0), fact_key_short(bytes_of(there.bytes, there.len)));
    assert_int_equal(facts_seen_key(&seen, 1), fact_key_short(bytes_of(absent.bytes, absent.len)));
    facts_put(seen.facts, &absent, bytes_of_text("w"));
    assert_false(facts_has(below, &absent));
    facts_seen_cleanup(&seen);
    facts_free(below);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(facts_seen_knows_what_was_asked)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
