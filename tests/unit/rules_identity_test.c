/* The rules for keys, roles and admins, each holding and broken. */
#include "schemas/rules/families.h"

#include "schemas/rules/oversight_facts.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* COSE keys: Ed25519, 32 bytes that are all 1 or all 2. */
#define KEY_1 "owEBIAYhWCABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
#define KEY_2 "owEBIAYhWCACAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
#define NO_KEY "owEBIAYhWCAC"

#define ABOUT(kind, id) "\"principal\": {\"kind\": \"" kind "\", \"id\": \"" id "\"}"
#define HAS_KEY(key) ", \"cose_key\": \"" key "\""
#define ROLES(role) ", \"roles\": [\"" role "\"]"
#define SAYS(operation, about, more) "{\"operation\": \"" operation "\", " about more "}"

static struct rule_world *new_world(enum profile profile)
{
    struct rule_world *world = rule_world_new(profile);

    rule_world_issuer(world, "root", "admin");
    rule_world_issuer(world, "idp", "identity-provider");
    rule_world_issuer(world, "ci", "tester");
    return world;
}

static void register_key(struct rule_world *world)
{
    rule_world_must(world, "idp", "identity",
                    SAYS("register", ABOUT("service", "svc_1"), HAS_KEY(KEY_1)));
}

static void register_human(struct rule_world *world)
{
    rule_world_must(world, "idp", "identity", SAYS("register", ABOUT("human", "usr_1"), ""));
}

static const struct rule_row rows[] = {
    {"ID1", "key-invalid", "idp", "identity",
     SAYS("register", ABOUT("service", "svc_1"), HAS_KEY(KEY_1)),
     SAYS("register", ABOUT("service", "svc_1"), HAS_KEY(NO_KEY)), "/cose_key", NULL},
    {"ID1", "key-known", "idp", "identity",
     SAYS("register", ABOUT("service", "svc_2"), HAS_KEY(KEY_2)),
     SAYS("register", ABOUT("service", "svc_2"), HAS_KEY(KEY_1)), "/cose_key", register_key},
    {"ID2", "last-admin", "root", "identity", SAYS("suspend", ABOUT("service", "ci"), ""),
     SAYS("suspend", ABOUT("service", "root"), ""), "/principal/id", NULL},
    {"ID3", "role-authority", "idp", "identity",
     SAYS("grant", ABOUT("human", "usr_1"), ROLES("approver")),
     SAYS("grant", ABOUT("human", "usr_1"), ROLES("engine")), "/roles", NULL},
    {"ID3", "key-authority", "idp", "identity",
     SAYS("rotate-key", ABOUT("service", "idp"), HAS_KEY(KEY_2)),
     SAYS("rotate-key", ABOUT("service", "ci"), HAS_KEY(KEY_2)), "/principal/id", NULL},
    {"ID4", "self-grant", "idp", "identity",
     SAYS("grant", ABOUT("human", "usr_1"), ROLES("approver")),
     SAYS("grant", ABOUT("human", "usr_1"), ROLES("approver") ", \"actor\": {\"kind\": \"human\","
                                                              " \"id\": \"usr_1\"}"),
     "/actor/id", NULL},
    {"ID5", "kind-changed", "idp", "identity", SAYS("grant", ABOUT("human", "usr_1"), ""),
     SAYS("grant", ABOUT("agent", "usr_1"), ""), "/principal/kind", register_human},
};

/* Every rule lets the good record pass and objects to the bad one; of the first there is a test of its
 * own below. */
static void rules_identity_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), new_world);
    rule_rows_check_complete(rows, COUNT(rows), rules_identity + 1, rules_identity_count - 1);
}

static void assert_refused(struct rule_world *world, const char *issuer, const char *json,
                           const char *rule, const char *code)
{
    assert_false(rule_world_say(world, issuer, "identity", json));
    rule_world_assert_refused(world, rule, code, NULL);
}

