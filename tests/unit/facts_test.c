#include "schemas/rules/facts.h"

#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"

/* A base with one fact, which can be made to fail, and counts how often it is asked. */
struct one_fact {
    struct facts_base base;
    struct fact_key key;
    const char *value;
    bool fails;
    unsigned asked;
};

static bool get_one(struct facts_base *base, struct bytes key, struct buf *out, bool *out_found,
                    struct err *err)
{
    struct one_fact *one = (struct one_fact *)base;

    one->asked++;
    if (one->fails)
        return err_set(err, ERR_IO, "the disk is gone");
    *out_found = bytes_equal(key, bytes_of(one->key.bytes, one->key.len));
    if (*out_found)
        buf_append_text(out, one->value);
    return true;
}

static const struct facts_base_ops one_ops = {.get = get_one};

static struct one_fact one_fact(const char *part)
{
    return (struct one_fact){.base = {&one_ops},
                             .key = fact_key_one(FACT_KEY, bytes_of_text(part)),
                             .value = "old"};
}

static bool holds(struct facts *facts, const struct fact_key *key, const char *expected)
{
    struct bytes value;

    return facts_get(facts, key, &value) && bytes_equal_text(value, expected);
}

/* A fact of the base is seen, a put covers it, and the base is asked once for each key. */
static void facts_put_covers_base(void **state)
{
    struct one_fact base = one_fact("a");
    struct facts *facts = facts_new(&base.base);

    (void)state;
    assert_true(holds(facts, &base.key, "old"));
    facts_put(facts, &base.key, bytes_of_text("new"));
    assert_true(holds(facts, &base.key, "new"));
    assert_int_equal(base.asked, 1);
    facts_free(facts);
}

/* A rollback brings back exactly what was there at the mark, in whatever order it was put. */
static void facts_rollback_to_mark(void **state)
{
    struct one_fact base = one_fact("a");
    struct facts *facts = facts_new(&base.base);
    struct fact_key b = fact_key_one(FACT_KEY, bytes_of_text("b"));
    size_t count;

    (void)state;
    facts_put(facts, &b, bytes_of_text("1"));
    facts_mark(facts);
    facts_put(facts, &b, bytes_of_text("2"));
    facts_put(facts, &b, bytes_of_text("3"));
    facts_put(facts, &base.key, bytes_of_text("new"));
    facts_rollback(facts);
    assert_true(holds(facts, &b, "1"));
    assert_true(holds(facts, &base.key, "old"));
    facts_changes(facts, &count);
    assert_int_equal(count, 1);
    facts_free(facts);
}

/* What is committed is not asked for again, and is a change again when it is put again. */
static void facts_committed_stay_known(void **state)
{
    struct one_fact base = one_fact("a");
    struct facts *facts = facts_new(&base.base);
    struct fact_key b = fact_key_one(FACT_KEY, bytes_of_text("b"));
    const struct fact_change *changes;
    size_t count;

    (void)state;
    assert_true(holds(facts, &base.key, "old"));
    facts_put(facts, &b, bytes_of_text("1"));
    facts_committed(facts);
    facts_changes(facts, &count);
    assert_int_equal(count, 0);
    base.fails = true;
    assert_true(holds(facts, &base.key, "old"));
    assert_true(holds(facts, &b, "1"));
    facts_mark(facts);
    facts_put(facts, &b, bytes_of_text("2"));
    facts_rollback(facts);
    facts_changes(facts, &count);
    assert_int_equal(count, 0);
    facts_put(facts, &b, bytes_of_text("3"));
    changes = facts_changes(facts, &count);
    assert_int_equal(count, 1);
    assert_true(bytes_equal(changes[0].value, bytes_of_text("3")));
    facts_free(facts);
}

/* What is known above a base has a limit, over which all of it is asked for again. */
static void facts_committed_is_bounded(void **state)
{
    struct one_fact base = one_fact("a");
    struct facts *facts = facts_new(&base.base);
    struct fact_key list = fact_key_none(FACT_STREAM);
    size_t most = 0;

    (void)state;
    for (uint64_t n = 0; n < 100000; n++) {
        struct fact_key key = fact_key_item(&list, n);

        facts_put(facts, &key, bytes_of(&n, sizeof(n)));
        facts_committed(facts);
        most = facts_known_count(facts) > most ? facts_known_count(facts) : most;
    }
    assert_in_range(most, 10000, 50000);
    facts_free(facts);
}

