/* The rules for the log's own grants: whoever replays the log finds each one founded. */
#include "schemas/rules/families.h"

#include <inttypes.h>

#include "schemas/rules/approval_lists.h"
#include "schemas/rules/gate.h"
#include "schemas/rules/gate_facts.h"

static struct gate_question question_of(const struct rule_context *context)
{
    const struct field *record = context->record;

    return (struct gate_question){
        .tenant = rule_tenant(context),
        .run_id = rule_run_id(context),
        .node_id = field_text(field_get(record, "node_id")),
        .action_digest = field_bytes(field_get(record, "action_digest")),
        .action = field_get(record, "action"),
        .granted_to = field_text(field_get(record, "granted_to")),
        .index = context->statement->index,
        .at_ms = context->statement->received_at_ms,
    };
}

/* The next item names this record; both may end together. */
static bool is_next(const struct field *references, const struct field **item,
                    struct bytes record_id)
{
    *item = *item == NULL ? field_first(references) : field_next(references, *item);
    return *item != NULL &&
           bytes_equal(field_bytes(field_get(*item, "record_id")), record_id);
}

/* The approvals of the record are the votes that count, in their order. */
static bool names_votes(const struct rule_context *context, const struct gate_answer *answer)
{
    const struct field *approvals = field_get(context->record, "approvals");
    struct dcbor_reader votes = approval_votes_of(&answer->request);
    const struct field *item = NULL;
    struct approval_vote vote;
    size_t count = 0;

    while (approval_vote_next(&votes, &vote)) {
        if (!approval_outcome_is_yes(vote.outcome))
            continue;
        if (!is_next(approvals, &item, vote.record_id))
            return false;
        count++;
    }
    return field_count(approvals) == count;
}

static bool names_override(const struct rule_context *context, const struct gate_answer *answer)
{
    const struct field *overrides = field_get(context->record, "overrides");
    const struct field *item = NULL;

    if (!answer->has_override)
        return overrides == NULL;
    return field_count(overrides) == 1 && is_next(overrides, &item, answer->override_id);
}

/* GG1 */
static bool check_founded(const struct rule_context *context)
{
    const struct field *expires = field_get(context->record, "expires_at_ms");
    struct gate_question question = question_of(context);
    struct gate_answer answer;

    gate_evaluate(&answer, context->facts, context->settings, &question);
    if (answer.outcome != GATE_ALLOWS)
        return rule_broken(context, "/action_digest", gate_lack_name(answer.lacks[0].kind),
                           "an action that the gate allows now");
    if (!names_votes(context, &answer))
        return rule_broken(context, "/approvals", NULL, "the votes that the gate counts");
    if (!names_override(context, &answer))
        return rule_broken(context, "/overrides", NULL, "the override that the gate counts");
    if (field_uint(expires, UINT64_MAX) > answer.expires_at_ms)
        return rule_broken_at(context, "/expires_at_ms", expires, "at most %" PRIu64,
                              answer.expires_at_ms);
    return true;
}

/* GG2 */
static bool check_nonce(const struct rule_context *context)
{
    const struct field *nonce = field_get(context->record, "nonce");

    if (!approval_nonce_is_used(context->facts, field_bytes(nonce)))
        return true;
    return rule_broken_at(context, "/nonce", nonce, "a nonce that was never used");
}

/* Two grants in one batch come here one after the other: the second finds the approval used. */
static void apply_grant(const struct rule_context *context)
{
    const struct field *approvals = field_get(context->record, "approvals");
    struct bytes record_id = field_bytes(field_get(context->record, "record_id"));
    struct gate_question question = question_of(context);
    struct gate_grant grant = {
        .record_id = record_id,
        .index = context->statement->index,
        .run_id = question.run_id,
        .node_id = question.node_id,
        .action_digest = question.action_digest,
        .granted_to = question.granted_to,
        .expires_at_ms = field_uint(field_get(context->record, "expires_at_ms"), 0),
        .has_override = field_get(context->record, "overrides") != NULL,
    };
    struct approval_request request;

    for (const struct field *item = field_first(approvals); item != NULL;
         item = field_next(approvals, item)) {
        if (approval_resolve(context, item, &request) && request.used_by.len == 0)
            approval_use(context->facts, question.tenant, &request, record_id);
    }
    gate_grant_put(context->facts, question.tenant, &grant);
    approval_nonce_put(context->facts, field_bytes(field_get(context->record, "nonce")),
                       record_id);
}

#define GRANT TYPE_BIT(RECORD_GATE_GRANT)

const struct rule rules_grant[] = {
    {"GG1", "grant-unfounded", RULE_REFUSES, GRANT, check_founded,
     "The gate allows an action only for approvals, or an override, that count at this place of"
     " the log, or where none is needed."},
    {"GG2", "nonce-reuse", RULE_REFUSES, GRANT, check_nonce,
     "The nonce of a grant was never used before."},
};
const size_t rules_grant_count = sizeof(rules_grant) / sizeof(rules_grant[0]);

const struct effect effects_grant[] = {
    {GRANT, apply_grant},
};
const size_t effects_grant_count = sizeof(effects_grant) / sizeof(effects_grant[0]);
