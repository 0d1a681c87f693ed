/* The rules for asking for an approval. A request that breaks one never enters: whoever approved it
 * would seem to have approved what the policy asks for. */
#include "schemas/rules/families.h"

#include <inttypes.h>

#include "schemas/rules/approval_lists.h"
#include "schemas/rules/owners.h"
#include "schemas/rules/request_record.h"
#include "schemas/rules/version_facts.h"

/* ---- the approval matrix ---- */

/* AP1 */
static bool check_matrix(const struct rule_context *context)
{
    const struct field *named = field_get(context->record, "approval_matrix");
    const struct field *digest = field_at(named, "content.digest");
    struct policy_fact matrix;

    if (!request_matrix(context, &matrix) || !policy_is_kind(&matrix, "approval-matrix"))
        return rule_broken_at(context, "/approval_matrix/id", field_get(named, "id"),
                              "a policy of kind approval-matrix");
    if (digest != NULL && !bytes_equal(field_bytes(digest), matrix.digest))
        return rule_broken_at(context, "/approval_matrix/content", digest,
                              "the digest of the policy that was logged");
    if (!policy_is_in_force(&matrix, context->statement->received_at_ms))
        return rule_broken_at(context, "/approval_matrix/version", field_get(named, "version"),
                              "a version that is in force now");
    return true;
}

/* ---- what it is about ---- */

/* AP2 */
static bool check_action_digest(const struct rule_context *context)
{
    const struct field *action = field_get(context->record, "action");
    const struct field *subject = field_get(context->record, "subject");
    const struct field *digest = field_get(context->record, "action_digest");
    struct hash hash;

    if (action == NULL || subject == NULL)
        return rule_broken(context, "/action", "nothing", "an action and its subject");
    approval_action_digest(&hash, action->encoded, subject->encoded);
    if (bytes_equal(field_bytes(digest), hash_bytes(&hash)))
        return true;
    return rule_broken_at(context, "/action_digest", digest,
                          "SHA-256 over {\"action\", \"subject\"} of this request");
}

/* AP2: what is seen as the request of one run binds an action of that run. */
static bool check_subject_run(const struct rule_context *context)
{
    const struct field *run_id = field_at(context->record, "subject.run_id");

    if (run_id == NULL || rule_run_id(context).len == 0 ||
        bytes_equal(field_bytes(run_id), rule_run_id(context)))
        return true;
    return rule_broken_at(context, "/subject/run_id", run_id, "the run_id of the record");
}

/* AP3 */
static bool check_expiry(const struct rule_context *context)
{
    const struct field *expires = field_get(context->record, "expires_at_ms");
    uint64_t from_ms = field_uint(field_get(context->record, "occurred_at_ms"), 0);
    uint64_t at_ms = field_uint(expires, 0);
    uint64_t lifetime_s = APPROVAL_LIFETIME_S;
    struct policy_fact matrix;

    if (request_matrix(context, &matrix))
        lifetime_s = policy_uint(&matrix, "request_lifetime_s", lifetime_s);
    if (at_ms > from_ms && (at_ms - from_ms) / 1000 <= lifetime_s &&
        at_ms - from_ms <= lifetime_s * 1000)
        return true;
    return rule_broken_at(context, "/expires_at_ms", expires,
                          "after occurred_at_ms, by at most %" PRIu64 " s", lifetime_s);
}

/* AP4 */
static bool check_nonce(const struct rule_context *context)
{
    const struct field *nonce = field_get(context->record, "nonce");

    if (!approval_nonce_is_used(context->facts, field_bytes(nonce)))
        return true;
    return rule_broken_at(context, "/nonce", nonce, "a nonce that was never used");
}

/* ---- how many must approve ---- */

static bool check_quorum_size(const struct rule_context *context)
{
    const struct field *quorum = field_get(context->record, "quorum");
    const struct field *roles = field_get(context->record, "role_quorum");

    if (field_uint(quorum, 0) > APPROVAL_QUORUM_MAX)
        return rule_broken_at(context, "/quorum", quorum, "at most %d", APPROVAL_QUORUM_MAX);
    if (field_count(roles) > APPROVAL_ROLES_MAX)
        return rule_broken_at(context, "/role_quorum", roles, "at most %d", APPROVAL_ROLES_MAX);
    for (const struct field *need = field_first(roles); need != NULL;
         need = field_next(roles, need)) {
        if (field_uint(need, 0) > APPROVAL_QUORUM_MAX)
            return rule_broken_at(context, "/role_quorum", need, "at most %d for a role",
                                  APPROVAL_QUORUM_MAX);
    }
    return true;
}

