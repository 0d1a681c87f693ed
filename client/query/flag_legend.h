/* What flags mean, by the rules this program carries: what a log says of them is not needed. */
#ifndef VOUCH_CLIENT_QUERY_FLAG_LEGEND_H
#define VOUCH_CLIENT_QUERY_FLAG_LEGEND_H

#include "base/bytes.h"
#include "schemas/record_fields.h"
#include "schemas/rules/rule.h"

/* The rule behind "RULE/code"; NULL when this program does not know it. */
const struct rule *flag_rule(struct bytes name);

/* The flags met so far. A zeroed struct has met none. */
struct flag_legend {
    bool *is_met; /* by the number of the rule */
    bool has_unknown;
};

/* Takes the flags of a row: an array of "RULE/code", or NULL. */
void flag_legend_take(struct flag_legend *legend, const struct field *flags);

/* Appends one paragraph for each flag that was met; nothing when there was none. */
void flag_legend_append(struct buf *out, const struct flag_legend *legend);

/* Appends {"RULE/code": sentence} as the member "flag_meanings" of an object that was begun. */
void flag_legend_append_json(struct buf *out, const struct flag_legend *legend);

void flag_legend_cleanup(struct flag_legend *legend);

#endif
