/* The stream a record is in: its next number, and what came since the issuer's last window. */
#ifndef VOUCH_SCHEMAS_RULES_STREAM_FACTS_H
#define VOUCH_SCHEMAS_RULES_STREAM_FACTS_H

#include "schemas/rules/rule.h"

/*
 * FACT_STREAM (tenant, issuer, stream): next, busy end, window end, window ends at (8 bytes each), and
 * for each type of record since the last window, except windows: type (1 byte), count (4 bytes).
 */
struct stream_fact {
    uint64_t next;              /* sequence number; 0 when the stream is new */
    uint64_t busy_end;          /* behind the last record that is no window */
    uint64_t window_end;        /* end_sequence_number of the last window */
    uint64_t window_ends_at_ms; /* 0: there was no window yet */
    uint32_t counts[RECORD_TYPE_COUNT];
};

/* Of the record's own stream; all zero when it is new. */
void stream_fact_get(const struct rule_context *context, struct stream_fact *out);

/* Only the next sequence number of a stream. */
uint64_t stream_next(struct facts *facts, struct bytes tenant, struct bytes issuer,
                     struct bytes stream);
uint64_t rule_stream_next(const struct rule_context *context); /* of the record's own */

/* The effect of every record with a header. */
void stream_fact_put(const struct rule_context *context);

#endif
