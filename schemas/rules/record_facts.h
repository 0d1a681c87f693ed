/* What every record leaves behind: where it is, its idempotency key; stream_facts.h: its stream. */
#ifndef VOUCH_SCHEMAS_RULES_RECORD_FACTS_H
#define VOUCH_SCHEMAS_RULES_RECORD_FACTS_H

#include "schemas/rules/rule.h"

/* FACT_RECORD (tenant, record_id): [index, record_number, record digest, type, issuer] */
struct record_fact {
    uint64_t index;         /* of its entry */
    uint64_t record_number; /* in its statement */
    struct bytes digest;    /* record digest, 32 bytes */
    enum record_type type;
    struct bytes issuer;
};

bool record_fact_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                     struct record_fact *out);

/* The record with this record's own record_id; false when there is none yet. */
bool rule_record_known(const struct rule_context *context, struct record_fact *out);

/* FACT_IDEMPOTENCY (tenant, issuer, idempotency_key): record digest, 32 bytes */
bool idempotency_get(struct facts *facts, struct bytes tenant, struct bytes issuer,
                     struct bytes idempotency_key, struct bytes *out_digest);

/*
 * The record a record-reference means: of the same tenant, logged earlier (in an earlier entry, or
 * earlier in this statement), by the issuer named or else this one, with the digest named if any.
 * False when it is none of these or of none of the types (a set of TYPE_BIT).
 */
bool record_fact_resolve(const struct rule_context *context, const struct field *reference,
                         uint32_t types, struct record_fact *out);

/* The effect common to all records. */
void record_facts_put(const struct rule_context *context);

#endif
