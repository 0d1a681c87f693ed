#include "schemas/rules/approval_facts.h"

#include "schemas/rules/fact_value.h"
#include "schemas/rules/record_facts.h"

enum { REQUEST_VALUES = 24, VOTE_VALUES = 3 };

static const char *const state_names[] = {
    [APPROVAL_OPEN] = "open",           [APPROVAL_APPROVED] = "approved",
    [APPROVAL_REJECTED] = "rejected",   [APPROVAL_WITHDRAWN] = "withdrawn",
    [APPROVAL_EXPIRED] = "expired",
};

static const char *const outcome_names[] = {
    [OUTCOME_APPROVE] = "approve",       [OUTCOME_REJECT] = "reject",
    [OUTCOME_APPROVE_EDITED] = "approve-edited",
    [OUTCOME_ABSTAIN] = "abstain",       [OUTCOME_WITHDRAW] = "withdraw",
    [OUTCOME_AUTO_APPROVE] = "auto-approve",
    [OUTCOME_EXPIRE] = "expire",
};

const char *approval_state_name(enum approval_state state)
{
    CHECK(state < APPROVAL_STATE_COUNT);
    return state_names[state];
}

const char *approval_outcome_name(enum approval_outcome outcome)
{
    CHECK(outcome < OUTCOME_COUNT);
    return outcome_names[outcome];
}

enum approval_outcome approval_outcome_of(const struct field *field)
{
    enum approval_outcome outcome = 0;

    while (outcome < OUTCOME_COUNT && !field_is_text(field, outcome_names[outcome]))
        outcome++;
    return outcome;
}

bool approval_outcome_is_vote(enum approval_outcome outcome)
{
    return outcome == OUTCOME_APPROVE || outcome == OUTCOME_APPROVE_EDITED ||
           outcome == OUTCOME_REJECT || outcome == OUTCOME_ABSTAIN;
}

bool approval_outcome_is_yes(enum approval_outcome outcome)
{
    return outcome == OUTCOME_APPROVE || outcome == OUTCOME_APPROVE_EDITED ||
           outcome == OUTCOME_AUTO_APPROVE;
}

/* ---- requests ---- */

static struct fact_key request_key(struct bytes tenant, struct bytes record_id)
{
    return fact_key_two(FACT_APPROVAL_REQUEST, tenant, record_id);
}

static bool decode(struct approval_request *out, struct bytes encoded)
{
    struct fact_value value = fact_value_open(encoded, REQUEST_VALUES);

    out->index = fact_value_uint(&value, UINT64_MAX);
    out->state = (enum approval_state)fact_value_uint(&value, APPROVAL_STATE_COUNT - 1);
    out->risk = (enum risk_level)fact_value_uint(&value, RISK_COUNT - 1);
    out->environment = (enum environment)fact_value_uint(&value, ENVIRONMENT_COUNT - 1);
    out->requested_at_ms = fact_value_uint(&value, UINT64_MAX);
    out->expires_at_ms = fact_value_uint(&value, UINT64_MAX);
    out->requester = fact_value_text(&value);
    out->actor = fact_value_text(&value);
    out->on_behalf_of = fact_value_text(&value);
    out->run_id = fact_value_bytes(&value);
    out->nonce = fact_value_bytes(&value);
    out->action_digest = fact_value_bytes(&value);
    out->bound_digest = fact_value_bytes(&value);
    out->shown = fact_value_bytes(&value);
    out->quorum = fact_value_uint(&value, UINT64_MAX);
    out->role_quorum = fact_value_bytes(&value);
    out->role_counts = fact_value_bytes(&value);
    out->approval_count = fact_value_uint(&value, UINT64_MAX);
    out->subject = fact_value_bytes(&value);
    out->token_lifetime_s = fact_value_uint(&value, UINT64_MAX);
    out->resolved_index = fact_value_uint(&value, UINT64_MAX);
    out->approved_at_ms = fact_value_uint(&value, UINT64_MAX);
    out->used_by = fact_value_bytes(&value);
    out->votes = fact_value_bytes(&value);
    return fact_value_is_whole(&value);
}

bool approval_request_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                          struct approval_request *out)
{
    struct fact_key key = request_key(tenant, record_id);
    struct bytes value;

    *out = (struct approval_request){.record_id = record_id};
    if (!facts_get(facts, &key, &value))
        return false;
    return decode(out, value) || facts_fail(facts, "approval request");
}

