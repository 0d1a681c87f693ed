/* The rules for policy evaluations: PO10 to PO13. Evaluations are facts: all but the last flag. It
 * keeps personal data out of the tree. */
#include "schemas/rules/families.h"

#include <string.h>

#include "schemas/rules/run_checks.h"
#include "schemas/rules/run_workflow.h"

enum {
    EVALUATION = TYPE_BIT(RECORD_POLICY_EVALUATION),
    DIGITS_MAX = 4, /* in a row, in a word that is no value: "ISO-3166" */
};

static const struct field *member(const struct rule_context *context, const char *path)
{
    return field_at(context->record, path);
}

static bool check_policy_known(const struct rule_context *context)
{
    struct policy_fact policy;

    if (rule_evaluated_policy(context, &policy))
        return true;
    return rule_broken_at(context, "/policy/version", member(context, "policy.version"),
                          "a version of the policy that was logged before");
}

static bool check_policy_in_force(const struct rule_context *context)
{
    uint64_t at_ms = field_uint(member(context, "occurred_at_ms"), 0);
    struct policy_fact policy;

    if (!rule_evaluated_policy(context, &policy) || policy_is_in_force(&policy, at_ms))
        return true;
    return rule_broken_at(context, "/policy/version", member(context, "policy.version"),
                          "the version in force when it was evaluated");
}

static bool has(const struct rule_context *context, const char *name, const char *const *words)
{
    const struct field *field = field_get(context->record, name);

    for (; *words != NULL; words++) {
        if (field_is_text(field, *words))
            return true;
    }
    return false;
}

static bool is_decision(const struct rule_context *context, const char *decision)
{
    return field_is_text(field_get(context->record, "decision"), decision);
}

static const char *const halting[] = {"stop", "fallback", NULL};

static bool check_redacted(const struct rule_context *context)
{
    static const char *const redacting[] = {"redact", "mask", "tokenize", NULL};
    struct bytes output = field_bytes(member(context, "output.digest"));

    if (!has(context, "remedy", redacting))
        return rule_broken_at(context, "/remedy", member(context, "remedy"),
                              "redact, mask or tokenize, as decided");
    if (output.len > 0 && !bytes_equal(output, field_bytes(member(context, "input.digest"))))
        return true;
    return rule_broken_at(context, "/output/digest", member(context, "output.digest"),
                          "what was left after the remedy: another digest than the input's");
}

static bool check_remedy(const struct rule_context *context)
{
    static const char *const routing[] = {"route-to-approval", NULL};

    if (is_decision(context, "redact"))
        return check_redacted(context);
    if (is_decision(context, "deny") && !has(context, "remedy", halting))
        return rule_broken_at(context, "/remedy", member(context, "remedy"), "stop or fallback");
    if (is_decision(context, "route") && !has(context, "remedy", routing))
        return rule_broken_at(context, "/remedy", member(context, "remedy"), "route-to-approval");
    return true;
}

static bool check_fail_closed(const struct rule_context *context)
{
    if (!is_decision(context, "error") || has(context, "remedy", halting))
        return true;
    return rule_broken_at(context, "/remedy", member(context, "remedy"),
                          "stop or fallback: an error is no permission");
}

/* Letters, digits and joiners, no long number: the name of a kind, not what was found. A tenant's
 * own vocabulary is not in the log, so this is as close as a rule can look. */
static bool is_word(struct bytes text)
{
    static const char joiners[] = "_-.:/";
    unsigned digits = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        bool is_digit = c >= '0' && c <= '9';
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        digits = is_digit ? digits + 1 : 0;
        if (digits > DIGITS_MAX ||
            (!is_digit && !is_letter && memchr(joiners, c, sizeof(joiners) - 1) == NULL))
            return false;
    }
    return text.len > 0;
}

static bool check_finding(const struct rule_context *context)
{
    const struct field *findings = field_get(context->record, "findings");

    for (const struct field *item = field_first(findings); item != NULL;
         item = field_next(findings, item)) {
        const struct field *name = field_get(item, "field");

        /* The value itself is not repeated in the answer. */
        if (!is_word(field_text(field_get(item, "entity"))) ||
            (name != NULL && !is_word(field_text(name))))
            return rule_broken(context, "/findings", "a value", "the kind of what was found");
    }
    return true;
}

const struct rule rules_evaluation[] = {
    {"PO10", "policy-unknown", RULE_FLAGS, EVALUATION, check_policy_known,
     "The policy version evaluated was logged before."},
    {"PO10", "stale-policy", RULE_FLAGS, EVALUATION, check_policy_in_force,
     "The policy version evaluated was in force at that time."},
    {"PO11", "remedy-mismatch", RULE_FLAGS, EVALUATION, check_remedy,
     "The remedy does what was decided: redact changes the content, deny stops, route asks."},
    {"PO11", "fail-open", RULE_FLAGS, EVALUATION, check_fail_closed,
     "Where the policy engine fails, the flow stops or falls back."},
    {"PO12", "no-run-start", RULE_FLAGS, EVALUATION, rule_check_run_started,
     "A run's policy evaluations come after its run-start."},
    {"PO12", "after-close", RULE_FLAGS, EVALUATION, rule_check_run_open,
     "No policy evaluation of a run comes after its manifest."},
    {"PO12", "node-not-in-dag", RULE_FLAGS, EVALUATION, rule_check_planned_node,
     "The node evaluated is in its workflow version's graph."},
    {"PO13", "finding-value", RULE_REFUSES, EVALUATION, check_finding,
     "Findings name kinds of data, never what was found."},
};
const size_t rules_evaluation_count = sizeof(rules_evaluation) / sizeof(rules_evaluation[0]);