/* The record asks for this many holders of the role. */
static bool check_role(const struct rule_context *context, struct bytes role, uint64_t need)
{
    const struct field *roles = field_get(context->record, "role_quorum");
    const struct field *have = field_get_len(roles, (const char *)role.data, role.len);

    if (field_uint(have, 0) >= need)
        return true;
    return rule_broken_at(context, "/role_quorum", have, "%" PRIu64 " with the role %.*s", need,
                          (int)role.len, (const char *)role.data);
}

static bool check_quorum_number(const struct rule_context *context, uint64_t need)
{
    const struct field *quorum = field_get(context->record, "quorum");

    if (field_uint(quorum, 0) >= need)
        return true;
    return rule_broken_at(context, "/quorum", quorum, "at least %" PRIu64, need);
}

static bool check_against_parameters(const struct rule_context *context,
                                     const struct field *parameters, enum risk_level risk)
{
    const struct field *risks = field_get(parameters, "applies_to_risks");
    const struct field *roles = field_get(parameters, "role_quorum");
    const char *name = risk_level_name(risk);

    if (risks != NULL && !field_list_has(risks, bytes_of_text(name)))
        return rule_broken_at(context, "/approval_matrix", field_get(context->record, "risk"),
                              "a matrix for the risk %s", name);
    if (!check_quorum_number(context, field_uint(field_get(parameters, "quorum"), 1)))
        return false;
    for (const struct field *need = field_first(roles); need != NULL;
         need = field_next(roles, need)) {
        if (!check_role(context, need->key, field_uint(need, 0)))
            return false;
    }
    return true;
}

static bool check_against_demand(const struct rule_context *context,
                                 const struct node_demand *demand)
{
    const struct field *roles = demand->required_roles;

    if (!check_quorum_number(context, demand->quorum > 0 ? demand->quorum : 1))
        return false;
    for (const struct field *role = field_first(roles); role != NULL;
         role = field_next(roles, role)) {
        if (!check_role(context, field_text(role), 1))
            return false;
    }
    return true;
}

/* AP5 */
static bool check_quorum(const struct rule_context *context)
{
    struct record_fields memory = {0};
    struct node_demand demand;
    struct policy_fact matrix;
    bool holds;

    request_demand(&demand, context);
    holds = check_against_demand(context, &demand);
    if (holds && request_matrix(context, &matrix))
        holds = check_against_parameters(context, fact_map(&memory, matrix.parameters),
                                         demand.risk);
    record_fields_cleanup(&memory);
    node_demand_cleanup(&demand);
    return holds;
}

/* ---- who asks ---- */

/* AP28. Whoever is registered as human, or belongs to one who is. */
static bool check_requester(const struct rule_context *context)
{
    const struct field *requester = field_get(context->record, "requester");
    const struct field *actor = field_get(context->record, "actor");
    struct node_demand demand;
    enum risk_level risk;

    request_demand(&demand, context);
    risk = demand.risk;
    node_demand_cleanup(&demand);
    if (risk < RISK_HIGH || owners_have_human(context->facts, context->statement->index, field_text(requester)))
        return true;
    if (bytes_equal(field_text(field_get(actor, "id")), field_text(requester)) &&
        owners_have_human(context->facts, context->statement->index, field_text(field_get(actor, "on_behalf_of"))))
        return true;
    return rule_broken_at(context, "/requester", requester,
                          "a registered human, or somebody with one as owner");
}

#define REQUEST TYPE_BIT(RECORD_APPROVAL_REQUEST)

const struct rule rules_request[] = {
    {"AP1", "policy-unknown", RULE_REFUSES, REQUEST, check_matrix,
     "A request names a policy of kind approval-matrix that is in force."},
    {"AP2", "ad-mismatch", RULE_REFUSES, REQUEST, check_action_digest,
     "The action digest is that of the request's action and subject."},
    {"AP2", "run-mismatch", RULE_REFUSES, REQUEST, check_subject_run,
     "The subject is in the run that the record names."},
    {"AP3", "expiry", RULE_REFUSES, REQUEST, check_expiry,
     "A request expires after it was made, within the lifetime that the matrix sets."},
    {"AP4", "nonce-reuse", RULE_REFUSES, REQUEST, check_nonce,
     "The nonce of a request was never used before."},
    {"AP5", "quorum-too-low", RULE_REFUSES, REQUEST, check_quorum,
     "A request asks for at least the approvers and roles that the matrix and the contract want"
     " for the highest risk of its action, node, run and workflow."},
    {"AP5", "quorum-too-large", RULE_REFUSES, REQUEST, check_quorum_size,
     "A request asks for at most 16 approvers and at most 16 roles."},
    {"AP28", "requester-unresolved", RULE_REFUSES, REQUEST, check_requester,
     "Behind a request of high risk stands a registered human."},
};
const size_t rules_request_count = sizeof(rules_request) / sizeof(rules_request[0]);
