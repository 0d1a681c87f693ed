/* The rules for versions of policies. */
#include "schemas/rules/families.h"

#include <inttypes.h>
#include <stdio.h>

#include "schemas/rules/name_table.h"
#include "schemas/rules/object_approval.h"
#include "schemas/rules/policy_facts.h"
#include "schemas/rules/test_facts.h"
#include "schemas/rules/version_facts.h"

enum {
    TOKEN_LIFETIME_MAX_S = 86400,
    THRESHOLD_APPROVALS_MIN = 2, /* of a policy that approves by itself */
};

static const struct field *parameter(const struct rule_context *context, const char *name)
{
    return field_get(field_get(context->record, "parameters"), name);
}

static bool is_kind(const struct rule_context *context, const char *kind)
{
    return field_is_text(field_get(context->record, "kind"), kind);
}

static bool is_in_production(const struct rule_context *context)
{
    return environment_of(field_get(context->record, "environment")) == ENVIRONMENT_PRODUCTION;
}

/* ---- PO1, PO2, PO3 ---- */

static bool check_version_reuse(const struct rule_context *context)
{
    const struct field *policy = field_get(context->record, "policy");
    struct policy_place place = policy_place_of(context);
    struct policy_fact known;

    return !policy_get(&place, policy, &known) || known.environment != place.environment ||
           rule_broken_at(context, "/policy/version", field_get(policy, "version"),
                          "a version this policy has not had; that one is in entry %" PRIu64,
                          known.index);
}

/* Each environment has its own line of versions. */
static bool check_successor(const struct rule_context *context)
{
    const struct field *replaces = field_get(context->record, "replaces");
    const struct field *version = field_get(replaces, "version");
    struct bytes id = field_text(field_at(context->record, "policy.id"));
    struct policy_place place = policy_place_of(context);
    struct policy_fact newest;

    if (!policy_newest(&place, id, &newest) || newest.environment != place.environment) {
        return replaces == NULL || !is_in_production(context) ||
               rule_broken_at(context, "/replaces", version, "nothing: it is the first version");
    }
    if (bytes_equal(field_text(version), newest.version) &&
        bytes_equal(field_text(field_get(replaces, "id")), id))
        return true;
    return rule_broken_at(context, "/replaces/version", version, "%.*s",
                          (int)newest.version.len, (const char *)newest.version.data);
}

static bool check_retroactive(const struct rule_context *context)
{
    const struct field *effective = field_get(context->record, "effective_at_ms");
    uint64_t received_at_ms = context->statement->received_at_ms;
    uint64_t clocks_ms = context->settings->thresholds[THRESHOLD_FUTURE_MS];
    uint64_t earliest = received_at_ms > clocks_ms ? received_at_ms - clocks_ms : 0;

    return field_uint(effective, 0) >= earliest ||
           rule_broken_at(context, "/effective_at_ms", effective, "at least %" PRIu64, earliest);
}

/* ---- PO4, and the approvals of PO7 ---- */

static struct bytes policy_digest(const struct rule_context *context)
{
    const struct field *content = field_at(context->record, "policy.content.digest");

    return field_bytes(content != NULL ? content
                                       : field_at(context->record, "executable_form.digest"));
}

/* The actor, whom it acts for, and the authors of changes of this version as a policy-bundle. */
static bool is_author(const void *asked_by, struct bytes who)
{
    const struct rule_context *context = asked_by;
    struct version_fact version = {0};

    version_get(context->facts, rule_tenant(context), bytes_of_text("policy-bundle"),
                field_get(context->record, "policy"), &version);
    return bytes_equal(field_text(field_at(context->record, "actor.id")), who) ||
           bytes_equal(field_text(field_at(context->record, "actor.on_behalf_of")), who) ||
           version_is_chain_author(&version, who);
}

