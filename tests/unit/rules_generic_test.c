/* The rules for every record, each holding and broken. */
#include "schemas/rules/tables.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/rule_world.h"

static struct rule_world *strict_world(void)
{
    struct rule_world *world = rule_world_new(PROFILE_STRICT);

    rule_world_issuer(world, "ci", "tester");
    return world;
}

/* A plain record by an issuer with the role for it is admitted without a flag. */
static void generic_admitted(void **state)
{
    struct rule_world *world = strict_world();

    (void)state;
    assert_true(rule_world_say(world, "ci", "test-result", "{}"));
    assert_string_equal(rule_world_verdict(world), "");
    rule_world_free(world);
}

/* G1: a statement whose records before this one have more flags than a seal holds. */
static void too_many_flags_refused(void **state)
{
    struct rule_finding finding = {0};
    struct rule_context context = {.flag_count = 7000, .finding = &finding};
    const struct rule *rule = NULL;

    (void)state;
    for (size_t i = 0; i < rule_count(); i++) {
        if (strcmp(rule_at(i)->code, "too-many-flags") == 0)
            rule = rule_at(i);
    }
    assert_non_null(rule);
    assert_true(rule->check(&context));
    context.flag_count++;
    assert_false(rule->check(&context));
    assert_string_equal(finding.have, "more flags than a seal can hold");
}

/* rule_number is the place of a rule in the tables. */
static void rule_number_of_every_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < rule_count(); i++)
        assert_int_equal(rule_number(rule_at(i)), i);
}

/* LM1: nobody but the log writes the log's records. */
static void log_key_refused(void **state)
{
    struct rule_world *world = strict_world();

    (void)state;
    assert_false(rule_world_say(world, "ci", "log-metadata", "{}"));
    rule_world_assert_refused(world, "LM1", "log-key", "/type");
    rule_world_free(world);
}

/* LM1: the log writes nobody else's records. */
static void log_key_of_log_refused(void **state)
{
    struct rule_world *world = strict_world();

    (void)state;
    assert_false(rule_world_say(world, NULL, "test-result", "{}"));
    rule_world_assert_refused(world, "LM1", "log-key", "/type");
    rule_world_free(world);
}

/* G3: a key that nobody registered, and one that was revoked: from the next entry on. */
static void signature_key_refused(void **state)
{
    struct rule_world *world = strict_world();

    (void)state;
    rule_world_issuer(world, "idp", "identity-provider,admin");
    assert_false(rule_world_say(world, "stranger", "test-result", "{}"));
    rule_world_assert_refused(world, "G3", "signature-key", "");
    assert_true(rule_world_say(world, "ci", "test-result", "{}"));
    assert_true(rule_world_say(world, "idp", "identity",
                               "{\"operation\": \"suspend\","
                               " \"principal\": {\"kind\": \"service\", \"id\": \"ci\"}}"));
    assert_false(rule_world_say(world, "ci", "test-result", "{}"));
    rule_world_assert_refused(world, "G3", "signature-key", "");
    rule_world_free(world);
}

/* G3: without a role for this type. */
static void issuer_role_refused(void **state)
{
    struct rule_world *world = strict_world();

    (void)state;
    assert_false(rule_world_say(world, "ci", "identity", "{}"));
    rule_world_assert_refused(world, "G3", "issuer-role", "/type");
    rule_world_free(world);
}

/* G3: a role granted counts from the next entry, one revoked no longer does. */
static void issuer_role_follows_identity(void **state)
{
    struct rule_world *world = strict_world();

    (void)state;
    rule_world_issuer(world, "idp", "identity-provider,admin");
    assert_true(rule_world_say(world, "idp", "identity",
                               "{\"operation\": \"grant\", \"roles\": [\"incident-manager\"],"
                               " \"principal\": {\"kind\": \"service\", \"id\": \"ci\"}}"));
    assert_true(rule_world_say(world, "idp", "identity",
                               "{\"operation\": \"revoke\", \"roles\": [\"tester\"],"
                               " \"principal\": {\"kind\": \"service\", \"id\": \"ci\"}}"));
    assert_false(rule_world_say(world, "ci", "test-result", "{}"));
    rule_world_assert_refused(world, "G3", "issuer-role", "/type");
    rule_world_free(world);
}

