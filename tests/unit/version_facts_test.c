/* What records about workflows and policies leave for later rules, and how it is asked for. */
#include "schemas/rules/version_facts.h"

#include <stdio.h>

#include "schemas/rules/policy_facts.h"
#include "schemas/rules/risk_level.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_world.h"

#define NOW_MS UINT64_C(1800000000000)

static struct rule_world *new_world(void)
{
    struct rule_world *world = rule_world_new(PROFILE_OBSERVE);

    rule_world_issuer(world, "ci", "change-manager");
    return world;
}

/* A map {id, version} as rules have it from a record. */
struct named_version {
    struct record_fields fields;
    struct buf encoded;
};

static const struct field *named(struct named_version *out, const char *id, const char *version)
{
    struct err err = {0};

    dcbor_put_map(&out->encoded, 2);
    dcbor_put_literal(&out->encoded, "id");
    dcbor_put_literal(&out->encoded, id);
    dcbor_put_literal(&out->encoded, "version");
    dcbor_put_literal(&out->encoded, version);
    assert_true(record_fields_read(&out->fields, bytes_of_buf(&out->encoded), &err));
    return out->fields.fields;
}

static void named_cleanup(struct named_version *named)
{
    record_fields_cleanup(&named->fields);
    buf_cleanup(&named->encoded);
}

static bool get_version(struct rule_world *world, const char *version, struct version_fact *out)
{
    struct named_version memory = {0};
    bool found =
        version_get(rule_world_facts(world), bytes_of_text("acme"), bytes_of_text("workflow"),
                    named(&memory, "review", version), out);

    named_cleanup(&memory);
    return found;
}

/* Says that version `to` was made from `from` (or from nothing) by one author. */
static void change(struct rule_world *world, const char *operation, const char *from,
                   const char *to, const char *author)
{
    char base[100] = "";
    char json[500];

    if (from != NULL)
        snprintf(base, sizeof(base), ", \"from_version\": {\"id\": \"review\", \"version\": \"%s\"}",
                 from);
    snprintf(json, sizeof(json),
             "{\"operation\": \"%s\", \"authors\": [\"%s\"], \"target\": {\"kind\": \"workflow\","
             " \"to_version\": {\"id\": \"review\", \"version\": \"%s\"}%s}}",
             operation, author, to, base);
    if (!rule_world_say(world, "ci", "workflow-change", json))
        fail_msg("%s", rule_world_verdict(world));
}

/* The authors of a chain are those of the versions since the last published one. */
static void version_is_chain_author_until_published(void **state)
{
    struct rule_world *world = new_world();
    struct version_fact version;

    (void)state;
    change(world, "modify", NULL, "1", "ann");
    change(world, "publish", NULL, "1", "ann");
    change(world, "modify", "1", "2", "bob");
    change(world, "modify", "2", "3", "eve");
    assert_false(get_version(world, "9", &version));
    assert_true(get_version(world, "3", &version));
    assert_true(version_is_chain_author(&version, bytes_of_text("eve")));
    assert_true(version_is_chain_author(&version, bytes_of_text("bob")));
    assert_false(version_is_chain_author(&version, bytes_of_text("ann")));
    assert_true(version_is_author(&version, bytes_of_text("eve")));
    assert_false(version_is_author(&version, bytes_of_text("bob")));
    assert_false(version_is_published(&version));
    assert_true(get_version(world, "1", &version));
    assert_true(version_is_published(&version));
    rule_world_free(world);
}

static void assert_current(struct rule_world *world, const char *expected)
{
    struct bytes current;

    assert_true(version_current(rule_world_facts(world), bytes_of_text("acme"),
                                bytes_of_text("workflow"), bytes_of_text("review"),
                                ENVIRONMENT_PRODUCTION, &current));
    assert_true(bytes_equal_text(current, expected));
}

