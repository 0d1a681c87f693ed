#include "schemas/rules/gate.h"

#include "schemas/rules/approval_lists.h"
#include "schemas/rules/approval_place.h"
#include "schemas/rules/gate_facts.h"
#include "schemas/rules/override_facts.h"
#include "schemas/rules/run_facts.h"

static const char *const lack_names[] = {
    [LACK_RUN_UNKNOWN] = "run-unknown",
    [LACK_RUN_CLOSED] = "run-closed",
    [LACK_NODE] = "node-unknown",
    [LACK_PRINCIPAL] = "principal-unknown",
    [LACK_STOPPED] = "stopped",
    [LACK_POLICY] = "policy-denied",
    [LACK_ACTION_DIGEST] = "action-digest",
    [LACK_REQUEST] = "no-request",
    [LACK_QUORUM] = "quorum",
    [LACK_ROLE] = "role",
    [LACK_EXPIRED] = "expired",
    [LACK_WITHDRAWN] = "withdrawn",
    [LACK_USED] = "used",
    [LACK_EDITED] = "edited",
    [LACK_UNFIT] = "unfit",
    [LACK_REJECTED] = "rejected",
};

const char *gate_lack_name(enum gate_lack_kind kind)
{
    CHECK(kind < LACK_KIND_COUNT);
    return lack_names[kind];
}

const char *gate_outcome_name(enum gate_outcome outcome)
{
    return outcome == GATE_ALLOWS ? "allow" : outcome == GATE_WAITS ? "wait" : "deny";
}

/* One question being answered. */
struct asking {
    struct facts *facts;
    const struct settings *settings;
    const struct gate_question *question;
    struct run run;
    struct node_demand demand;
    bool has_request; /* the request for this action, here, that tells most */
    bool is_approved; /* and the approval can be used here */
    struct approval_request request;
    struct gate_answer *answer;
};

/* ---- answers: each returns true, "this is the answer" ---- */

static bool add_lack(struct asking *asking, enum gate_outcome outcome,
                     const struct gate_lack *lack)
{
    struct gate_answer *answer = asking->answer;

    CHECK(answer->lack_count < GATE_LACKS_MAX);
    answer->outcome = outcome;
    answer->lacks[answer->lack_count++] = *lack;
    return true;
}

static bool deny(struct asking *asking, enum gate_lack_kind kind, struct bytes what,
                 struct bytes who)
{
    return add_lack(asking, GATE_DENIES,
                    &(struct gate_lack){.kind = kind, .what = what, .who = who});
}

static bool wait_for(struct asking *asking, enum gate_lack_kind kind, struct bytes what)
{
    return add_lack(asking, GATE_WAITS, &(struct gate_lack){.kind = kind, .what = what});
}

static bool allow_until(struct asking *asking, uint64_t expires_at_ms)
{
    uint64_t latest_ms =
        asking->question->at_ms + asking->settings->thresholds[THRESHOLD_GRANT_LIFETIME_MS];

    asking->answer->outcome = GATE_ALLOWS;
    asking->answer->expires_at_ms = expires_at_ms < latest_ms ? expires_at_ms : latest_ms;
    return true;
}

/* ---- the run and who acts ---- */

static bool answer_by_run(struct asking *asking)
{
    const struct gate_question *question = asking->question;

    run_get(asking->facts, question->tenant, question->run_id, &asking->run);
    if (run_is_closed(&asking->run))
        return deny(asking, LACK_RUN_CLOSED, bytes_of_text(run_status_name(asking->run.status)),
                    (struct bytes){0});
    if (!run_is_started(&asking->run))
        return wait_for(asking, LACK_RUN_UNKNOWN, (struct bytes){0});
    node_demand_get(&asking->demand, asking->facts, question->tenant, &asking->run,
                    question->node_id);
    if (!asking->demand.is_planned)
        return deny(asking, LACK_NODE, question->node_id, (struct bytes){0});
    return false;
}

static bool answer_by_principal(struct asking *asking)
{
    const struct gate_question *question = asking->question;
    struct principal principal;

    if (principal_get_at(asking->facts, question->granted_to, question->index, &principal) &&
        !principal.is_suspended && principal_serves_tenant(&principal, question->tenant))
        return false;
    return deny(asking, LACK_PRINCIPAL, question->granted_to, (struct bytes){0});
}

/* ---- the action and the request for it ---- */

static struct approval_place approval_place_of(const struct asking *asking)
{
    const struct gate_question *question = asking->question;

    return (struct approval_place){
        .facts = asking->facts,
        .tenant = question->tenant,
        .run_id = question->run_id,
        .node_id = question->node_id,
        .index = question->index,
        .run = &asking->run,
        .demand = &asking->demand,
    };
}

static bool is_usable(const struct asking *asking, const struct approval_request *request)
{
    struct approval_place place = approval_place_of(asking);

    return approval_is_usable(request, asking->question->at_ms) &&
           bytes_equal(request->bound_digest, asking->question->action_digest) &&
           approval_serves(&place, request);
}

/* The newest request for this action here that can be used, or else the newest of them. */
static void find_request(struct asking *asking)
{
    struct approval_place place = approval_place_of(asking);
    struct approvals list =
        approvals_for_action(asking->facts, asking->question->tenant,
                             asking->question->action_digest);
    struct approval_request request;

    while (!asking->is_approved && approvals_next(&list, &request)) {
        bool is_better = !asking->has_request || is_usable(asking, &request);

        if (!approval_is_here(&place, &request) || !is_better)
            continue;
        asking->request = request;
        asking->has_request = true;
        asking->is_approved = is_usable(asking, &request);
    }
}

