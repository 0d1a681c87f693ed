/* The rules for what issuers say about their own records: windows and corrections. */
#include "schemas/rules/families.h"

#include <inttypes.h>
#include <stdio.h>

#include "schemas/rules/record_facts.h"
#include "schemas/rules/stream_facts.h"

/* ---- CW1, CW2, CW3: windows, each about the stream it is in ---- */

static bool check_gap(const struct rule_context *context)
{
    const struct field *number = field_get(context->record, "begin_sequence_number");
    const struct field *begins = field_get(context->record, "begins_at_ms");
    struct stream_fact stream;

    stream_fact_get(context, &stream);
    if (field_uint(number, 0) != stream.window_end)
        return rule_broken_at(context, "/begin_sequence_number", number, "%" PRIu64,
                              stream.window_end);
    return stream.window_ends_at_ms == 0 || field_uint(begins, 0) == stream.window_ends_at_ms ||
           rule_broken_at(context, "/begins_at_ms", begins, "%" PRIu64,
                          stream.window_ends_at_ms);
}

/* What the record says of one type; of RECORD_OTHER: of all types that are no others. */
static uint64_t said_count(const struct field *counts, enum record_type type)
{
    uint64_t sum = 0;

    for (const struct field *count = field_first(counts); count != NULL;
         count = field_next(counts, count)) {
        if (record_type_find(count->key) == type)
            sum += field_uint(count, 0);
    }
    return sum;
}

/* Only windows may lie between a window's end and itself; they are not counted. */
static bool covers_stream(const struct rule_context *context, const struct stream_fact *stream)
{
    const struct field *end = field_get(context->record, "end_sequence_number");
    uint64_t number = field_uint(field_get(context->record, "sequence_number"), 0);
    uint64_t begin = field_uint(field_get(context->record, "begin_sequence_number"), 0);
    uint64_t earliest = stream->busy_end > begin ? stream->busy_end : begin;

    return (field_uint(end, 0) >= earliest && field_uint(end, 0) <= number) ||
           rule_broken_at(context, "/end_sequence_number", end, "%" PRIu64 " to %" PRIu64,
                          earliest, number);
}

static bool check_counts(const struct rule_context *context)
{
    const struct field *counts = field_get(context->record, "record_counts");
    struct stream_fact stream;
    char have[64];
    char want[64];

    stream_fact_get(context, &stream);
    if (!covers_stream(context, &stream))
        return false;
    for (enum record_type type = 0; type < RECORD_TYPE_COUNT; type++) {
        uint64_t said = said_count(counts, type);

        if (type == RECORD_WINDOW || said == stream.counts[type])
            continue;
        snprintf(have, sizeof(have), "%" PRIu64 " %s", said, record_type_name(type));
        snprintf(want, sizeof(want), "%" PRIu32, stream.counts[type]);
        return rule_broken(context, "/record_counts", have, want);
    }
    return true;
}

static bool check_runs(const struct rule_context *context)
{
    const struct field *count = field_at(context->record, "source.run_count");
    struct stream_fact stream;

    stream_fact_get(context, &stream);
    return field_uint(count, 0) == stream.counts[RECORD_RUN_START] ||
           rule_broken_at(context, "/source/run_count", count, "%" PRIu32 ", as many as run-starts",
                          stream.counts[RECORD_RUN_START]);
}

/* ---- X1: corrections. Whether the fields exist in the corrected record a verifier sees, which has
 * both records; here only its type, place and issuer are known. ---- */

static bool check_correction(const struct rule_context *context)
{
    const struct field *corrected = field_get(context->record, "corrected_record");
    const struct field *record_id = field_get(corrected, "record_id");
    struct record_fact found;

    if (!record_fact_resolve(context, corrected, TYPES_ALL & ~TYPES_OF_LOG, &found))
        return rule_broken_at(context, "/corrected_record", record_id,
                              "an earlier record that the log did not write");
    return bytes_equal(found.issuer, context->statement->issuer) ||
           principal_has_role(&context->statement->signer, "admin") ||
           rule_broken_at(context, "/corrected_record", record_id,
                          "a record of this issuer, or the role admin");
}

/* JSON pointers (RFC 6901) to something inside, not to the record itself. */
static bool check_pointers(const struct rule_context *context)
{
    const struct field *fields = field_get(context->record, "corrected_fields");

    for (const struct field *pointer = field_first(fields); pointer != NULL;
         pointer = field_next(fields, pointer)) {
        struct bytes text = field_text(pointer);

        if (text.len < 2 || text.data[0] != '/')
            return rule_broken_at(context, "/corrected_fields", pointer, "/ and a member's name");
    }
    return true;
}

#define WINDOW TYPE_BIT(RECORD_WINDOW)
#define CORRECTION TYPE_BIT(RECORD_CORRECTION)

const struct rule rules_window[] = {
    {"CW1", "window-gap", RULE_FLAGS, WINDOW, check_gap,
     "A window begins where the last one of its stream ended; the first at number 0."},
    {"CW2", "window-mismatch", RULE_FLAGS, WINDOW, check_counts,
     "A window covers all records of its stream so far, and counts them as the log did."},
    {"CW3", "run-count-mismatch", RULE_FLAGS, WINDOW, check_runs,
     "The source knows as many runs as have a run-start in the window."},
    {"X1", "correction", RULE_REFUSES_IN_STRICT, CORRECTION, check_correction,
     "Who issued a record corrects it, or an admin; what the log wrote nobody does."},
    {"X1", "correction-fields", RULE_REFUSES_IN_STRICT, CORRECTION, check_pointers,
     "The corrected fields are JSON pointers into the record."},
};
const size_t rules_window_count = sizeof(rules_window) / sizeof(rules_window[0]);
