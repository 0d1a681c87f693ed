/* The rules for answering a request for approval. All but what is only odd refuse: an approval that
 * should not be would be false authority. */
#include "schemas/rules/families.h"

#include "schemas/rules/item_set.h"
#include "schemas/rules/owners.h"
#include "schemas/rules/policy_facts.h"
#include "schemas/rules/run_facts.h"
#include "schemas/rules/version_facts.h"
#include "schemas/rules/vote.h"

/* ---- the request ---- */

static unsigned count_votes(const struct approval_request *request)
{
    struct dcbor_reader votes = approval_votes_of(request);
    struct approval_vote vote;
    unsigned count = 0;

    while (approval_vote_next(&votes, &vote))
        count++;
    return count;
}

/* AP10. That a request expired may be said after it did. */
static bool check_request(const struct rule_context *context)
{
    const struct field *named = field_at(context->record, "approval_request.record_id");
    struct vote vote = vote_of(context);
    enum approval_state state;

    if (!vote.has_request)
        return rule_broken_at(context, "/approval_request", named, "a request that is logged");
    state = vote.outcome == OUTCOME_EXPIRE
                ? vote.request.state
                : approval_state_at(&vote.request, context->statement->received_at_ms);
    if (state != APPROVAL_OPEN)
        return rule_broken(context, "/approval_request", approval_state_name(state), "open");
    if (count_votes(&vote.request) >= APPROVAL_VOTES_MAX)
        return rule_broken(context, "/approval_request", "as many votes as a request may have",
                           "a new request");
    return true;
}

/* AP11 */
static bool check_binding(const struct rule_context *context)
{
    const struct field *digest = field_get(context->record, "action_digest");
    const struct field *nonce = field_get(context->record, "nonce");
    struct vote vote = vote_of(context);

    if (!vote.has_request)
        return true;
    if (!bytes_equal(field_bytes(digest), vote.request.action_digest))
        return rule_broken_at(context, "/action_digest", digest, "the digest in the request");
    if (!bytes_equal(field_bytes(nonce), vote.request.nonce))
        return rule_broken_at(context, "/nonce", nonce, "the nonce in the request");
    return true;
}

/* AP21 */
static bool check_edit(const struct rule_context *context)
{
    const struct field *digest = field_get(context->record, "edited_action_digest");
    const struct field *edit = field_get(context->record, "edit");
    bool is_edited = approval_outcome_of(field_get(context->record, "outcome")) ==
                     OUTCOME_APPROVE_EDITED;

    if ((edit != NULL) == is_edited && (digest != NULL) == is_edited)
        return true;
    return rule_broken(context, is_edited && edit == NULL ? "/edit" : "/edited_action_digest",
                       NULL, is_edited ? "what was changed, and the digest of the new action"
                                       : "nothing but where the outcome is approve-edited");
}

/* AP21 */
static bool check_same_action(const struct rule_context *context)
{
    const struct field *edited = field_get(context->record, "edited_action_digest");
    const struct field *digest =
        edited != NULL ? edited : field_get(context->record, "action_digest");
    struct vote vote = vote_of(context);

    if (!vote.has_request || !approval_outcome_is_yes(vote.outcome) ||
        vote.request.approval_count == 0 ||
        bytes_equal(field_bytes(digest), vote.request.bound_digest))
        return true;
    return rule_broken_at(context, edited != NULL ? "/edited_action_digest" : "/action_digest",
                          digest, "the digest that was approved before");
}

/* ---- the approver ---- */

/* AP12 */
static bool check_human(const struct rule_context *context)
{
    const struct field *kind = field_at(context->record, "actor.kind");
    struct vote vote = vote_of(context);
    struct principal known;

    if (!approval_outcome_is_vote(vote.outcome))
        return true;
    if (!field_is_text(kind, "human"))
        return rule_broken_at(context, "/actor/kind", kind, "human");
    if (rule_principal(context, vote.who, &known) && !bytes_equal_text(known.kind, "human"))
        return vote_broken_for_actor(context, "somebody who is registered as human");
    return true;
}

