/* Legal holds, and requests for erasure: what must not be erased, and what should have been. */
#ifndef VOUCH_SCHEMAS_RULES_HOLD_FACTS_H
#define VOUCH_SCHEMAS_RULES_HOLD_FACTS_H

#include "schemas/rules/rule.h"
#include "schemas/rules/words.h"

enum {
    HOLDS_MAX = 1000,      /* active holds of a tenant; after one more everything counts as held */
    HOLDS_ON_ONE_MAX = 64, /* holds ever placed on one person or run; then it counts as held */
};

/*
 * FACT_HOLD (tenant, hold_id): [is active, is general, has a classification, classification]. A
 * general hold names neither persons nor runs: it is on everything, or on everything so classified.
 * FACT_HOLDS (tenant): item_set of the ids of active holds, and "*" once there were too many.
 * FACT_HOLD_ON (tenant, alias or run_id): item_set of the ids of all holds ever placed on it.
 */

/*
 * Whether a hold that is active may concern what the record's selection names: the same person or
 * run, a hold on everything, or a selection of everything while anything is held. Classifications
 * that differ exclude each other. out_hold_id: the first such hold, empty when lists were full.
 */
bool hold_find(const struct rule_context *context, const struct field *selection,
               struct bytes *out_hold_id);

/* FACT_ERASURE (tenant, record_id of an erase-request): when it is due. False for other records. */
bool erasure_due(const struct rule_context *context, const struct field *reference,
                 uint64_t *out_due_at_ms);

#endif
