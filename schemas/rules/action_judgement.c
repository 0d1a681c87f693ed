#include "schemas/rules/action_judgement.h"

#include "schemas/rules/approval_lists.h"
#include "schemas/rules/approval_place.h"
#include "schemas/rules/override_facts.h"
#include "schemas/rules/record_facts.h"
#include "schemas/rules/rule_cache.h"

/* The event being judged. */
struct judging {
    const struct rule_context *context;
    struct bytes tenant;
    struct bytes run_id;
    struct bytes node_id;
    const struct field *action; /* NULL: nobody knows what was done */
    uint64_t at_ms;             /* when it occurred */
    const struct node_demand *demand;
    struct action_judgement *out;
};

static bool is_subject(const struct judging *judging, struct bytes subject, struct bytes digest)
{
    struct hash hash;

    if (judging->action == NULL)
        return false;
    approval_action_digest(&hash, judging->action->encoded, subject);
    return bytes_equal(digest, hash_bytes(&hash));
}

/* ---- with a grant ---- */

/* As the action alone, or as that of a request. */
static bool is_granted_action(const struct judging *judging, struct bytes digest)
{
    struct facts *facts = judging->context->facts;
    struct approvals list = approvals_for_action(facts, judging->tenant, digest);
    struct approval_request request;
    struct buf plain = {0};
    bool is;

    approval_append_plain_subject(&plain, judging->run_id, judging->node_id);
    is = is_subject(judging, bytes_of_buf(&plain), digest);
    buf_cleanup(&plain);
    while (!is && approvals_next(&list, &request))
        is = is_subject(judging, request.subject, digest);
    return is;
}

static bool is_holder(const struct judging *judging, struct bytes granted_to)
{
    return bytes_equal(granted_to, judging->context->statement->issuer) ||
           bytes_equal(granted_to, field_text(field_at(judging->context->record, "actor.id")));
}

static bool find_grant(const struct judging *judging, const struct field *reference)
{
    const struct rule_context *context = judging->context;
    struct record_fact record;

    return record_fact_resolve(context, reference, TYPE_BIT(RECORD_GATE_GRANT), &record) &&
           gate_grant_get(context->facts, judging->tenant,
                          field_bytes(field_get(reference, "record_id")), &judging->out->grant);
}

static enum action_verdict judge_grant(const struct judging *judging,
                                       const struct field *reference)
{
    const struct gate_grant *grant = &judging->out->grant;

    if (!find_grant(judging, reference) || !bytes_equal(grant->run_id, judging->run_id) ||
        !bytes_equal(grant->node_id, judging->node_id) ||
        !is_holder(judging, grant->granted_to) ||
        !is_granted_action(judging, grant->action_digest))
        return ACTION_BAD_GRANT;
    if (grant->used_by.len > 0)
        return ACTION_REUSED;
    if (judging->context->statement->received_at_ms >= grant->expires_at_ms)
        return ACTION_BAD_GRANT;
    return grant->has_override ? ACTION_OVERRIDDEN : ACTION_GRANTED;
}

/* ---- without one ---- */

static bool is_overridden(const struct judging *judging)
{
    struct override_place place = {
        .facts = judging->context->facts,
        .tenant = judging->tenant,
        .run_id = judging->run_id,
        .node_id = judging->node_id,
        .run = rule_run(judging->context),
    };
    struct override override;

    return override_excuses(&place, judging->at_ms, judging->at_ms, &override);
}

/* Approved for this very action, here, and not expired. */
static bool is_approval_of(const struct judging *judging, const struct approval_request *request)
{
    struct approval_place place = {
        .facts = judging->context->facts,
        .tenant = judging->tenant,
        .run_id = judging->run_id,
        .node_id = judging->node_id,
        .index = judging->context->statement->index,
        .run = rule_run(judging->context),
        .demand = judging->demand,
    };

    return request->state == APPROVAL_APPROVED &&
           judging->context->statement->received_at_ms < request->expires_at_ms &&
           approval_is_here(&place, request) &&
           is_subject(judging, request->subject, request->bound_digest) &&
           approval_serves(&place, request);
}

/* Looks for one that is not used, and keeps the first that is. */
static bool find_in_list(const struct judging *judging, struct approvals list)
{
    struct approval_request *found = &judging->out->request;
    struct approval_request request;

    while (approvals_next(&list, &request)) {
        if (!is_approval_of(judging, &request))
            continue;
        if (request.used_by.len == 0 || found->record_id.len == 0)
            *found = request;
        if (request.used_by.len == 0)
            return true;
    }
    return false;
}

static void find_approval(const struct judging *judging)
{
    const struct field *reference = field_get(judging->context->record, "approval");
    struct facts *facts = judging->context->facts;
    struct approval_request named;

    if (reference != NULL) {
        if (approval_resolve(judging->context, reference, &named) &&
            is_approval_of(judging, &named))
            judging->out->request = named;
        return;
    }
    if (!find_in_list(judging, approvals_for_run(facts, judging->tenant, judging->run_id,
                                                 judging->node_id)))
        find_in_list(judging, approvals_for_run(facts, judging->tenant, judging->run_id,
                                                (struct bytes){0}));
}

static enum action_verdict judge_approval(const struct judging *judging)
{
    const struct approval_request *request = &judging->out->request;

    find_approval(judging);
    if (request->record_id.len > 0 && request->used_by.len == 0)
        return request->approved_at_ms <= judging->at_ms ? ACTION_APPROVED : ACTION_TOO_EARLY;
    if (is_overridden(judging))
        return ACTION_OVERRIDDEN;
    return request->record_id.len > 0 ? ACTION_REUSED : ACTION_UNAPPROVED;
}

/* ---- the judgement ---- */

static bool needs_approval(const struct judging *judging)
{
    const struct field *record = judging->context->record;

    return node_demand_is_high(judging->demand) ||
           reversibility_is_grave(field_get(judging->action, "reversibility")) ||
           reversibility_is_grave(field_at(record, "tool_call.reversibility"));
}

static enum action_verdict judge(const struct judging *judging)
{
    const struct field *grant = field_get(judging->context->record, "gate_grant");

    if (grant != NULL)
        return judge_grant(judging, grant);
    return needs_approval(judging) ? judge_approval(judging) : ACTION_NOT_ASKED;
}

static void judge_executed(struct action_judgement *out, const struct rule_context *context)
{
    struct node_demand demand;
    struct judging judging = {
        .context = context,
        .tenant = rule_tenant(context),
        .run_id = rule_run_id(context),
        .node_id = field_text(field_get(context->record, "node_id")),
        .action = field_get(context->record, "action"),
        .at_ms = field_uint(field_get(context->record, "occurred_at_ms"), 0),
        .demand = &demand,
        .out = out,
    };

    node_demand_get(&demand, context->facts, judging.tenant, rule_run(context), judging.node_id);
    out->is_blocking = demand.is_blocking;
    out->verdict = judge(&judging);
    node_demand_cleanup(&demand);
}

const struct action_judgement *rule_action_judgement(const struct rule_context *context)
{
    struct action_judgement *out = &context->cache->action;

    if (out->is_filled)
        return out;
    out->is_filled = true;
    out->verdict = ACTION_NOT_ASKED; /* of most events: the rest is not looked at then */
    if (field_is_text(field_get(context->record, "event"), "action-executed")) {
        *out = (struct action_judgement){.is_filled = true};
        judge_executed(out, context);
    }
    return out;
}
