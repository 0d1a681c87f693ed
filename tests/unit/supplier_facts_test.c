/* The register of models as suppliers' records leave it, and who tested what. */
#include "schemas/rules/supplier_facts.h"

#include "schemas/rules/item_set.h"
#include "schemas/rules/test_facts.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_world.h"

static struct rule_world *new_world(void)
{
    struct rule_world *world = rule_world_new(PROFILE_OBSERVE);

    rule_world_issuer(world, "vendors", "vendor-manager");
    rule_world_issuer(world, "ci", "tester");
    return world;
}

/* The context of a record of tenant acme with one member "model". */
struct asking {
    struct rule_context context;
    struct record_fields fields;
    struct buf encoded;
};

static const struct field *ask(struct asking *asking, struct rule_world *world, const char *name)
{
    struct err err = {0};
    struct buf *out = &asking->encoded;

    dcbor_put_map(out, 2);
    dcbor_put_literal(out, "model");
    dcbor_put_map(out, 3);
    dcbor_put_literal(out, "name");
    dcbor_put_literal(out, name);
    dcbor_put_literal(out, "version");
    dcbor_put_literal(out, "2");
    dcbor_put_literal(out, "provider");
    dcbor_put_literal(out, "acme-ai");
    dcbor_put_literal(out, "tenant");
    dcbor_put_literal(out, "acme");
    assert_true(record_fields_read(&asking->fields, bytes_of_buf(out), &err));
    asking->context.facts = rule_world_facts(world);
    asking->context.record = asking->fields.fields;
    asking->context.tenant = bytes_of_text("acme");
    return field_get(asking->context.record, "model");
}

static bool find(struct rule_world *world, const char *name, struct supplied_model *out)
{
    struct asking asking = {0};
    const struct field *model = ask(&asking, world, name);
    bool found = supplied_model_get(&asking.context, model, out);

    record_fields_cleanup(&asking.fields);
    buf_cleanup(&asking.encoded);
    return found;
}

/* A model is known with its licence and regions while its service lists it and is not retired. */
static void supplied_model_get_while_listed(void **state)
{
    struct rule_world *world = new_world();
    struct supplied_model model;

    (void)state;
    assert_false(find(world, "large", &model));
    rule_world_must(world, "vendors", "supplier", "{}");
    assert_true(find(world, "large", &model));
    assert_true(bytes_equal_text(model.vendor, "acme-ai"));
    assert_true(bytes_equal_text(model.license, "Proprietary"));
    assert_true(item_set_has(model.regions, bytes_of_text("eu-west-1")));
    rule_world_must(world, "vendors", "supplier",
                    "{\"operation\": \"change\", \"models\": [{\"provider\": \"acme-ai\","
                    " \"name\": \"small\", \"version\": \"2\", \"license\": \"MIT\"}]}");
    assert_false(find(world, "large", &model));
    assert_true(find(world, "small", &model));
    assert_true(bytes_equal_text(model.license, "MIT"));
    rule_world_must(world, "vendors", "supplier", "{\"operation\": \"retire\"}");
    assert_false(find(world, "small", &model));
    rule_world_free(world);
}

#define TESTED(digest)                                                                             \
    "\"subject\": {\"kind\": \"policy-version\", \"object\": {\"id\": \"p\", \"version\": \"1\","  \
    " \"content\": {\"algorithm\": \"sha-256\", \"digest\": \"" digest "\"}}}"
#define ONES "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

/* Only tests that passed count, by the digest of what they tested; each tester counts once. */
static void test_passed_by_digest(void **state)
{
    struct rule_world *world = new_world();
    struct bytes tenant = bytes_of_text("acme");
    struct bytes testers;
    uint8_t ones[32];

    (void)state;
    for (size_t i = 0; i < sizeof(ones); i++)
        ones[i] = 1;
    rule_world_must(world, "ci", "test-result",
                    "{\"outcome\": \"fail\", \"passed_count\": 2, " TESTED(ONES) "}");
    assert_false(test_passed(rule_world_facts(world), tenant, bytes_of(ones, 32), false, &testers));
    rule_world_must(world, "ci", "test-result", "{\"kind\": \"shadow\", " TESTED(ONES) "}");
    rule_world_must(world, "ci", "test-result", "{\"kind\": \"shadow\", " TESTED(ONES) "}");
    assert_true(test_passed(rule_world_facts(world), tenant, bytes_of(ones, 32), false, &testers));
    assert_int_equal(item_set_count(testers), 1);
    assert_true(item_set_has(testers, bytes_of_text("ci")));
    assert_false(test_passed(rule_world_facts(world), tenant, bytes_of(ones, 32), true, &testers));
    rule_world_must(world, "ci", "test-result", "{" TESTED(ONES) "}");
    assert_true(test_passed(rule_world_facts(world), tenant, bytes_of(ones, 32), true, &testers));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(supplied_model_get_while_listed),
        cmocka_unit_test(test_passed_by_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
