#include "schemas/rules/mentions.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/rule_world.h"

static struct rule_world *world_with_index(void)
{
    struct rule_world *world = rule_world_new(PROFILE_OBSERVE);

    admission_keep_mentions(rule_world_admission(world));
    rule_world_issuer(world, "ci", "tester,admin");
    return world;
}

/* Whether the entry at index is found under the kind and the value as people write it. */
static bool finds(struct rule_world *world, enum mention_kind kind, const char *text,
                  uint64_t index)
{
    struct buf value = {0};
    struct fact_key list;
    struct fact_key key;
    struct bytes bitmap;
    bool found;

    assert_true(mention_value_parse(&value, kind, bytes_of_text(text)));
    list = mention_key(kind, bytes_of_buf(&value));
    key = fact_key_item(&list, index / MENTION_BLOCK);
    found = facts_get(rule_world_facts(world), &key, &bitmap) &&
            (read_be64(bitmap.data) >> (index % MENTION_BLOCK) & 1) != 0;
    buf_cleanup(&value);
    return found;
}

/* An entry is found by its issuer, type, actor and run, and others are not. */
static void mentions_put_header(void **state)
{
    struct rule_world *world = world_with_index();
    uint64_t index = rule_world_size(world);

    (void)state;
    assert_true(rule_world_say(world, "ci", "test-result",
                               "{\"original_run_id\": \"AZpAAAAAAAAAAAAAAAAAAQ\"}"));
    assert_true(finds(world, MENTION_ISSUER, "ci", index));
    assert_true(finds(world, MENTION_TYPE, "test-result", index));
    assert_true(finds(world, MENTION_ACTOR, "ci", index));
    assert_true(finds(world, MENTION_RUN, "019a4000-0000-0000-0000-000000000001", index));
    assert_false(finds(world, MENTION_RUN, "019a4000-0000-0000-0000-000000000002", index));
    assert_false(finds(world, MENTION_ISSUER, "ci", index + 1));
    rule_world_free(world);
}

/* Each item of an array is found, however the arrays lie in each other, the empty ones too. */
static void mentions_put_arrays(void **state)
{
    struct rule_world *world = world_with_index();
    uint64_t index = rule_world_size(world);

    (void)state;
    assert_true(rule_world_say(
        world, "ci", "manifest-part",
        "{\"artifacts\": [{\"artifact_id\": \"a\", \"kind\": \"output\", \"provenance\": \"run\"},"
        " {\"artifact_id\": \"b\", \"kind\": \"output\", \"provenance\": \"run\","
        " \"data_subject_keys\": [\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
        " \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"]},"
        " {\"artifact_id\": \"c\", \"kind\": \"output\", \"provenance\": \"run\", \"content\":"
        " {\"algorithm\": \"sha-256\","
        " \"digest\": \"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\"}}]}"));
    assert_true(finds(world, MENTION_SUBJECT,
                      "0000000000000000000000000000000000000000000000000000000000000000", index));
    assert_true(finds(world, MENTION_SUBJECT,
                      "0101010101010101010101010101010101010101010101010101010101010101", index));
    assert_true(finds(world, MENTION_ARTIFACT,
                      "0202020202020202020202020202020202020202020202020202020202020202", index));
    rule_world_free(world);
}

/* A versioned thing is found by its id alone and with its version. */
static void mentions_put_versioned(void **state)
{
    struct rule_world *world = world_with_index();
    uint64_t index = rule_world_size(world);

    (void)state;
    assert_true(rule_world_say(world, "ci", "test-result",
                               "{\"workflow\": {\"id\": \"review\", \"version\": \"14\"}}"));
    assert_true(finds(world, MENTION_WORKFLOW, "review", index));
    assert_true(finds(world, MENTION_WORKFLOW, "review@14", index));
    assert_false(finds(world, MENTION_WORKFLOW, "review@1", index));
    rule_world_free(world);
}

/* A flagged entry is found by the code of its flag; another is not. */
static void mentions_put_flag(void **state)
{
    struct rule_world *world = world_with_index();
    uint64_t index = rule_world_size(world);

    (void)state;
    assert_true(rule_world_say(world, "ci", "test-result", "{\"sequence_number\": 7}"));
    assert_true(finds(world, MENTION_FLAG, "seq-gap", index));
    assert_true(rule_world_say(world, "ci", "test-result", "{\"sequence_number\": 8}"));
    assert_false(finds(world, MENTION_FLAG, "seq-gap", index + 2));
    rule_world_free(world);
}

/* In one statement, what several records mention in turn is found as if each were alone. */
static void mentions_put_several_records(void **state)
{
    struct rule_world *world = world_with_index();
    uint64_t index = rule_world_size(world);

    (void)state;
    rule_world_add(world, "ci", "test-result",
                   "{\"actor\": {\"kind\": \"human\", \"id\": \"a\"}}");
    rule_world_add(world, "ci", "test-result",
                   "{\"actor\": {\"kind\": \"human\", \"id\": \"b\"}}");
    rule_world_add(world, "ci", "test-result",
                   "{\"actor\": {\"kind\": \"human\", \"id\": \"a\"}}");
    assert_true(rule_world_submit(world, "ci"));
    assert_true(finds(world, MENTION_ACTOR, "a", index));
    assert_true(finds(world, MENTION_ACTOR, "b", index));
    assert_true(rule_world_say(world, "ci", "test-result",
                               "{\"actor\": {\"kind\": \"human\", \"id\": \"a\"}}"));
    assert_true(finds(world, MENTION_ACTOR, "a", index + 2));
    assert_true(finds(world, MENTION_ISSUER, "ci", index + 2));
    rule_world_free(world);
}

/* What cannot be a value of its kind is not taken for one. */
static void mention_value_parse_refused(void **state)
{
    static const struct {
        enum mention_kind kind;
        const char *text;
    } rows[] = {
        {MENTION_RUN, "019a4000-0000-0000-0000-00000000000"},
        {MENTION_RUN, "019A4000-0000-0000-0000-000000000001"},
        {MENTION_RUN, "019a40000-000-0000-0000-000000000001"},
        {MENTION_ARTIFACT, "00"},
        {MENTION_ARTIFACT, "zz"},
        {MENTION_SUBJECT, "AAAA"},
        {MENTION_ISSUER, ""},
        {MENTION_ISSUER, "\xff"},
    };
    struct buf out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_false(mention_value_parse(&out, rows[i].kind, bytes_of_text(rows[i].text)));
    assert_int_equal(out.len, 0);
    buf_cleanup(&out);
}

/* Names lead to their kinds and back. */
static void mention_kind_find_all(void **state)
{
    enum mention_kind found;

    (void)state;
    for (enum mention_kind kind = MENTION_RUN; kind < MENTION_KIND_COUNT; kind++) {
        assert_true(mention_kind_find(&found, bytes_of_text(mention_kind_name(kind))));
        assert_int_equal(found, kind);
    }
    assert_false(mention_kind_find(&found, bytes_of_text("colour")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mentions_put_header),    cmocka_unit_test(mentions_put_arrays),
        cmocka_unit_test(mentions_put_versioned), cmocka_unit_test(mentions_put_flag),
        cmocka_unit_test(mentions_put_several_records),
        cmocka_unit_test(mention_value_parse_refused),
        cmocka_unit_test(mention_kind_find_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
