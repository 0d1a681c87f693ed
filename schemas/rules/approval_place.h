/*
 * Whether an approval serves where it is to be used. A request need not name a run, and may be
 * older than its run: what the run turns out to be is held against it when it is used.
 */
#ifndef VOUCH_SCHEMAS_RULES_APPROVAL_PLACE_H
#define VOUCH_SCHEMAS_RULES_APPROVAL_PLACE_H

#include "schemas/rules/approval_facts.h"
#include "schemas/rules/node_demand.h"

/* Borrowed, all of it. */
struct approval_place {
    struct facts *facts;
    struct bytes tenant;
    struct bytes run_id;
    struct bytes node_id; /* empty: the run as a whole, in which every node of it is */
    uint64_t index;       /* of the entry that asks */
    const struct run *run;
    const struct node_demand *demand; /* of the run and node */
};

/* Its subject names no other run and no other node. */
bool approval_is_here(const struct approval_place *place, const struct approval_request *request);

/*
 * What was asked for is as much as the place demands: risk, environment, approvers, roles. And
 * nobody who approved is behind who triggered the run, wrote its workflow where the risk is high,
 * or was heard by who reports the run.
 */
bool approval_serves(const struct approval_place *place, const struct approval_request *request);

#endif