/* A group is kept or forgotten as a whole, whatever was rolled back inside it. */
static void facts_end_group_keeps_all_or_nothing(void **state)
{
    struct fact_key a = fact_key_one(FACT_KEY, bytes_of_text("a"));
    struct fact_key b = fact_key_one(FACT_KEY, bytes_of_text("b"));

    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        struct facts *facts = facts_new(NULL);

        facts_put(facts, &a, bytes_of_text("before"));
        facts_begin_group(facts);
        facts_mark(facts);
        facts_put(facts, &a, bytes_of_text("first"));
        facts_mark(facts);
        facts_put(facts, &a, bytes_of_text("second"));
        facts_put(facts, &b, bytes_of_text("second"));
        facts_rollback(facts);
        assert_true(holds(facts, &a, "first"));
        assert_false(facts_has(facts, &b));
        facts_end_group(facts, keep == 1);
        assert_true(holds(facts, &a, keep == 1 ? "first" : "before"));
        facts_free(facts);
    }
}

/* After a failing look-up the answer is "none", and the check fails until the next reset. */
static void facts_check_after_failure(void **state)
{
    struct one_fact base = one_fact("a");
    struct facts *facts = facts_new(&base.base);
    struct err err = {0};

    (void)state;
    base.fails = true;
    assert_false(facts_has(facts, &base.key));
    assert_false(facts_check(facts, &err));
    assert_int_equal(err.code, ERR_IO);
    facts_reset(facts);
    base.fails = false;
    assert_true(facts_has(facts, &base.key));
    assert_true(facts_check(facts, &err));
    facts_free(facts);
}

/* Keys differ when kind, parts, their borders or the item differ. */
static void fact_key_distinct(void **state)
{
    struct bytes ab = bytes_of_text("ab");
    struct bytes a = bytes_of_text("a");
    struct bytes b = bytes_of_text("b");
    struct bytes none = {0};
    struct fact_key list = fact_key_one(FACT_KEY, ab);
    struct fact_key keys[] = {
        list,
        fact_key_one(FACT_PRINCIPAL, ab),
        fact_key_two(FACT_KEY, a, b),
        fact_key_two(FACT_KEY, ab, none),
        fact_key_two(FACT_KEY, none, ab),
        fact_key_item(&list, 0),
        fact_key_item(&list, 1),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        for (size_t j = 0; j < i; j++)
            assert_false(keys[i].len == keys[j].len &&
                         memcmp(keys[i].bytes, keys[j].bytes, keys[i].len) == 0);
    }
}

/* Thousands of facts, put again and again over many resets, hold their newest value; the changes
 * come sorted, each key once. */
static void facts_many(void **state)
{
    struct facts *facts = facts_new(NULL);
    struct rng rng = rng_of(7);
    uint64_t newest[3000] = {0};
    struct fact_key list = fact_key_none(FACT_STREAM);
    size_t count;

    (void)state;
    for (uint64_t round = 1; round <= 9000; round++) {
        for (int i = 0; i < 10; i++) {
            uint64_t n = rng_below(&rng, 3000);
            struct fact_key key = fact_key_item(&list, n);

            facts_put(facts, &key, bytes_of(&round, sizeof(round)));
            newest[n] = round;
        }
        const struct fact_change *changes = facts_changes(facts, &count);
        for (size_t i = 1; i < count; i++)
            assert_true(bytes_compare(changes[i - 1].key, changes[i].key) < 0);
        facts_reset(facts);
    }
    for (uint64_t n = 0; n < 3000; n++) {
        struct fact_key key = fact_key_item(&list, n);
        struct bytes value;

        assert_int_equal(facts_get(facts, &key, &value), newest[n] != 0);
        if (newest[n] != 0)
            assert_memory_equal(value.data, &newest[n], sizeof(newest[n]));
    }
    facts_free(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_put_covers_base), cmocka_unit_test(facts_rollback_to_mark),
        cmocka_unit_test(facts_committed_stay_known), cmocka_unit_test(facts_committed_is_bounded),
        cmocka_unit_test(facts_end_group_keeps_all_or_nothing),
        cmocka_unit_test(facts_check_after_failure), cmocka_unit_test(fact_key_distinct),
        cmocka_unit_test(facts_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