/* What a principal was at an earlier index can be had after any number of changes. */
static void principal_get_at_history(void **state)
{
    struct rule_world *world = strict_world();
    uint64_t begins[20];
    char json[200];

    (void)state;
    rule_world_issuer(world, "idp", "identity-provider");
    for (unsigned i = 0; i < 20; i++) {
        begins[i] = rule_world_size(world) + 1;
        snprintf(json, sizeof(json),
                 "{\"operation\": \"grant\", \"roles\": [\"r%u\"],"
                 " \"principal\": {\"kind\": \"human\", \"id\": \"usr\"}}", i);
        assert_true(rule_world_say(world, "idp", "identity", json));
    }
    for (unsigned i = 0; i < 20; i++) {
        struct principal then;
        char role[8];

        snprintf(role, sizeof(role), "r%u", i);
        assert_true(principal_get_at(rule_world_facts(world), bytes_of_text("usr"), begins[i],
                                     &then));
        assert_true(principal_has_role(&then, role));
        assert_int_equal(principal_get_at(rule_world_facts(world), bytes_of_text("usr"),
                                          begins[i] - 1, &then), i > 0);
        if (i > 0)
            assert_false(principal_has_role(&then, role));
    }
    rule_world_free(world);
}

/* G4: the next number holds; one beyond it is refused, or flagged where the profile observes. */
static void sequence_gap(void **state)
{
    struct rule_world *world = strict_world();
    struct rule_world *observing = rule_world_new(PROFILE_OBSERVE);

    (void)state;
    assert_true(rule_world_say(world, "ci", "test-result", "{\"sequence_number\": 0}"));
    assert_false(rule_world_say(world, "ci", "test-result", "{\"sequence_number\": 2}"));
    rule_world_assert_refused(world, "G4", "seq-gap", "/sequence_number");
    assert_true(rule_world_say(world, "ci", "test-result",
                               "{\"sequence_number\": 0, \"stream\": \"other\"}"));
    rule_world_issuer(observing, "ci", "tester");
    assert_true(rule_world_say(observing, "ci", "test-result", "{\"sequence_number\": 2}"));
    assert_true(rule_world_is_flagged(observing, "G4", "seq-gap"));
    assert_true(rule_world_say(observing, "ci", "test-result", "{\"sequence_number\": 3}"));
    assert_string_equal(rule_world_verdict(observing), "");
    rule_world_free(world);
    rule_world_free(observing);
}

/* G4: a number is not used twice, whatever the profile. */
static void sequence_reuse_refused(void **state)
{
    struct rule_world *world = rule_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_issuer(world, "ci", "tester");
    assert_true(rule_world_say(world, "ci", "test-result", "{\"sequence_number\": 0}"));
    assert_false(rule_world_say(world, "ci", "test-result", "{\"sequence_number\": 0}"));
    rule_world_assert_refused(world, "G4", "seq-reuse", "/sequence_number");
    rule_world_free(world);
}

/* G5, G6: ids and idempotency keys stand for one record. */
static void conflicts_refused(void **state)
{
    struct rule_world *world = strict_world();

    (void)state;
    assert_true(rule_world_say(world, "ci", "test-result", "{\"idempotency_key\": \"k\"}"));
    rule_world_name(world, "first");
    assert_false(rule_world_say(world, "ci", "test-result", "{\"record_id\": \"@first/id\"}"));
    rule_world_assert_refused(world, "G5", "id-conflict", "/record_id");
    assert_false(rule_world_say(world, "ci", "test-result", "{\"idempotency_key\": \"k\"}"));
    rule_world_assert_refused(world, "G6", "idem-conflict", "/idempotency_key");
    rule_world_free(world);
}

static void only_for_other(struct rule_world *world)
{
    rule_world_issuer_of(world, "guest", "tester", "other");
}

static void suspend_ci(struct rule_world *world)
{
    rule_world_issuer(world, "idp", "identity-provider,admin");
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"suspend\","
                    " \"principal\": {\"kind\": \"service\", \"id\": \"ci\"}}");
}

static void say_first(struct rule_world *world)
{
    rule_world_must(world, "ci", "test-result", "{\"idempotency_key\": \"k\"}");
    rule_world_name(world, "first");
}

