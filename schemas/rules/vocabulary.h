/*
 * Ids of controls that every tenant may name in a record's "controls", without a control-map of its
 * own: the criteria and articles of published frameworks. A tenant adds others as clauses of a
 * policy of kind control-map.
 */
#ifndef VOUCH_SCHEMAS_RULES_VOCABULARY_H
#define VOUCH_SCHEMAS_RULES_VOCABULARY_H

#include "base/bytes.h"

/* prefix followed by a number from first to last: "CC6." and 1 to 8. */
struct control_range {
    const char *prefix;
    uint64_t first;
    uint64_t last;
};

extern const struct control_range control_ranges[];
extern const size_t control_range_count;

bool control_is_published(struct bytes id);

#endif
