/* What requests for approval and approvals leave behind. */
#include "schemas/rules/approval_lists.h"
#include "schemas/rules/families.h"
#include "schemas/rules/request_record.h"

static struct bytes encoded_of(const struct field *field)
{
    return field == NULL ? (struct bytes){0} : field->encoded;
}

static void put_zeros(struct buf *out, size_t count)
{
    dcbor_put_array(out, count);
    for (size_t i = 0; i < count; i++)
        dcbor_put_uint(out, 0);
}

/* What the record says, as it says it; all borrowed from the record. */
static struct approval_request request_of(const struct rule_context *context)
{
    const struct field *record = context->record;

    return (struct approval_request){
        .record_id = field_bytes(field_get(record, "record_id")),
        .index = context->statement->index,
        .environment = request_environment(context),
        .requested_at_ms = field_uint(field_get(record, "occurred_at_ms"), 0),
        .expires_at_ms = field_uint(field_get(record, "expires_at_ms"), 0),
        .requester = field_text(field_get(record, "requester")),
        .actor = field_text(field_at(record, "actor.id")),
        .on_behalf_of = field_text(field_at(record, "actor.on_behalf_of")),
        .run_id = request_run_id(context),
        .nonce = field_bytes(field_get(record, "nonce")),
        .action_digest = field_bytes(field_get(record, "action_digest")),
        .bound_digest = field_bytes(field_get(record, "action_digest")),
        .quorum = field_uint(field_get(record, "quorum"), 0),
        .role_quorum = encoded_of(field_get(record, "role_quorum")),
        .subject = encoded_of(field_get(record, "subject")),
    };
}

static enum risk_level risk_of(const struct rule_context *context)
{
    struct node_demand demand;

    request_demand(&demand, context);
    node_demand_cleanup(&demand);
    return demand.risk;
}

static uint64_t token_lifetime_s(const struct rule_context *context)
{
    struct policy_fact matrix;

    return request_matrix(context, &matrix)
               ? policy_uint(&matrix, "token_lifetime_s", APPROVAL_LIFETIME_S)
               : APPROVAL_LIFETIME_S;
}

static void apply_request(const struct rule_context *context)
{
    struct approval_request request = request_of(context);
    struct bytes tenant = rule_tenant(context);
    struct buf role_counts = {0};
    struct hash shown;

    request.risk = risk_of(context);
    request.token_lifetime_s = token_lifetime_s(context);
    approval_digest_of(&shown, field_get(context->record, "shown"));
    request.shown = hash_bytes(&shown);
    put_zeros(&role_counts, field_count(field_get(context->record, "role_quorum")));
    request.role_counts = bytes_of_buf(&role_counts);
    approval_request_put(context->facts, tenant, &request);
    approvals_add_for_action(context->facts, tenant, request.action_digest, request.record_id);
    approval_nonce_put(context->facts, request.nonce, request.record_id);
    buf_cleanup(&role_counts);
}

/* ---- votes ---- */

/* Memory of one vote: what it makes of the request's lists. */
struct tally {
    struct buf role_counts;
    struct buf votes;
};

static void count_roles(struct tally *tally, struct approval_request *request,
                        const struct principal *approver)
{
    struct approval_roles roles = approval_roles_of(request);
    struct approval_role role;

    dcbor_put_array(&tally->role_counts, roles.left);
    while (approval_role_next(&roles, &role))
        dcbor_put_uint(&tally->role_counts,
                       role.have + (principal_has_role_bytes(approver, role.role) ? 1 : 0));
    request->role_counts = bytes_of_buf(&tally->role_counts);
}

static void add_vote(struct tally *tally, struct approval_request *request,
                     const struct approval_vote *vote)
{
    buf_append_bytes(&tally->votes, request->votes);
    approval_vote_append(&tally->votes, vote);
    request->votes = bytes_of_buf(&tally->votes);
}

/* The action the approval is bound to. */
static struct bytes bound_digest_of(const struct field *approval)
{
    const struct field *edited = field_get(approval, "edited_action_digest");

    return field_bytes(edited != NULL ? edited : field_get(approval, "action_digest"));
}

