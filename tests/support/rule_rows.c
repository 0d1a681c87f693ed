#include "tests/support/rule_rows.h"

#include <string.h>

#include "schemas/rules/tables.h"
#include "tests/support/cmocka_all.h"

static bool is_row(const struct rule_row *row, const struct rule *rule)
{
    return rule != NULL && strcmp(row->name, rule->name) == 0 && strcmp(row->code, rule->code) == 0;
}

static const struct rule *find_rule(const struct rule_row *row)
{
    for (size_t i = 0; i < rule_count(); i++) {
        if (is_row(row, rule_at(i)))
            return rule_at(i);
    }
    fail_msg("there is no rule %s %s", row->name, row->code);
    return NULL;
}

static struct rule_world *prepared(const struct rule_row *row, enum profile profile,
                                   struct rule_world *(*new_world)(enum profile profile))
{
    struct rule_world *world = new_world(profile);

    if (row->prepare != NULL)
        row->prepare(world);
    return world;
}

static void say_good(const struct rule_row *row,
                     struct rule_world *(*new_world)(enum profile profile))
{
    struct rule_world *world = prepared(row, PROFILE_STRICT, new_world);

    if (!rule_world_say(world, row->issuer, row->type, row->good) ||
        rule_world_is_flagged(world, row->name, row->code))
        fail_msg("%s %s: the good record: %s", row->name, row->code, rule_world_verdict(world));
    rule_world_free(world);
}

static void say_bad(const struct rule_row *row, enum profile profile, bool refuses,
                    struct rule_world *(*new_world)(enum profile profile))
{
    struct rule_world *world = prepared(row, profile, new_world);

    if (rule_world_say(world, row->issuer, row->type, row->bad) == refuses)
        fail_msg("%s %s: the bad record: \"%s\"", row->name, row->code,
                 rule_world_verdict(world));
    if (refuses)
        rule_world_assert_refused(world, row->name, row->code, row->path);
    else if (!rule_world_is_flagged(world, row->name, row->code))
        fail_msg("%s %s: the bad record: %s", row->name, row->code, rule_world_verdict(world));
    rule_world_free(world);
}

static void say_bad_without(const struct rule_row *row,
                            struct rule_world *(*new_world)(enum profile profile))
{
    struct rule_world *world = prepared(row, PROFILE_STRICT, new_world);

    rule_world_leave_out(world, row->name, row->code);
    rule_world_say(world, row->issuer, row->type, row->bad);
    if (rule_world_is_refused_by(world, row->name, row->code) ||
        rule_world_is_flagged(world, row->name, row->code))
        fail_msg("%s %s: left out, yet: %s", row->name, row->code, rule_world_verdict(world));
    rule_world_free(world);
}

void rule_rows_check(const struct rule_row *rows, size_t count,
                     struct rule_world *(*new_world)(enum profile profile))
{
    for (size_t i = 0; i < count; i++) {
        enum rule_severity severity = find_rule(&rows[i])->severity;

        say_good(&rows[i], new_world);
        say_bad(&rows[i], PROFILE_STRICT, severity != RULE_FLAGS, new_world);
        say_bad(&rows[i], PROFILE_OBSERVE, severity == RULE_REFUSES, new_world);
        say_bad_without(&rows[i], new_world);
    }
}

void rule_rows_check_complete(const struct rule_row *rows, size_t count, const struct rule *rules,
                              size_t rule_count)
{
    for (size_t i = 0; i < rule_count; i++) {
        size_t j = 0;

        while (j < count && !is_row(&rows[j], &rules[i]))
            j++;
        if (j == count)
            fail_msg("no case for %s %s", rules[i].name, rules[i].code);
    }
}
