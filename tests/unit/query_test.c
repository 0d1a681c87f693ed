#include "server/transport/query.h"

#include <string.h>

#include "server/evidence/mention_filter.h"
#include "tests/support/cmocka_all.h"

static bool init(struct query *query, const char *text, struct problem *problem)
{
    return query_init(query, bytes_of_text(text), problem);
}

/* Names and values come decoded; a plus sign is no space, an empty query has no parameters. */
static void query_init_decodes(void **state)
{
    struct problem problem = {0};
    struct query query;
    struct bytes value;

    (void)state;
    assert_true(init(&query, "", &problem));
    assert_int_equal(query.count, 0);
    query_cleanup(&query);
    assert_true(init(&query, "a%62c=1%2F2&plus=a+b=c&bare", &problem));
    assert_true(query_take(&query, "abc", &value));
    assert_true(bytes_equal_text(value, "1/2"));
    assert_true(query_take(&query, "plus", &value));
    assert_true(bytes_equal_text(value, "a+b=c"));
    assert_false(query_check_taken(&query, &problem));
    assert_true(query_take(&query, "bare", &value));
    assert_int_equal(value.len, 0);
    assert_false(query_take(&query, "other", &value));
    assert_true(query_check_taken(&query, &problem));
    query_cleanup(&query);
}

/* What could be read in two ways is refused. */
static void query_init_refused(void **state)
{
    static const char *const bad[] = {
        "a=%", "a=%4", "%zz=1", "a=1&a=2", "a=1&%61=2", "&&",
        "a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q",
    };
    struct problem problem;
    struct query query;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        problem = (struct problem){0};
        assert_false(init(&query, bad[i], &problem));
        assert_int_equal(problem.kind, PROBLEM_PARAMETER);
        query_cleanup(&query);
    }
}

/* Numbers are decimal and within their range; absent ones keep their default. */
static void query_take_uint_range(void **state)
{
    struct problem problem = {0};
    struct query query;
    uint64_t value = 7;

    (void)state;
    assert_true(init(&query, "low=1&high=9&word=x&negative=-1", &problem));
    assert_true(query_take_uint(&query, "absent", &value, 0, 10, &problem));
    assert_int_equal(value, 7);
    assert_true(query_take_uint(&query, "low", &value, 1, 9, &problem));
    assert_int_equal(value, 1);
    assert_true(query_take_uint(&query, "high", &value, 1, 9, &problem));
    assert_int_equal(value, 9);
    assert_false(query_take_uint(&query, "high", &value, 1, 8, &problem));
    assert_false(query_take_uint(&query, "low", &value, 2, 8, &problem));
    assert_false(query_take_uint(&query, "word", &value, 0, 8, &problem));
    assert_false(query_take_uint(&query, "negative", &value, 0, 8, &problem));
    assert_int_equal(value, 9);
    query_cleanup(&query);
}

/* Every parameter named after a kind is a term; five terms are too many, a bad value is refused. */
static void mention_filter_take_terms(void **state)
{
    struct problem problem = {0};
    struct query query;
    struct mention_search search = {0};
    struct fact_key approvals = mention_key(MENTION_TYPE, bytes_of_text("approval"));

    (void)state;
    assert_true(init(&query, "type=approval&limit=3&actor=usr_1", &problem));
    assert_true(mention_filter_take(&search, &query, &problem));
    assert_int_equal(search.term_count, 2);
    assert_memory_equal(search.terms[1].bytes, approvals.bytes, approvals.len);
    assert_false(query_check_taken(&query, &problem));
    query_cleanup(&query);
    search = (struct mention_search){0};
    assert_true(init(&query, "type=a&actor=b&issuer=c&flag=d&model=e", &problem));
    assert_false(mention_filter_take(&search, &query, &problem));
    query_cleanup(&query);
    search = (struct mention_search){0};
    assert_true(init(&query, "run=1", &problem));
    assert_false(mention_filter_take(&search, &query, &problem));
    assert_non_null(strstr(problem.want, "UUID"));
    query_cleanup(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_init_decodes),
        cmocka_unit_test(query_init_refused),
        cmocka_unit_test(query_take_uint_range),
        cmocka_unit_test(mention_filter_take_terms),
    };

    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