static void count_yes(const struct rule_context *context, struct tally *tally,
                      struct approval_request *request, struct bytes who)
{
    uint64_t decided_at_ms = field_uint(field_get(context->record, "decided_at_ms"), 0);
    struct principal approver;

    if (rule_principal(context, who, &approver))
        count_roles(tally, request, &approver);
    request->approval_count++;
    request->bound_digest = bound_digest_of(context->record);
    if (decided_at_ms > request->approved_at_ms)
        request->approved_at_ms = decided_at_ms;
    approval_count_put(context->facts, rule_tenant(context), who,
                       context->statement->received_at_ms);
}

static enum approval_state state_after(const struct approval_request *request,
                                       enum approval_outcome outcome)
{
    switch (outcome) {
    case OUTCOME_REJECT:
        return APPROVAL_REJECTED;
    case OUTCOME_WITHDRAW:
        return APPROVAL_WITHDRAWN;
    case OUTCOME_EXPIRE:
        return APPROVAL_EXPIRED;
    case OUTCOME_AUTO_APPROVE:
        return APPROVAL_APPROVED;
    case OUTCOME_APPROVE:
    case OUTCOME_APPROVE_EDITED:
        return approval_is_satisfied(request) ? APPROVAL_APPROVED : APPROVAL_OPEN;
    default:
        return APPROVAL_OPEN;
    }
}

static void list_approved(const struct rule_context *context,
                          const struct approval_request *request)
{
    struct bytes tenant = rule_tenant(context);

    approvals_add_approved(context->facts, tenant, request);
    if (!bytes_equal(request->bound_digest, request->action_digest))
        approvals_add_for_action(context->facts, tenant, request->bound_digest,
                                 request->record_id);
}

static void put_token(const struct rule_context *context, struct bytes record_id)
{
    struct bytes jti_hash = field_bytes(field_at(context->record, "token.jti_hash"));

    if (jti_hash.len > 0)
        approval_token_put(context->facts, jti_hash, record_id);
}

static void apply_outcome(const struct rule_context *context, struct approval_request *request,
                          const struct approval_vote *vote)
{
    struct tally tally = {0};

    add_vote(&tally, request, vote);
    if (vote->outcome == OUTCOME_AUTO_APPROVE)
        request->approved_at_ms = field_uint(field_get(context->record, "decided_at_ms"), 0);
    else if (approval_outcome_is_yes(vote->outcome))
        count_yes(context, &tally, request, vote->approver);
    request->state = state_after(request, vote->outcome);
    if (request->state != APPROVAL_OPEN)
        request->resolved_index = context->statement->index;
    approval_request_put(context->facts, rule_tenant(context), request);
    if (request->state == APPROVAL_APPROVED)
        list_approved(context, request);
    buf_cleanup(&tally.role_counts);
    buf_cleanup(&tally.votes);
}

static void apply_approval(const struct rule_context *context)
{
    struct approval_vote vote = {
        .record_id = field_bytes(field_get(context->record, "record_id")),
        .approver = field_text(field_at(context->record, "actor.id")),
        .outcome = approval_outcome_of(field_get(context->record, "outcome")),
    };
    struct approval_request request;

    if (!approval_of_vote(context, &request) || vote.outcome == OUTCOME_COUNT)
        return;
    approval_vote_put(context->facts, rule_tenant(context), vote.record_id, request.record_id);
    put_token(context, vote.record_id);
    apply_outcome(context, &request, &vote);
}

/* Rule AP17 sees to it that it is an approval with this token. */
static void apply_token_check(const struct rule_context *context)
{
    const struct field *check = field_get(context->record, "token_check");

    if (check != NULL)
        approval_token_check_put(context->facts, field_text(field_get(check, "tenant")),
                                 field_bytes(field_at(check, "approval.record_id")),
                                 context->statement->index);
}

const struct effect effects_approval[] = {
    {TYPE_BIT(RECORD_APPROVAL_REQUEST), apply_request},
    {TYPE_BIT(RECORD_APPROVAL), apply_approval},
    {TYPE_BIT(RECORD_LOG_METADATA), apply_token_check},
};
const size_t effects_approval_count = sizeof(effects_approval) / sizeof(effects_approval[0]);
