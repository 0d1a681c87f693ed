/*
 * Scenarios of admission rules, one a row of a rule table: a short history, a record that breaks
 * the rule and one that keeps it. Each makes three tests: "NAME CODE broken" (refused or flagged as
 * the row's severity wants it in each profile), "NAME CODE kept", and "NAME CODE left out", which
 * shows that without the row nobody notices. The history is told under the profile observe.
 */
#ifndef VOUCH_TESTS_SUPPORT_RULE_SCENARIOS_H
#define VOUCH_TESTS_SUPPORT_RULE_SCENARIOS_H

#include "tests/support/rule_world.h"

/* One statement, JSON as in rule_world_say; it must be admitted. issuer NULL: the log. */
struct rule_step {
    const char *issuer;
    const char *type;
    const char *json;
    const char *name; /* for "@name" in later steps, or NULL */
};

struct rule_scenario {
    const char *rule;
    const char *code;
    const char *says; /* what must be true, for who reads the test */
    const struct rule_step *steps; /* RULE_STEPS(...), or NULL */
    const char *issuer;
    const char *type;
    const char *broken;
    const char *kept;
};

#define RULE_STEPS(...) ((const struct rule_step[]){__VA_ARGS__, {NULL, NULL, NULL, NULL}})

/* A family's scenarios. prepare, which may be NULL, comes before each: issuers, workflows. */
struct rule_scenarios {
    const struct rule_scenario *rows;
    size_t count;
    void (*prepare)(struct rule_world *world);
};

/*
 * Runs them all, and one test more: that every rule of the table has a scenario here. Returns how
 * many failed.
 */
int rule_scenarios_run(const struct rule_scenarios *scenarios, const struct rule *rules,
                       size_t rule_count);

#endif