/* Publishing, deploying and rolling back put a version in use; retiring it ends that. */
static void version_current_follows_operations(void **state)
{
    struct rule_world *world = new_world();
    struct bytes current;

    (void)state;
    change(world, "modify", NULL, "1", "ann");
    assert_false(version_current(rule_world_facts(world), bytes_of_text("acme"),
                                 bytes_of_text("workflow"), bytes_of_text("review"),
                                 ENVIRONMENT_PRODUCTION, &current));
    change(world, "publish", NULL, "1", "ann");
    assert_current(world, "1");
    change(world, "canary", "1", "2", "ann");
    assert_current(world, "1");
    change(world, "deploy", "1", "2", "ann");
    assert_current(world, "2");
    change(world, "retire", NULL, "1", "ann");
    assert_current(world, "2");
    change(world, "rollback", "2", "1", "ann");
    assert_current(world, "1");
    change(world, "retire", NULL, "1", "ann");
    assert_current(world, "");
    rule_world_free(world);
}

#define CONTRACT(risk)                                                                             \
    "\"contract\": {\"expected_inputs\": [], \"expected_output\": \"decision\","                   \
    " \"decision_supported\": \"x\", \"risk\": \"" risk "\"}"

/* The first contract of a version stays; its graph's nodes are known by id. */
static void contract_get_first(void **state)
{
    struct rule_world *world = new_world();
    struct named_version memory = {0};
    struct record_fields fields = {0};
    struct contract_fact contract;
    const struct field *map;

    (void)state;
    assert_true(rule_world_say(world, "ci", "workflow-change",
                               "{" CONTRACT("high") ", \"graph\": {\"planned_nodes\":"
                               " [{\"node_id\": \"fetch\", \"kind\": \"tool\"},"
                               " {\"node_id\": \"sum\", \"kind\": \"model\"}],"
                               " \"planned_edges\": []}}"));
    assert_true(rule_world_say(world, "ci", "workflow-change", "{" CONTRACT("low") "}"));
    assert_true(contract_get(rule_world_facts(world), bytes_of_text("acme"),
                             bytes_of_text("workflow"), named(&memory, "review", "1"), &contract));
    map = fact_map(&fields, contract.contract);
    assert_int_equal(risk_level_find(field_text(field_get(map, "risk"))), RISK_HIGH);
    assert_true(contract_has_node(&contract, bytes_of_text("fetch")));
    assert_true(contract_has_node(&contract, bytes_of_text("sum")));
    assert_false(contract_has_node(&contract, bytes_of_text("su")));
    assert_false(contract_has_node(&contract, (struct bytes){0}));
    map = fact_map(&fields, contract.graph);
    assert_int_equal(field_count(field_get(map, "planned_nodes")), 2);
    assert_null(fact_map(&fields, (struct bytes){0}));
    named_cleanup(&memory);
    record_fields_cleanup(&fields);
    rule_world_free(world);
}

static void policy(struct rule_world *world, const char *version, uint64_t effective_at_ms,
                   const char *more)
{
    char json[500];

    snprintf(json, sizeof(json),
             "{\"policy\": {\"id\": \"pii\", \"version\": \"%s\"}, \"effective_at_ms\": %llu%s}",
             version, (unsigned long long)effective_at_ms, more);
    if (!rule_world_say(world, "ci", "policy-version", json))
        fail_msg("%s", rule_world_verdict(world));
}

static struct policy_place place_in(struct rule_world *world, enum environment environment)
{
    return (struct policy_place){rule_world_facts(world), bytes_of_text("acme"), environment};
}

static void assert_in_force(struct rule_world *world, uint64_t at_ms, const char *expected)
{
    struct policy_place place = place_in(world, ENVIRONMENT_PRODUCTION);
    struct policy_fact found;

    assert_int_equal(policy_in_force(&place, bytes_of_text("pii"), at_ms, &found),
                     expected != NULL);
    if (expected != NULL)
        assert_true(bytes_equal_text(found.version, expected));
}

