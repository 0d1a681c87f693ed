/* What is remembered of incidents, access reviews, anchors and of who is admin. */
#ifndef VOUCH_SCHEMAS_RULES_OVERSIGHT_FACTS_H
#define VOUCH_SCHEMAS_RULES_OVERSIGHT_FACTS_H

#include "merkle/hash.h"
#include "schemas/rules/rule.h"

/* FACT_INCIDENT (tenant, incident_id): [first index, is drill, latest at, is improved] */
struct incident_fact {
    uint64_t index;        /* of the entry that opened it, or first named it */
    bool is_drill;         /* as it was then */
    uint64_t latest_at_ms; /* the latest occurred_at_ms of its records */
    bool is_improved;      /* a phase "improve" had an action policy-patch or test-added */
};
bool incident_get(const struct rule_context *context, struct incident_fact *out);

/* Whether an incident record is in phase "improve" with an action policy-patch or test-added. */
bool incident_improves(const struct field *record);

/* FACT_REVIEW (tenant, system): when the period of the last access-review ended. */
bool review_get(const struct rule_context *context, uint64_t *out_ends_at_ms);

/* FACT_ANCHOR (size): the root that a log-metadata "anchor" named for that size. */
bool anchor_get(struct facts *facts, uint64_t size, struct hash *out_root);

/* FACT_ADMINS (): item_set of the principals that hold the role admin and are not suspended. */
struct bytes admins_get(struct facts *facts);

#endif