void approval_request_put(struct facts *facts, struct bytes tenant,
                          const struct approval_request *request)
{
    struct fact_key key = request_key(tenant, request->record_id);
    struct buf value = {0};

    dcbor_put_array(&value, REQUEST_VALUES);
    dcbor_put_uint(&value, request->index);
    dcbor_put_uint(&value, request->state);
    dcbor_put_uint(&value, request->risk);
    dcbor_put_uint(&value, request->environment);
    dcbor_put_uint(&value, request->requested_at_ms);
    dcbor_put_uint(&value, request->expires_at_ms);
    dcbor_put_text(&value, request->requester);
    dcbor_put_text(&value, request->actor);
    dcbor_put_text(&value, request->on_behalf_of);
    dcbor_put_bytes(&value, request->run_id);
    dcbor_put_bytes(&value, request->nonce);
    dcbor_put_bytes(&value, request->action_digest);
    dcbor_put_bytes(&value, request->bound_digest);
    dcbor_put_bytes(&value, request->shown);
    dcbor_put_uint(&value, request->quorum);
    dcbor_put_bytes(&value, request->role_quorum);
    dcbor_put_bytes(&value, request->role_counts);
    dcbor_put_uint(&value, request->approval_count);
    dcbor_put_bytes(&value, request->subject);
    dcbor_put_uint(&value, request->token_lifetime_s);
    dcbor_put_uint(&value, request->resolved_index);
    dcbor_put_uint(&value, request->approved_at_ms);
    dcbor_put_bytes(&value, request->used_by);
    dcbor_put_bytes(&value, request->votes);
    facts_put(facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

enum approval_state approval_state_at(const struct approval_request *request, uint64_t at_ms)
{
    if (request->state == APPROVAL_OPEN && at_ms >= request->expires_at_ms)
        return APPROVAL_EXPIRED;
    return request->state;
}

bool approval_is_usable(const struct approval_request *request, uint64_t at_ms)
{
    return request->state == APPROVAL_APPROVED && request->used_by.len == 0 &&
           at_ms < request->expires_at_ms;
}

void approval_use(struct facts *facts, struct bytes tenant, const struct approval_request *request,
                  struct bytes used_by)
{
    struct approval_request used = *request;

    used.used_by = used_by;
    approval_request_put(facts, tenant, &used);
}

/* ---- votes ---- */

struct dcbor_reader approval_votes_of(const struct approval_request *request)
{
    return dcbor_reader_of(request->votes);
}

/* The votes are arrays one after the other. */
bool approval_vote_next(struct dcbor_reader *votes, struct approval_vote *out)
{
    struct err ignored = {0};
    uint64_t outcome;
    uint64_t count;

    if (dcbor_at_end(votes) || !dcbor_read_array(votes, &count, &ignored) ||
        count != VOTE_VALUES || !dcbor_read_bytes(votes, &out->record_id, &ignored) ||
        !dcbor_read_text(votes, &out->approver, &ignored) ||
        !dcbor_read_uint(votes, &outcome, &ignored) || outcome >= OUTCOME_COUNT)
        return false;
    out->outcome = (enum approval_outcome)outcome;
    return true;
}

void approval_vote_append(struct buf *votes, const struct approval_vote *vote)
{
    dcbor_put_array(votes, VOTE_VALUES);
    dcbor_put_bytes(votes, vote->record_id);
    dcbor_put_text(votes, vote->approver);
    dcbor_put_uint(votes, vote->outcome);
}

bool approval_has_voted(const struct approval_request *request, struct bytes who)
{
    struct dcbor_reader votes = approval_votes_of(request);
    struct approval_vote vote;

    while (approval_vote_next(&votes, &vote)) {
        if (bytes_equal(vote.approver, who))
            return true;
    }
    return false;
}

/* ---- roles ---- */

struct approval_roles approval_roles_of(const struct approval_request *request)
{
    struct approval_roles roles = {.quorum = dcbor_reader_of(request->role_quorum),
                                   .counts = dcbor_reader_of(request->role_counts)};
    struct err ignored = {0};
    uint64_t count;

    if (!dcbor_read_map(&roles.quorum, &roles.left, &ignored) ||
        !dcbor_read_array(&roles.counts, &count, &ignored) || count != roles.left)
        roles.left = 0;
    return roles;
}

bool approval_role_next(struct approval_roles *roles, struct approval_role *out)
{
    struct err ignored = {0};

    if (roles->left == 0)
        return false;
    roles->left--;
    return dcbor_read_text(&roles->quorum, &out->role, &ignored) &&
           dcbor_read_uint(&roles->quorum, &out->need, &ignored) &&
           dcbor_read_uint(&roles->counts, &out->have, &ignored);
}

bool approval_is_satisfied(const struct approval_request *request)
{
    struct approval_roles roles = approval_roles_of(request);
    struct approval_role role;

    if (request->approval_count < request->quorum)
        return false;
    while (approval_role_next(&roles, &role)) {
        if (role.have < role.need)
            return false;
    }
    return true;
}

/* ---- subject ---- */

/* A text member of the encoded subject, whose other values are skipped. */
static struct bytes subject_text(const struct approval_request *request, const char *name)
{
    struct dcbor_reader reader = dcbor_reader_of(request->subject);
    struct err ignored = {0};
    struct dcbor_item item;
    struct bytes key;
    uint64_t count;

    if (!dcbor_read_map(&reader, &count, &ignored))
        return (struct bytes){0};
    while (count-- > 0 && dcbor_read_text(&reader, &key, &ignored)) {
        if (bytes_equal_text(key, name))
            return dcbor_read(&reader, &item, &ignored) ? item.string : (struct bytes){0};
        if (!dcbor_skip(&reader, NULL, &ignored))
            break;
    }
    return (struct bytes){0};
}

struct bytes approval_subject_kind(const struct approval_request *request)
{
    return subject_text(request, "kind");
}

struct bytes approval_subject_node(const struct approval_request *request)
{
    return subject_text(request, "node_id");
}

void approval_append_plain_subject(struct buf *out, struct bytes run_id, struct bytes node_id)
{
    dcbor_put_map(out, 3);
    dcbor_put_literal(out, "kind");
    dcbor_put_literal(out, "action");
    dcbor_put_literal(out, "run_id");
    dcbor_put_bytes(out, run_id);
    dcbor_put_literal(out, "node_id");
    dcbor_put_text(out, node_id);
}

/* ---- digests ---- */

void approval_action_digest(struct hash *out, struct bytes action, struct bytes subject)
{
    struct buf head = {0};
    struct hasher hasher;

    hasher_init(&hasher);
    dcbor_put_map(&head, 2);
    dcbor_put_literal(&head, "action");
    hasher_update(&hasher, bytes_of_buf(&head));
    hasher_update(&hasher, action);
    buf_clear(&head);
    dcbor_put_literal(&head, "subject");
    hasher_update(&hasher, bytes_of_buf(&head));
    hasher_update(&hasher, subject);
    hasher_final(&hasher, out);
    buf_cleanup(&head);
}

void approval_digest_of(struct hash *out, const struct field *payload_digest)
{
    struct buf both = {0};

    dcbor_put_text(&both, field_text(field_get(payload_digest, "algorithm")));
    dcbor_put_bytes(&both, field_bytes(field_get(payload_digest, "digest")));
    hash_sha256(out, bytes_of_buf(&both));
    buf_cleanup(&both);
}

/* ---- from a reference to its request ---- */

static bool get_of_vote(struct facts *facts, struct bytes tenant, struct bytes vote_id,
                        struct approval_request *out)
{
    struct fact_key key = fact_key_two(FACT_APPROVAL_VOTE, tenant, vote_id);
    struct bytes request_id;

    return facts_get(facts, &key, &request_id) &&
           approval_request_get(facts, tenant, request_id, out);
}

void approval_vote_put(struct facts *facts, struct bytes tenant, struct bytes record_id,
                       struct bytes request_id)
{
    struct fact_key key = fact_key_two(FACT_APPROVAL_VOTE, tenant, record_id);

    facts_put(facts, &key, request_id);
}

bool approval_resolve(const struct rule_context *context, const struct field *reference,
                      struct approval_request *out)
{
    struct bytes record_id = field_bytes(field_get(reference, "record_id"));
    struct bytes tenant = rule_tenant(context);
    struct record_fact record;

    if (!record_fact_resolve(context, reference,
                             TYPE_BIT(RECORD_APPROVAL) | TYPE_BIT(RECORD_APPROVAL_REQUEST),
                             &record))
        return false;
    if (record.type == RECORD_APPROVAL)
        return get_of_vote(context->facts, tenant, record_id, out);
    return approval_request_get(context->facts, tenant, record_id, out);
}

bool approval_of_vote(const struct rule_context *context, struct approval_request *out)
{
    const struct field *reference = field_get(context->record, "approval_request");
    struct record_fact record;

    *out = (struct approval_request){0};
    return record_fact_resolve(context, reference, TYPE_BIT(RECORD_APPROVAL_REQUEST), &record) &&
           approval_request_get(context->facts, rule_tenant(context),
                                field_bytes(field_get(reference, "record_id")), out);
}
