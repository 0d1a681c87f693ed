#include "schemas/rules/approval_place.h"

#include "schemas/rules/owners.h"
#include "schemas/rules/record_facts.h"
#include "schemas/rules/version_facts.h"

bool approval_is_here(const struct approval_place *place, const struct approval_request *request)
{
    struct bytes node_id = approval_subject_node(request);

    return (request->run_id.len == 0 || bytes_equal(request->run_id, place->run_id)) &&
           (node_id.len == 0 || place->node_id.len == 0 || bytes_equal(node_id, place->node_id));
}

static bool has_role(const struct approval_request *request, struct bytes name)
{
    struct approval_roles roles = approval_roles_of(request);
    struct approval_role role;

    while (approval_role_next(&roles, &role)) {
        if (bytes_equal(role.role, name))
            return role.have > 0;
    }
    return false;
}

/* A policy that approves within a threshold stands for the approvers (AP22). */
static bool has_approvers(const struct approval_place *place,
                          const struct approval_request *request)
{
    const struct field *roles = place->demand->required_roles;

    if (request->approval_count == 0)
        return true;
    for (const struct field *role = field_first(roles); role != NULL;
         role = field_next(roles, role)) {
        if (!has_role(request, field_text(role)))
            return false;
    }
    return request->approval_count >= place->demand->quorum;
}

static bool is_author(const struct approval_place *place, struct bytes who)
{
    struct version_fact version;

    return place->demand->risk >= RISK_HIGH &&
           version_get_of_run(place->facts, place->tenant, place->run->workflow_id,
                              place->run->workflow_version, &version) &&
           version_is_author(&version, who);
}

static bool is_from_issuer_of_run(const struct approval_place *place, struct bytes record_id)
{
    struct record_fact record;

    return record_fact_get(place->facts, place->tenant, record_id, &record) &&
           bytes_equal(record.issuer, place->run->issuer);
}

static bool has_fit_approvers(const struct approval_place *place,
                              const struct approval_request *request)
{
    struct dcbor_reader votes = approval_votes_of(request);
    struct approval_vote vote;

    while (approval_vote_next(&votes, &vote)) {
        if (approval_outcome_is_yes(vote.outcome) &&
            (owners_include(place->facts, place->index, place->run->triggered_by,
                            vote.approver) ||
             is_author(place, vote.approver) || is_from_issuer_of_run(place, vote.record_id)))
            return false;
    }
    return true;
}

bool approval_serves(const struct approval_place *place, const struct approval_request *request)
{
    return request->risk >= place->demand->risk &&
           request->environment >= place->demand->environment && has_approvers(place, request) &&
           has_fit_approvers(place, request);
}