static uint64_t approvals_by_stewards(const struct rule_context *context)
{
    struct object_question question = {
        .context = context,
        .subject_kind = "policy-version",
        .object = field_get(context->record, "policy"),
        .digest = policy_digest(context),
        .environment = ENVIRONMENT_PRODUCTION,
        .unexpired = true,
        .role = "steward",
        .is_author = is_author,
        .authors = context,
    };

    return object_approvals(&question);
}

/* A request for approval needs an approval-matrix, so the first one cannot have any. */
static bool is_first_matrix(const struct rule_context *context)
{
    return is_kind(context, "approval-matrix") &&
           !policy_has_matrix(context->facts, rule_tenant(context));
}

static bool broken_by_approvals(const struct rule_context *context, uint64_t have, uint64_t want)
{
    char have_text[32];
    char want_text[128];

    snprintf(have_text, sizeof(have_text), "%" PRIu64, have);
    snprintf(want_text, sizeof(want_text),
             "%" PRIu64 " approvals of this content by stewards, none by an author", want);
    return rule_broken(context, "/approvals", have_text, want_text);
}

static bool check_approved(const struct rule_context *context)
{
    uint64_t want = context->settings->thresholds[THRESHOLD_PUBLISH_QUORUM];
    uint64_t have;

    if (!is_in_production(context) || is_first_matrix(context))
        return true;
    have = approvals_by_stewards(context);
    return have >= want || broken_by_approvals(context, have, want);
}

static bool check_first_matrix(const struct rule_context *context)
{
    return !is_in_production(context) || !is_first_matrix(context) ||
           rule_broken(context, "/kind", "approval-matrix", "one approved under another");
}

static bool check_tested(const struct rule_context *context)
{
    struct bytes testers;

    return !is_in_production(context) ||
           test_passed(context->facts, rule_tenant(context), policy_digest(context), true,
                       &testers) ||
           rule_broken(context, "/test_results", "no policy-test of this content that passed",
                       "a test-result of kind policy-test with this content as its subject");
}

/* ---- PO5 ---- */

/* That the text itself is there can be asked once attachments are kept. */
static bool check_clauses(const struct rule_context *context)
{
    const struct field *clauses = field_get(context->record, "clauses");
    struct name_table ids = {0};
    const struct field *id = NULL;
    bool is_new = true;

    for (const struct field *clause = field_first(clauses); clause != NULL && is_new;
         clause = field_next(clauses, clause)) {
        id = field_get(clause, "clause_id");
        name_table_add(&ids, field_text(id), &is_new);
    }
    name_table_cleanup(&ids);
    return is_new || rule_broken_at(context, "/clauses", id, "every clause_id once");
}

/* ---- PO6 ---- */

static bool broken_parameter(const struct rule_context *context, const char *name,
                             const char *want)
{
    char path[64];

    snprintf(path, sizeof(path), "/parameters/%s", name);
    return rule_broken_at(context, path, parameter(context, name), "%s", want);
}

static bool check_matrix(const struct rule_context *context)
{
    uint64_t quorum = field_uint(parameter(context, "quorum"), 0);

    if (!is_kind(context, "approval-matrix"))
        return true;
    if (quorum < 1 || quorum > APPROVAL_QUORUM_MAX)
        return broken_parameter(context, "quorum", "1 to 16");
    if (field_count(parameter(context, "role_quorum")) == 0)
        return broken_parameter(context, "role_quorum", "the roles approvers must hold");
    if (field_uint(parameter(context, "token_lifetime_s"), UINT64_MAX) > TOKEN_LIFETIME_MAX_S)
        return broken_parameter(context, "token_lifetime_s", "at most 86400");
    if (parameter(context, "request_lifetime_s") == NULL)
        return broken_parameter(context, "request_lifetime_s", "how long a request stays open");
    return parameter(context, "multi_factor_required") != NULL ||
           broken_parameter(context, "multi_factor_required", "true or false");
}

/* ---- PO7 ---- */

