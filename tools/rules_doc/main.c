/* Prints docs/RULES.md: the admission rules, as the tables of the programs have them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schemas/rules/issuer_roles.h"
#include "schemas/rules/settings.h"
#include "schemas/rules/tables.h"
#include "schemas/rules/vocabulary.h"

/* The letters that names begin with, in the order of the document. */
static const struct {
    const char *letters;
    const char *title;
} families[] = {
    {"LM", "The log's own records"},
    {"G", "Every record"},
    {"ID", "Identities"},
    {"W", "Changes of workflows"},
    {"PO", "Policies and their evaluation"},
    {"RU", "Runs"},
    {"EX", "Events of a run"},
    {"M", "Manifests of runs"},
    {"AP", "Approvals"},
    {"O", "Overrides"},
    {"GG", "Grants of the gate"},
    {"DL", "Restoration, retention, erasure"},
    {"I", "Incidents"},
    {"V", "Access reviews"},
    {"SU", "Suppliers"},
    {"TR", "Tests"},
    {"CW", "Completeness"},
    {"X", "Corrections and exports"},
};

enum { FAMILY_COUNT = sizeof(families) / sizeof(families[0]) };

static bool is_in_family(const struct rule *rule, size_t family)
{
    size_t len = strlen(families[family].letters);

    return strncmp(rule->name, families[family].letters, len) == 0 && rule->name[len] >= '0' &&
           rule->name[len] <= '9';
}

static const char *severity_name(enum rule_severity severity)
{
    static const char *const names[] = {
        [RULE_REFUSES] = "refuses",
        [RULE_REFUSES_IN_STRICT] = "refuses, or flags in observe",
        [RULE_FLAGS] = "flags",
    };

    return names[severity];
}

static void print_types(uint32_t types)
{
    const char *separator = "";

    if (types == TYPES_ALL || types == (TYPES_ALL & ~TYPES_OF_LOG)) {
        printf(types == TYPES_ALL ? "all" : "all but the log's");
        return;
    }
    if (__builtin_popcount(types) > RECORD_TYPE_COUNT / 2) {
        printf("all but ");
        types = TYPES_ALL & ~types;
    }
    for (enum record_type type = 0; type < RECORD_TYPE_COUNT; type++) {
        if ((types & TYPE_BIT(type)) != 0) {
            printf("%s%s", separator,
                   type == RECORD_OTHER ? "users' own" : record_type_name(type));
            separator = ", ";
        }
    }
    printf("%s", separator[0] == 0 ? "none" : "");
}

static void print_rule(const struct rule *rule)
{
    printf("| %s | `%s` | %s | ", rule->name, rule->code, severity_name(rule->severity));
    print_types(rule->types);
    printf(" | %s |\n", rule->says);
}

static void print_family(size_t family)
{
    bool has_title = false;

    for (size_t i = 0; i < rule_count(); i++) {
        if (!is_in_family(rule_at(i), family))
            continue;
        if (!has_title)
            printf("\n## %s\n\n| Rule | Code | When broken | Records | What holds |\n"
                   "|---|---|---|---|---|\n",
                   families[family].title);
        has_title = true;
        print_rule(rule_at(i));
    }
}

/* Rules of no family would be missing from the document. */
static bool all_have_a_family(void)
{
    for (size_t i = 0; i < rule_count(); i++) {
        size_t family = 0;

        while (family < FAMILY_COUNT && !is_in_family(rule_at(i), family))
            family++;
        if (family == FAMILY_COUNT) {
            fprintf(stderr, "rules-doc: %s belongs to no family\n", rule_at(i)->name);
            return false;
        }
    }
    return true;
}

static void print_thresholds(void)
{
    printf("\n## Thresholds\n\nThe log's record \"admission-rules\" may set others.\n\n"
           "| Name | Default | What it is |\n|---|---|---|\n");
    for (enum threshold i = 0; i < THRESHOLD_COUNT; i++)
        printf("| `%s` | %" PRIu64 " | %s |\n", threshold_name(i), threshold_default(i),
               threshold_is(i));
}

static void print_roles(void)
{
    printf("\n## Roles of issuers\n\nRule G3. A role named like a type of users' own permits "
           "that type.\n\n| Role | Who that is | Records |\n|---|---|---|\n");
    for (size_t i = 0; i < issuer_role_count; i++) {
        printf("| `%s` | %s | ", issuer_roles[i].name, issuer_roles[i].is);
        print_types(issuer_roles[i].types);
        printf(" |\n");
    }
}

static void print_controls(void)
{
    printf("\n## Published controls\n\nRule G11. A tenant adds others as clauses of a policy of "
           "kind control-map.\n\n");
    for (size_t i = 0; i < control_range_count; i++) {
        const struct control_range *range = &control_ranges[i];

        printf("* `%s%" PRIu64 "`", range->prefix, range->first);
        if (range->last > range->first)
            printf(" to `%s%" PRIu64 "`", range->prefix, range->last);
        printf("\n");
    }
}

int main(void)
{
    if (!all_have_a_family())
        return 1;
    printf("# Admission rules\n\n"
           "Made by `tools/rules_doc` from the tables in `schemas/rules`; decision 0013 says how "
           "rules work.\n\n"
           "Form and schema (G1, G2) are checked before any of these. A rule that *refuses* keeps "
           "the statement\nout; the answer names rule, code, path, what was there and what would "
           "do. A rule that *flags* lets it\nin, and the seal of its commit carries the code for "
           "ever. A log with the profile `observe` flags\nwhere one with the profile `strict` "
           "refuses.\n");
    for (size_t family = 0; family < FAMILY_COUNT; family++)
        print_family(family);
    print_thresholds();
    print_roles();
    print_controls();
    return 0;
}