static const struct {
    const char *name;
    const char *code;
    const char *issuer;
    const char *type;
    const char *bad;
    void (*prepare)(struct rule_world *world);
} rows[] = {
    {"LM1", "log-key", "ci", "log-metadata", "{}", NULL},
    {"G3", "signature-key", "ci", "test-result", "{}", suspend_ci},
    {"G3", "issuer-role", "ci", "identity", "{}", NULL},
    {"G3", "issuer-tenant", "guest", "test-result", "{}", only_for_other},
    {"G4", "seq-gap", "ci", "test-result", "{\"sequence_number\": 2}", say_first},
    {"G4", "seq-reuse", "ci", "test-result", "{\"sequence_number\": 0}", say_first},
    {"G5", "id-conflict", "ci", "test-result", "{\"record_id\": \"@first/id\"}", say_first},
    {"G6", "idem-conflict", "ci", "test-result", "{\"idempotency_key\": \"k\"}", say_first},
};

/* What a row refuses, no other row refuses for the same reason: without it nobody does. */
static void generic_rows_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int leaving_out = 0; leaving_out < 2; leaving_out++) {
            struct rule_world *world = strict_world();

            if (rows[i].prepare != NULL)
                rows[i].prepare(world);
            if (leaving_out == 1)
                rule_world_leave_out(world, rows[i].name, rows[i].code);
            rule_world_say(world, rows[i].issuer, rows[i].type, rows[i].bad);
            if (rule_world_is_refused_by(world, rows[i].name, rows[i].code) == leaving_out)
                fail_msg("%s %s: %s", rows[i].name, rows[i].code, rule_world_verdict(world));
            rule_world_free(world);
        }
    }
}

/* G3: an issuer that is trusted for one tenant writes for that one alone. */
static void issuer_tenant_refused(void **state)
{
    struct rule_world *world = strict_world();

    (void)state;
    only_for_other(world);
    rule_world_must(world, "guest", "test-result", "{\"tenant\": \"other\"}");
    assert_false(rule_world_say(world, "guest", "test-result", "{}"));
    rule_world_assert_refused(world, "G3", "issuer-tenant", "/tenant");
    rule_world_free(world);
}

/* A statement is admitted whole or not at all: the records before a refused one leave nothing. */
static void admission_decide_atomic(void **state)
{
    struct rule_world *world = strict_world();

    (void)state;
    rule_world_add(world, "ci", "test-result", "{}");
    rule_world_add(world, "ci", "test-result", "{\"sequence_number\": 9}");
    assert_false(rule_world_submit(world, "ci"));
    rule_world_assert_refused(world, "G4", "seq-gap", "/1/sequence_number");
    assert_true(rule_world_say(world, "ci", "test-result", "{\"sequence_number\": 0}"));
    rule_world_free(world);
}

/* Every row is complete, and no two have the same name and code. */
static void rule_table_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < rule_count(); i++) {
        const struct rule *rule = rule_at(i);

        assert_non_null(rule->check);
        assert_int_equal(rule->types & ~TYPES_ALL, 0);
        assert_int_not_equal(rule->types, 0);
        assert_int_equal(rule->says[strlen(rule->says) - 1], '.');
        for (size_t j = 0; j < i; j++)
            assert_false(strcmp(rule->name, rule_at(j)->name) == 0 &&
                         strcmp(rule->code, rule_at(j)->code) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generic_admitted),
        cmocka_unit_test(too_many_flags_refused),
        cmocka_unit_test(rule_number_of_every_rule),
        cmocka_unit_test(log_key_refused),
        cmocka_unit_test(log_key_of_log_refused),
        cmocka_unit_test(signature_key_refused),
        cmocka_unit_test(issuer_role_refused),
        cmocka_unit_test(issuer_role_follows_identity),
        cmocka_unit_test(principal_get_at_history),
        cmocka_unit_test(sequence_gap),
        cmocka_unit_test(sequence_reuse_refused),
        cmocka_unit_test(conflicts_refused),
        cmocka_unit_test(generic_rows_left_out),
        cmocka_unit_test(issuer_tenant_refused),
        cmocka_unit_test(admission_decide_atomic),
        cmocka_unit_test(rule_table_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
