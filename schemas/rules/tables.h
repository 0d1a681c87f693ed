/* All rules and effects, in the order in which they are asked and applied. */
#ifndef VOUCH_SCHEMAS_RULES_TABLES_H
#define VOUCH_SCHEMAS_RULES_TABLES_H

#include "schemas/rules/families.h"

size_t rule_count(void);
const struct rule *rule_at(size_t n); /* n < rule_count() */
size_t rule_number(const struct rule *rule); /* rule_at(rule_number(rule)) == rule */

size_t effect_count(void);
const struct effect *effect_at(size_t n); /* n < effect_count() */

#endif
