#include "tests/support/rule_scenarios.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"

struct family {
    const struct rule_scenarios *scenarios;
    const struct rule *rules;
    size_t rule_count;
};

/* What a test is handed as its state. */
struct scenario_state {
    const struct rule_scenario *row;
    const struct family *family;
};

static const struct rule *find_rule(const struct scenario_state *state)
{
    for (size_t i = 0; i < state->family->rule_count; i++) {
        const struct rule *rule = &state->family->rules[i];

        if (strcmp(rule->name, state->row->rule) == 0 && strcmp(rule->code, state->row->code) == 0)
            return rule;
    }
    fail_msg("there is no rule %s %s", state->row->rule, state->row->code);
    return NULL;
}

static void tell(struct rule_world *world, const struct rule_step *step)
{
    if (!rule_world_say(world, step->issuer, step->type, step->json))
        fail_msg("%s: %s", step->json, rule_world_verdict(world));
    if (step->name != NULL)
        rule_world_name(world, step->name);
}

static struct rule_world *begin(const struct scenario_state *state, enum profile profile)
{
    static const struct rule_step strict = {NULL, "log-metadata", "{\"profile\": \"strict\"}",
                                            NULL};
    struct rule_world *world = rule_world_new(PROFILE_OBSERVE);

    if (state->family->scenarios->prepare != NULL)
        state->family->scenarios->prepare(world);
    for (const struct rule_step *step = state->row->steps; step != NULL && step->type != NULL;
         step++)
        tell(world, step);
    if (profile == PROFILE_STRICT)
        tell(world, &strict);
    return world;
}

/* Whether the record is refused or flagged by the rule. */
static bool notices(struct rule_world *world, const struct rule_scenario *row, const char *json)
{
    bool admitted = rule_world_say(world, row->issuer, row->type, json);

    if (!admitted && !rule_world_is_refused_by(world, row->rule, row->code))
        fail_msg("%s: refused by another rule: %s", json, rule_world_verdict(world));
    return !admitted || rule_world_is_flagged(world, row->rule, row->code);
}

static void check_broken(const struct scenario_state *state, enum profile profile)
{
    struct rule_world *world = begin(state, profile);
    enum rule_severity severity = find_rule(state)->severity;
    bool refuses = severity == RULE_REFUSES ||
                   (severity == RULE_REFUSES_IN_STRICT && profile == PROFILE_STRICT);

    if (!notices(world, state->row, state->row->broken) ||
        rule_world_is_refused_by(world, state->row->rule, state->row->code) != refuses)
        fail_msg("%s: \"%s\"", state->row->says, rule_world_verdict(world));
    rule_world_free(world);
}

static void broken(void **state)
{
    check_broken(*state, PROFILE_STRICT);
    check_broken(*state, PROFILE_OBSERVE);
}

static void kept(void **state)
{
    const struct scenario_state *scenario = *state;
    struct rule_world *world = begin(scenario, PROFILE_STRICT);

    if (notices(world, scenario->row, scenario->row->kept))
        fail_msg("%s: \"%s\"", scenario->row->says, rule_world_verdict(world));
    rule_world_free(world);
}

static void left_out(void **state)
{
    const struct scenario_state *scenario = *state;
    const struct rule_scenario *row = scenario->row;
    struct rule_world *world = begin(scenario, PROFILE_STRICT);

    rule_world_leave_out(world, row->rule, row->code);
    if (notices(world, row, row->broken))
        fail_msg("%s: \"%s\"", row->says, rule_world_verdict(world));
    rule_world_free(world);
}

static bool has_scenario(const struct family *family, const struct rule *rule)
{
    for (size_t i = 0; i < family->scenarios->count; i++) {
        const struct rule_scenario *row = &family->scenarios->rows[i];

        if (strcmp(row->rule, rule->name) == 0 && strcmp(row->code, rule->code) == 0)
            return true;
    }
    return false;
}

static void every_rule_has_a_scenario(void **state)
{
    const struct family *family = *state;

    for (size_t i = 0; i < family->rule_count; i++) {
        if (!has_scenario(family, &family->rules[i]))
            fail_msg("%s %s", family->rules[i].name, family->rules[i].code);
    }
}

static const struct {
    const char *name;
    CMUnitTestFunction test;
} kinds[] = {{"broken", broken}, {"kept", kept}, {"left out", left_out}};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

int rule_scenarios_run(const struct rule_scenarios *scenarios, const struct rule *rules,
                       size_t rule_count)
{
    struct family family = {scenarios, rules, rule_count};
    size_t count = scenarios->count * KINDS + 1;
    struct CMUnitTest *tests = mem_alloc_array(count, sizeof(*tests));
    struct scenario_state *states = mem_alloc_array(scenarios->count, sizeof(*states));
    int failed;

    tests[0] = (struct CMUnitTest){.name = "every rule has a scenario",
                                   .test_func = every_rule_has_a_scenario,
                                   .initial_state = &family};
    for (size_t i = 1; i < count; i++) {
        size_t row = (i - 1) / KINDS;
        size_t kind = (i - 1) % KINDS;

        states[row] = (struct scenario_state){&scenarios->rows[row], &family};
        tests[i] = (struct CMUnitTest){
            .name = mem_format("%s %s %s", scenarios->rows[row].rule, scenarios->rows[row].code,
                               kinds[kind].name),
            .test_func = kinds[kind].test,
            .initial_state = &states[row]};
    }
    failed = _cmocka_run_group_tests("rules", tests, count, NULL, NULL);
    for (size_t i = 1; i < count; i++)
        free((char *)(uintptr_t)tests[i].name);
    free(states);
    free(tests);
    return failed;
}