/* By what was known when the request was logged, or is known now. */
static bool is_behind(const struct rule_context *context, const struct vote *vote,
                      struct bytes id)
{
    return owners_include(context->facts, vote->request.index, id, vote->who) ||
           owners_include(context->facts, context->statement->index, id, vote->who);
}

static struct bytes triggered_by(const struct rule_context *context, const struct vote *vote)
{
    struct run run;

    run_get(context->facts, rule_tenant(context), vote->request.run_id, &run);
    return run.triggered_by;
}

/* AP13. Nor may the one for whom somebody else approves. */
static bool check_self(const struct rule_context *context)
{
    const struct field *principal = field_at(context->record, "actor.on_behalf_of");
    struct vote vote = vote_of(context);

    for (int round = 0; round < 2 && vote.is_cast && vote.who.len > 0; round++) {
        if (is_behind(context, &vote, vote.request.requester))
            return vote_broken_for_actor(context, "someone other than the requester");
        if (is_behind(context, &vote, vote.request.actor) ||
            is_behind(context, &vote, vote.request.on_behalf_of))
            return vote_broken_for_actor(context, "someone other than who sent the request");
        if (is_behind(context, &vote, triggered_by(context, &vote)))
            return vote_broken_for_actor(context, "someone other than who triggered the run");
        vote.who = field_text(principal);
    }
    return true;
}

static bool has_asked_role(const struct approval_request *request,
                           const struct principal *principal)
{
    struct approval_roles roles = approval_roles_of(request);
    bool any_will_do = roles.left == 0;
    struct approval_role role;

    while (approval_role_next(&roles, &role)) {
        if (principal_has_role_bytes(principal, role.role))
            return true;
    }
    return any_will_do;
}

/* AP14 */
static bool check_role(const struct rule_context *context)
{
    struct vote vote = vote_of(context);
    struct principal principal;

    if (!vote.is_cast)
        return true;
    if (!rule_principal(context, vote.who, &principal) || principal.is_suspended ||
        !principal_serves_tenant(&principal, rule_tenant(context)))
        return vote_broken_for_actor(context, "somebody who is registered for this tenant");
    if (!has_asked_role(&vote.request, &principal))
        return vote_broken_for_actor(context, "somebody with a role that the request asks for");
    return true;
}

/* ---- authors ---- */

static const char *const target_kinds[] = {
    "workflow",        "prompt",     "policy-bundle", "tool",       "model-route",
    "retrieval-index", "corpus",     "feature-schema", "dependency", "deployment",
    "agent",           "dataset-contract",
};

static bool wrote_version(const struct rule_context *context, const struct field *object,
                          struct bytes who)
{
    struct version_fact version;

    for (size_t i = 0; i < sizeof(target_kinds) / sizeof(target_kinds[0]); i++) {
        if (version_get(context->facts, rule_tenant(context), bytes_of_text(target_kinds[i]),
                        object, &version) &&
            version_is_chain_author(&version, who))
            return true;
    }
    return false;
}

static bool wrote_policy(const struct rule_context *context, const struct vote *vote,
                         const struct field *object)
{
    struct policy_place place = policy_place_of(context);
    struct policy_fact policy;

    place.environment = vote->request.environment;
    return policy_get(&place, object, &policy) && item_set_has(policy.authors, vote->who);
}

static bool wrote_workflow_of_run(const struct rule_context *context, const struct vote *vote)
{
    struct version_fact version;
    struct run run;

    run_get(context->facts, rule_tenant(context), vote->request.run_id, &run);
    return version_get_of_run(context->facts, rule_tenant(context), run.workflow_id,
                              run.workflow_version, &version) &&
           version_is_author(&version, vote->who);
}

/* AP15. Of the version that the request is about; where the risk is high, of the run's workflow. */
static bool check_author(const struct rule_context *context)
{
    struct vote vote = vote_of(context);
    struct record_fields memory = {0};
    const struct field *object;
    bool is_author;

    if (!vote.is_cast)
        return true;
    object = field_get(fact_map(&memory, vote.request.subject), "object");
    is_author = object != NULL && (wrote_version(context, object, vote.who) ||
                                   wrote_policy(context, &vote, object));
    record_fields_cleanup(&memory);
    if (is_author)
        return vote_broken_for_actor(context, "somebody who wrote no part of that version");
    if (vote.request.risk >= RISK_HIGH && wrote_workflow_of_run(context, &vote))
        return vote_broken_for_actor(context, "somebody who did not write the run's workflow");
    return true;
}