/* An action that is shown is the one that was approved, or would be. */
static bool answer_by_action(struct asking *asking)
{
    const struct gate_question *question = asking->question;
    struct buf plain = {0};
    struct hash digest;

    find_request(asking);
    if (question->action == NULL)
        return false;
    approval_append_plain_subject(&plain, question->run_id, question->node_id);
    approval_action_digest(&digest, question->action->encoded,
                           asking->has_request ? asking->request.subject
                                               : bytes_of_buf(&plain));
    buf_cleanup(&plain);
    if (bytes_equal(question->action_digest, hash_bytes(&digest)))
        return false;
    return deny(asking, LACK_ACTION_DIGEST, asking->request.record_id, (struct bytes){0});
}


/* ---- overrides and policies ---- */

static struct override_place place_of(const struct asking *asking)
{
    return (struct override_place){
        .facts = asking->facts,
        .tenant = asking->question->tenant,
        .run_id = asking->question->run_id,
        .node_id = asking->question->node_id,
        .run = &asking->run,
    };
}

static bool answer_by_kill_switch(struct asking *asking)
{
    struct override_place place = place_of(asking);
    struct override override;

    if (!override_stops(&place, asking->question->at_ms, &override))
        return false;
    return deny(asking, LACK_STOPPED, override.record_id, override.actor);
}

/* Whoever broke the glass answers for it: neither a policy nor a missing approval stands then. */
static bool answer_by_override(struct asking *asking)
{
    struct override_place place = place_of(asking);
    uint64_t at_ms = asking->question->at_ms;
    struct override override;

    if (!override_excuses(&place, at_ms, at_ms, &override))
        return false;
    asking->answer->has_override = true;
    asking->answer->override_id = override.record_id;
    return allow_until(asking, override.expires_at_ms);
}

static bool has_verdict(const struct asking *asking, enum node_verdict_kind kind,
                        struct bytes *out_policy_id)
{
    const struct gate_question *question = asking->question;

    return node_verdict_find(asking->facts, question->tenant, question->run_id,
                             question->node_id, kind, out_policy_id);
}

static bool answer_by_policy(struct asking *asking)
{
    struct bytes policy_id;

    return has_verdict(asking, VERDICT_DENIED, &policy_id) &&
           (answer_by_override(asking) ||
            deny(asking, LACK_POLICY, policy_id, (struct bytes){0}));
}

/* ---- approvals ---- */

static bool needs_approval(const struct asking *asking)
{
    const struct field *action = asking->question->action;
    struct bytes policy_id;

    return action == NULL || has_verdict(asking, VERDICT_ROUTED, &policy_id) ||
           node_demand_is_high(&asking->demand) ||
           reversibility_is_grave(field_get(action, "reversibility"));
}

static struct bytes rejected_by(const struct approval_request *request)
{
    struct dcbor_reader votes = approval_votes_of(request);
    struct approval_vote vote = {0};

    while (approval_vote_next(&votes, &vote) && vote.outcome != OUTCOME_REJECT)
        continue;
    return vote.approver;
}

static bool wait_for_votes(struct asking *asking, const struct approval_request *request)
{
    struct approval_roles roles = approval_roles_of(request);
    struct approval_role role;

    if (request->approval_count < request->quorum)
        add_lack(asking, GATE_WAITS,
                 &(struct gate_lack){.kind = LACK_QUORUM,
                                     .what = request->record_id,
                                     .have = request->approval_count,
                                     .need = request->quorum});
    while (approval_role_next(&roles, &role)) {
        if (role.have < role.need)
            add_lack(asking, GATE_WAITS,
                     &(struct gate_lack){.kind = LACK_ROLE,
                                         .what = request->record_id,
                                         .who = role.role,
                                         .have = role.have,
                                         .need = role.need});
    }
    return true;
}

static bool answer_by_state(struct asking *asking, const struct approval_request *request)
{
    if (!bytes_equal(request->bound_digest, asking->question->action_digest))
        return wait_for(asking, LACK_EDITED, request->record_id);
    switch (approval_state_at(request, asking->question->at_ms)) {
    case APPROVAL_OPEN:
        return wait_for_votes(asking, request);
    case APPROVAL_REJECTED:
        return deny(asking, LACK_REJECTED, request->record_id, rejected_by(request));
    case APPROVAL_WITHDRAWN:
        return wait_for(asking, LACK_WITHDRAWN, request->record_id);
    case APPROVAL_APPROVED:
        return wait_for(asking,
                        request->used_by.len > 0 ? LACK_USED
                        : asking->question->at_ms >= request->expires_at_ms ? LACK_EXPIRED
                                                                            : LACK_UNFIT,
                        request->record_id);
    default:
        return wait_for(asking, LACK_EXPIRED, request->record_id);
    }
}

static bool answer_by_approval(struct asking *asking)
{
    const struct approval_request *request = &asking->request;

    if (!asking->has_request && !needs_approval(asking))
        return allow_until(asking, UINT64_MAX);
    if (asking->is_approved) {
        asking->answer->has_request = true;
        asking->answer->request = *request;
        return allow_until(asking, request->expires_at_ms);
    }
    if (answer_by_override(asking))
        return true;
    return asking->has_request ? answer_by_state(asking, request)
                               : wait_for(asking, LACK_REQUEST, (struct bytes){0});
}

void gate_evaluate(struct gate_answer *out, struct facts *facts, const struct settings *settings,
                   const struct gate_question *question)
{
    struct asking asking = {
        .facts = facts, .settings = settings, .question = question, .answer = out};
    bool is_answered;

    *out = (struct gate_answer){0};
    is_answered = answer_by_run(&asking) || answer_by_principal(&asking) ||
                  answer_by_action(&asking) || answer_by_kill_switch(&asking) ||
                  answer_by_policy(&asking) || answer_by_approval(&asking);
    node_demand_cleanup(&asking.demand);
    CHECK(is_answered);
}
