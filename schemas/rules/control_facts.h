/* Controls that a tenant's control-map names: a policy of that kind, each clause a control. */
#ifndef VOUCH_SCHEMAS_RULES_CONTROL_FACTS_H
#define VOUCH_SCHEMAS_RULES_CONTROL_FACTS_H

#include "schemas/rules/rule.h"

/*
 * FACT_CONTROL (tenant, control id): [policy id, version] of the newest control-map of production
 * with such a clause. Whether that version has not ended and has not been replaced by one without.
 */
bool control_is_mapped(const struct rule_context *context, struct bytes control_id);

#endif
