#include "schemas/rules/test_facts.h"

#include "schemas/rules/families.h"
#include "schemas/rules/item_set.h"

static struct fact_key test_key(struct bytes tenant, struct bytes digest, bool is_policy_test)
{
    return fact_key_three(FACT_TEST, tenant, digest,
                          bytes_of_text(is_policy_test ? "policy-test" : ""));
}

bool test_passed(struct facts *facts, struct bytes tenant, struct bytes digest, bool is_policy_test,
                 struct bytes *out_testers)
{
    struct fact_key key = test_key(tenant, digest, is_policy_test);

    return digest.len > 0 && facts_get(facts, &key, out_testers);
}

static void put_tester(const struct rule_context *context, struct bytes digest,
                       bool is_policy_test)
{
    struct fact_key key = test_key(rule_tenant(context), digest, is_policy_test);
    struct bytes testers = item_set_empty();
    struct buf joined = {0};
    struct buf tester = {0};

    facts_get(context->facts, &key, &testers);
    if (item_set_count(testers) < TEST_TESTERS_MAX) {
        dcbor_put_array(&tester, 1);
        dcbor_put_text(&tester, field_text(field_at(context->record, "actor.id")));
        facts_put(context->facts, &key, item_set_join(&joined, testers, bytes_of_buf(&tester)));
    }
    buf_cleanup(&tester);
    buf_cleanup(&joined);
}

static void apply_test(const struct rule_context *context)
{
    struct bytes digest =
        field_bytes(field_at(context->record, "subject.object.content.digest"));

    if (digest.len == 0 || !field_is_text(field_get(context->record, "outcome"), "pass"))
        return;
    put_tester(context, digest, false);
    if (field_is_text(field_get(context->record, "kind"), "policy-test"))
        put_tester(context, digest, true);
}

const struct effect effects_test[] = {
    {TYPE_BIT(RECORD_TEST_RESULT), apply_test},
};
const size_t effects_test_count = sizeof(effects_test) / sizeof(effects_test[0]);