/* ---- the vote ---- */

/* AP19 */
static bool check_once(const struct rule_context *context)
{
    struct vote vote = vote_of(context);

    if (!vote.is_cast || !approval_has_voted(&vote.request, vote.who))
        return true;
    return vote_broken_for_actor(context, "somebody who has not voted on this request");
}

/* AP24 */
static bool check_shown(const struct rule_context *context)
{
    const struct field *shown = field_get(context->record, "shown");
    struct vote vote = vote_of(context);
    struct hash hash;

    if (!vote.is_cast || vote.outcome == OUTCOME_ABSTAIN)
        return true;
    approval_digest_of(&hash, shown);
    if (shown != NULL && bytes_equal(hash_bytes(&hash), vote.request.shown))
        return true;
    return rule_broken_at(context, "/shown", field_get(shown, "digest"),
                          "what the request says is shown");
}

/* AP25. That the code is one of the tenant's vocabulary is not checked: no record carries one. */
static bool check_reason(const struct rule_context *context)
{
    const struct field *reason = field_get(context->record, "reason");
    enum approval_outcome outcome = approval_outcome_of(field_get(context->record, "outcome"));

    if ((outcome != OUTCOME_REJECT && outcome != OUTCOME_APPROVE_EDITED) ||
        field_get(reason, "description") != NULL || field_get(reason, "attachment") != NULL)
        return true;
    return rule_broken(context, "/reason", NULL, "a description or an attachment");
}

/* AP23 */
static bool check_issuer(const struct rule_context *context)
{
    struct vote vote = vote_of(context);
    struct run run;

    if (!principal_has_role(&context->statement->signer, "approval-service"))
        return rule_broken(context, "/type", NULL, "an issuer with the role approval-service");
    run_get(context->facts, rule_tenant(context), vote.request.run_id, &run);
    if (bytes_equal(run.issuer, context->statement->issuer))
        return rule_broken(context, "/approval_request", "a run that this issuer reports",
                           "an approval service that does not report the run");
    return true;
}

#define APPROVAL TYPE_BIT(RECORD_APPROVAL)

const struct rule rules_vote[] = {
    {"AP10", "request-closed", RULE_REFUSES, APPROVAL, check_request,
     "An approval answers a request that is logged and still open."},
    {"AP11", "ad-mismatch", RULE_REFUSES, APPROVAL, check_binding,
     "An approval repeats the action digest and the nonce of its request."},
    {"AP12", "not-human", RULE_REFUSES, APPROVAL, check_human,
     "Who approves, rejects or abstains is human."},
    {"AP13", "self-approval", RULE_REFUSES, APPROVAL, check_self,
     "Nobody approves what they, or an agent of theirs, requested or triggered."},
    {"AP14", "role-missing", RULE_REFUSES, APPROVAL, check_role,
     "The approver holds a role that the request asks for, by what is logged by now."},
    {"AP15", "editor-approver", RULE_REFUSES, APPROVAL, check_author,
     "Nobody approves a version they wrote or, where the risk is high, a run of it."},
    {"AP19", "duplicate-vote", RULE_REFUSES, APPROVAL, check_once,
     "Everybody has one vote on a request."},
    {"AP21", "edit-missing", RULE_REFUSES, APPROVAL, check_edit,
     "An approval of an edited action, and no other, says what was edited."},
    {"AP21", "ad-mismatch", RULE_REFUSES, APPROVAL, check_same_action,
     "All who approve a request approve the same action."},
    {"AP23", "issuer-not-isolated", RULE_REFUSES, APPROVAL, check_issuer,
     "Approvals come from an approval service that does not itself report the run."},
    {"AP24", "shown-mismatch", RULE_FLAGS, APPROVAL, check_shown,
     "What the approver saw is what the request says is shown."},
    {"AP25", "reason-missing", RULE_REFUSES, APPROVAL, check_reason,
     "Who rejects or edits says why."},
};
const size_t rules_vote_count = sizeof(rules_vote) / sizeof(rules_vote[0]);