/* LM1: entry 0 says which rules there are; without the row anything could stand there. */
static void first_entry_is_rules(void **state)
{
    for (int leaving_out = 0; leaving_out < 2; leaving_out++) {
        struct rule_world *world = rule_world_new_empty();

        (void)state;
        if (leaving_out == 1)
            rule_world_leave_out(world, "LM1", "first-entry");
        assert_int_equal(rule_world_say(world, NULL, "log-metadata",
                                        "{\"operation\": \"retention\"}"),
                         leaving_out);
        if (leaving_out == 0) {
            rule_world_assert_refused(world, "LM1", "first-entry", "/type");
            rule_world_must(world, NULL, "log-metadata", "{}");
            rule_world_must(world, NULL, "log-metadata", "{\"operation\": \"retention\"}");
        }
        rule_world_free(world);
    }
}

/* ID1: a key that was rotated away never comes back, not even for its owner. */
static void key_comes_back(void **state)
{
    struct rule_world *world = new_world(PROFILE_OBSERVE);

    (void)state;
    register_key(world);
    assert_refused(world, "idp", SAYS("rotate-key", ABOUT("service", "svc_1"), HAS_KEY(KEY_1)),
                   "ID1", "key-known");
    rule_world_must(world, "idp", "identity",
                    SAYS("rotate-key", ABOUT("service", "svc_1"), HAS_KEY(KEY_2)));
    assert_refused(world, "idp", SAYS("rotate-key", ABOUT("service", "svc_1"), HAS_KEY(KEY_1)),
                   "ID1", "key-known");
    rule_world_free(world);
}

/* ID1: the log's own anchors are held to it as well. */
static void key_of_anchor(void **state)
{
    struct rule_world *world = new_world(PROFILE_OBSERVE);

    (void)state;
    register_key(world);
    assert_false(rule_world_say(world, NULL, "log-metadata",
                                "{\"operation\": \"trust-anchor\", \"admission_rules\": null,"
                                " \"trusted_issuer\": {\"iss\": \"other\", \"roles\": [\"engine\"],"
                                " \"cose_key\": \"" KEY_1 "\"}}"));
    rule_world_assert_refused(world, "ID1", "key-known", NULL);
    rule_world_free(world);
}

/* ID2: every way to end the last admin is refused; with a second one it is not the last. */
static void last_admin_ways(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    assert_refused(world, "root", SAYS("revoke", ABOUT("service", "root"), ""), "ID2",
                   "last-admin");
    assert_refused(world, "root", SAYS("revoke", ABOUT("service", "root"), ROLES("admin")), "ID2",
                   "last-admin");
    rule_world_must(world, "root", "identity",
                    SAYS("revoke", ABOUT("service", "root"), ROLES("other")));
    rule_world_must(world, "root", "identity",
                    SAYS("grant", ABOUT("service", "ci"), ROLES("admin")));
    assert_int_equal(admins_get(rule_world_facts(world)).data[0], 0x82);
    rule_world_must(world, "root", "identity", SAYS("suspend", ABOUT("service", "root"), ""));
    assert_refused(world, "ci", SAYS("suspend", ABOUT("service", "ci"), ""), "ID2", "last-admin");
    rule_world_free(world);
}

/* ID3: an identity provider cannot bring back, suspend or take over what writes records. */
static void key_authority_ways(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    assert_refused(world, "idp", SAYS("suspend", ABOUT("service", "ci"), ""), "ID3",
                   "key-authority");
    assert_refused(world, "idp", SAYS("grant", ABOUT("service", "ci"), HAS_KEY(KEY_2)), "ID3",
                   "key-authority");
    rule_world_must(world, "root", "identity", SAYS("suspend", ABOUT("service", "ci"), ""));
    assert_refused(world, "idp", SAYS("register", ABOUT("service", "ci"), ""), "ID3",
                   "key-authority");
    rule_world_must(world, "root", "identity",
                    SAYS("register", ABOUT("service", "ci"), HAS_KEY(KEY_2)));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_identity_rows), cmocka_unit_test(first_entry_is_rules),
        cmocka_unit_test(key_comes_back),      cmocka_unit_test(key_of_anchor),
        cmocka_unit_test(last_admin_ways),     cmocka_unit_test(key_authority_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
