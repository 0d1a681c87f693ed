/* The rules that hold for every record (G1 and G2 are the form and the schema: schemas/record.h). */
#include "schemas/rules/families.h"

#include <inttypes.h>

#include "schemas/rules/issuer_roles.h"
#include "schemas/rules/record_facts.h"
#include "schemas/rules/stream_facts.h"

/* A seal is an entry: it has to hold the flags of one statement at least. */
enum { FLAGS_MAX = 7000 };

static bool check_flag_count(const struct rule_context *context)
{
    if (context->flag_count <= FLAGS_MAX)
        return true;
    return rule_broken(context, "", "more flags than a seal can hold",
                       "fewer records in a statement");
}

/* The HTTP thread verified the signature with a key that may have been revoked since. */
static bool check_signature_key(const struct rule_context *context)
{
    const struct rule_statement *statement = context->statement;
    const struct issuer_key *key = &statement->key;

    if (statement->is_of_log)
        return true;
    if (key->issuer.len == 0 || !bytes_equal(key->issuer, statement->issuer))
        return rule_broken(context, "", "a key that is not the issuer's", "a registered key");
    if (statement->index < key->begin_index || statement->index >= key->end_index)
        return rule_broken(context, "", "a key that is not in use", "a key that is in use");
    return true;
}

static bool check_issuer_role(const struct rule_context *context)
{
    const struct field *type = field_get(context->record, "type");

    if (context->statement->is_of_log ||
        issuer_may_write(&context->statement->signer, context->type, field_text(type)))
        return true;
    return rule_broken_at(context, "/type", type, "a type that a role of %.*s permits",
                          (int)context->statement->issuer.len,
                          (const char *)context->statement->issuer.data);
}

static bool check_tenant(const struct rule_context *context)
{
    const struct field *tenant = field_get(context->record, "tenant");

    if (context->statement->is_of_log ||
        principal_serves_tenant(&context->statement->signer, field_text(tenant)))
        return true;
    return rule_broken_at(context, "/tenant", tenant, "a tenant this issuer was admitted for");
}

/* A sequence-void says so itself: it gives up the numbers from the next to its own. */
static bool is_void_of(const struct rule_context *context, uint64_t begin, uint64_t end)
{
    const struct field *said_begin = field_get(context->record, "begin_sequence_number");
    const struct field *said_end = field_get(context->record, "end_sequence_number");

    return context->type == RECORD_SEQUENCE_VOID && field_uint(said_begin, 0) == begin &&
           field_uint(said_end, 0) == end;
}

static bool check_sequence_gap(const struct rule_context *context)
{
    const struct field *number = field_get(context->record, "sequence_number");
    uint64_t next = rule_stream_next(context);

    if (number == NULL || field_uint(number, 0) <= next ||
        is_void_of(context, next, field_uint(number, 0)))
        return true;
    return rule_broken_at(context, "/sequence_number", number, "%" PRIu64, next);
}

/* What was used cannot be given up. */
static bool check_void(const struct rule_context *context)
{
    const struct field *begin = field_get(context->record, "begin_sequence_number");
    uint64_t number = field_uint(field_get(context->record, "sequence_number"), 0);
    uint64_t next = rule_stream_next(context);

    return is_void_of(context, next, number) ||
           rule_broken_at(context, "/begin_sequence_number", begin,
                          "%" PRIu64 ", and %" PRIu64 " as the end", next, number);
}

static bool check_sequence_reuse(const struct rule_context *context)
{
    const struct field *number = field_get(context->record, "sequence_number");
    uint64_t next = rule_stream_next(context);

    if (number == NULL || field_uint(number, 0) >= next)
        return true;
    return rule_broken_at(context, "/sequence_number", number, "%" PRIu64, next);
}

static bool check_record_id(const struct rule_context *context)
{
    const struct field *id = field_get(context->record, "record_id");
    struct record_fact known;

    if (id == NULL ||
        !rule_record_known(context, &known))
        return true;
    return rule_broken_at(context, "/record_id", id, "an id that no record of the tenant has; "
                          "this one is in entry %" PRIu64, known.index);
}

static bool check_idempotency(const struct rule_context *context)
{
    const struct field *key = field_get(context->record, "idempotency_key");
    struct bytes digest;

    if (key == NULL || !idempotency_get(context->facts, rule_tenant(context),
                                        context->statement->issuer, field_text(key), &digest))
        return true;
    return rule_broken_at(context, "/idempotency_key", key,
                          "a key this issuer has not used for another record");
}

/* LM1: what the log says it says itself, and nothing else. */
static bool check_log_key(const struct rule_context *context)
{
    bool is_log_type = (TYPES_OF_LOG & TYPE_BIT(context->type)) != 0;

    if (is_log_type == context->statement->is_of_log)
        return true;
    return rule_broken_at(context, "/type", field_get(context->record, "type"),
                          is_log_type ? "a record that others than the log write"
                                      : "a record that the log writes");
}

const struct rule rules_generic[] = {
    {"G1", "too-many-flags", RULE_REFUSES, TYPES_ALL, check_flag_count,
     "The flags of a statement fit into the seal that follows it."},
    {"LM1", "log-key", RULE_REFUSES, TYPES_ALL, check_log_key,
     "The log's own records are signed with its log key, and nothing else is."},
    {"G3", "signature-key", RULE_REFUSES, TYPES_ALL, check_signature_key,
     "The key that signed is one of the issuer's, and in use."},
    {"G3", "issuer-role", RULE_REFUSES, TYPES_ALL, check_issuer_role,
     "A role of the issuer permits this type of record."},
    {"G3", "issuer-tenant", RULE_REFUSES, TYPES_ALL, check_tenant,
     "The issuer was admitted for the record's tenant."},
    {"G4", "seq-gap", RULE_REFUSES_IN_STRICT, TYPES_ALL, check_sequence_gap,
     "The sequence number is the next of its stream: nothing was left out."},
    {"G4", "seq-void", RULE_REFUSES_IN_STRICT, TYPE_BIT(RECORD_SEQUENCE_VOID), check_void,
     "A sequence-void gives up the numbers between the last one used and its own."},
    {"G4", "seq-reuse", RULE_REFUSES, TYPES_ALL, check_sequence_reuse,
     "A sequence number is used once."},
    {"G5", "id-conflict", RULE_REFUSES, TYPES_ALL, check_record_id,
     "No other record of the tenant has this record id."},
    {"G6", "idem-conflict", RULE_REFUSES, TYPES_ALL, check_idempotency,
     "An idempotency key stands for one record."},
};
const size_t rules_generic_count = sizeof(rules_generic) / sizeof(rules_generic[0]);