static bool check_threshold(const struct rule_context *context)
{
    const struct field *risks = parameter(context, "applies_to_risks");

    if (!is_kind(context, "auto-threshold"))
        return true;
    if (field_get(context->record, "ends_at_ms") == NULL)
        return rule_broken_at(context, "/ends_at_ms", NULL, "an end");
    if (parameter(context, "auto_approval_maximum") == NULL)
        return broken_parameter(context, "auto_approval_maximum", "a maximum");
    if (parameter(context, "auto_approval_unit") == NULL)
        return broken_parameter(context, "auto_approval_unit", "the unit of the maximum");
    if (field_count(risks) == 0 || field_list_has(risks, bytes_of_text("critical")))
        return broken_parameter(context, "applies_to_risks", "risks, without critical");
    return true;
}

static bool check_threshold_approved(const struct rule_context *context)
{
    uint64_t have;

    if (!is_kind(context, "auto-threshold") || !is_in_production(context))
        return true;
    have = approvals_by_stewards(context);
    return have >= THRESHOLD_APPROVALS_MIN ||
           broken_by_approvals(context, have, THRESHOLD_APPROVALS_MIN);
}

/* ---- PO8 ---- */

/* The only floor that has a number today: the label eu-ai-act: high-risk (article 26, 6). */
static bool check_retention(const struct rule_context *context)
{
    const struct field *label = field_at(context->record, "labels.eu-ai-act");
    uint64_t floor_s = context->settings->thresholds[THRESHOLD_RETENTION_FLOOR_S];

    if (!is_kind(context, "retention") || !field_is_text(label, "high-risk") ||
        field_uint(parameter(context, "retention_s"), 0) >= floor_s)
        return true;
    return rule_broken_at(context, "/parameters/retention_s", parameter(context, "retention_s"),
                          "at least %" PRIu64 " for what is labelled high-risk", floor_s);
}

#define POLICY TYPE_BIT(RECORD_POLICY_VERSION)

const struct rule rules_policy[] = {
    {"PO1", "version-reuse", RULE_REFUSES_IN_STRICT, POLICY, check_version_reuse,
     "A version of a policy is logged once in an environment and never changes."},
    {"PO2", "not-successor", RULE_REFUSES_IN_STRICT, POLICY, check_successor,
     "A version replaces the newest one: policies do not fork."},
    {"PO3", "retroactive", RULE_REFUSES_IN_STRICT, POLICY, check_retroactive,
     "A policy takes effect when it is logged or later."},
    {"PO4", "unapproved-policy", RULE_REFUSES_IN_STRICT, POLICY, check_approved,
     "Enough stewards who are not its authors approved exactly this policy for production."},
    {"PO4", "first-matrix", RULE_FLAGS, POLICY, check_first_matrix,
     "Only a tenant's first approval-matrix is approved by nobody."},
    {"PO4", "untested-policy", RULE_REFUSES_IN_STRICT, POLICY, check_tested,
     "A policy for production passed a policy-test."},
    {"PO5", "clause-twice", RULE_REFUSES_IN_STRICT, POLICY, check_clauses,
     "Every clause of a policy has an id of its own."},
    {"PO6", "params", RULE_REFUSES_IN_STRICT, POLICY, check_matrix,
     "An approval-matrix says how many, which roles, how long a token and a request are good, and "
     "whether two factors are needed."},
    {"PO7", "threshold-unbounded", RULE_REFUSES_IN_STRICT, POLICY, check_threshold,
     "A policy that approves by itself has an end, a maximum with a unit, and no critical risks."},
    {"PO7", "threshold-unapproved", RULE_REFUSES_IN_STRICT, POLICY, check_threshold_approved,
     "Two stewards approved a policy that approves by itself."},
    {"PO8", "retention-below-floor", RULE_FLAGS, POLICY, check_retention,
     "What is labelled high-risk under the EU AI Act is kept for six months at least."},
};
const size_t rules_policy_count = sizeof(rules_policy) / sizeof(rules_policy[0]);