/* At each instant the version logged last of those in effect holds, until it ends. */
static void policy_in_force_at_each_time(void **state)
{
    struct rule_world *world = new_world();

    (void)state;
    assert_in_force(world, NOW_MS, NULL);
    policy(world, "1", NOW_MS + 10, "");
    policy(world, "2", NOW_MS + 100, "");
    assert_in_force(world, NOW_MS + 9, NULL);
    assert_in_force(world, NOW_MS + 10, "1");
    assert_in_force(world, NOW_MS + 100, "2");
    policy(world, "3", NOW_MS + 50, ", \"ends_at_ms\": 1800000000200"); /* before 2 ever was */
    assert_in_force(world, NOW_MS + 49, "1");
    assert_in_force(world, NOW_MS + 50, "3");
    assert_in_force(world, NOW_MS + 100, "3");
    assert_in_force(world, NOW_MS + 200, NULL);
    rule_world_free(world);
}

/* A version tells for itself whether it is in force, and what replaced it. */
static void policy_get_replaced(void **state)
{
    struct rule_world *world = new_world();
    struct policy_place place = place_in(world, ENVIRONMENT_PRODUCTION);
    struct named_version memory = {0};
    struct policy_fact found;

    (void)state;
    policy(world, "1", NOW_MS, "");
    policy(world, "2", NOW_MS + 100, "");
    policy(world, "3", NOW_MS + 50, "");
    assert_true(policy_get(&place, named(&memory, "pii", "1"), &found));
    assert_int_equal(found.replaced_at_ms, NOW_MS + 50);
    assert_true(bytes_equal_text(found.replaced_by, "3"));
    assert_true(policy_is_in_force(&found, NOW_MS));
    assert_false(policy_is_in_force(&found, NOW_MS + 50));
    assert_true(policy_newest(&place, bytes_of_text("pii"), &found));
    assert_true(bytes_equal_text(found.version, "3"));
    assert_true(bytes_equal_text(found.before, "2"));
    named_cleanup(&memory);
    rule_world_free(world);
}

/* What is logged for tests does not change production; production's holds where there is none. */
static void policy_newest_by_environment(void **state)
{
    struct rule_world *world = new_world();
    struct policy_place production = place_in(world, ENVIRONMENT_PRODUCTION);
    struct policy_place test = place_in(world, ENVIRONMENT_TEST);
    struct policy_fact found;

    (void)state;
    policy(world, "1", NOW_MS, "");
    assert_true(policy_newest(&test, bytes_of_text("pii"), &found));
    assert_true(bytes_equal_text(found.version, "1"));
    policy(world, "2", NOW_MS, ", \"environment\": \"test\"");
    assert_true(policy_newest(&test, bytes_of_text("pii"), &found));
    assert_true(bytes_equal_text(found.version, "2"));
    assert_true(policy_newest(&production, bytes_of_text("pii"), &found));
    assert_true(bytes_equal_text(found.version, "1"));
    rule_world_free(world);
}

/* Parameters are read by name; what is absent has the value the caller names. */
static void policy_uint_by_name(void **state)
{
    struct rule_world *world = new_world();
    struct policy_place place = place_in(world, ENVIRONMENT_PRODUCTION);
    struct policy_fact found;

    (void)state;
    policy(world, "1", NOW_MS,
           ", \"kind\": \"approval-matrix\", \"parameters\": {\"quorum\": 2,"
           " \"role_quorum\": {\"steward\": 1}, \"multi_factor_required\": true}");
    assert_true(policy_newest(&place, bytes_of_text("pii"), &found));
    assert_true(policy_is_kind(&found, "approval-matrix"));
    assert_int_equal(policy_uint(&found, "quorum", 7), 2);
    assert_int_equal(policy_uint(&found, "token_lifetime_s", 7), 7);
    assert_int_equal(policy_uint(&found, "role_quorum", 7), 7);
    assert_true(policy_is_true(&found, "multi_factor_required"));
    assert_false(policy_is_true(&found, "quorum"));
    assert_int_equal(found.tier, GATE_BLOCK);
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_is_chain_author_until_published),
        cmocka_unit_test(version_current_follows_operations),
        cmocka_unit_test(contract_get_first),
        cmocka_unit_test(policy_in_force_at_each_time),
        cmocka_unit_test(policy_get_replaced),
        cmocka_unit_test(policy_newest_by_environment),
        cmocka_unit_test(policy_uint_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
