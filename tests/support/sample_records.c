#include "tests/support/sample_records.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/record.h"
#include "schemas/view.h"
#include "tests/support/sample_text.h"

enum { HOUR_MS = 3600000 };

void sample_records_init(struct sample_records *out, const char *issuer, uint64_t seed)
{
    *out = (struct sample_records){
        .issuer = issuer, .tenant = "test", .seed = seed, .at_ms = SAMPLE_AT_MS};
}

/* The paragraph of a type, found by its name in JSON ("run-start") or in a word ("run_start"). */
static size_t paragraph_of(struct bytes name)
{
    struct bytes found;
    struct bytes text;
    size_t number = 0;

    for (; sample_text_at(&found, &text, number); number++) {
        size_t i = 0;

        while (i < found.len && i < name.len &&
               (found.data[i] == name.data[i] || (found.data[i] == '-' && name.data[i] == '_')))
            i++;
        if (i == found.len && i == name.len)
            break;
    }
    CHECK(number < SAMPLE_PARAGRAPHS_MAX);
    return number;
}

bool sample_record_type(char out[SAMPLE_TYPE_LEN_MAX], size_t number)
{
    struct bytes name;
    struct bytes text;

    for (size_t i = 0; sample_text_at(&name, &text, i); i++) {
        if (name.data[0] == '$' || number-- > 0)
            continue;
        CHECK(name.len < SAMPLE_TYPE_LEN_MAX);
        memcpy(out, name.data, name.len);
        out[name.len] = 0;
        return true;
    }
    return false;
}

/* A UUIDv7 of the next record's time and of all that makes these records other ones. */
static void make_id(uint8_t out[SAMPLE_ID_LEN], struct sample_records *records)
{
    const char *stream = records->stream == NULL ? "" : records->stream;
    struct buf source = {0};
    struct hash hash;

    buf_append_format(&source, "%" PRIu64 " %s %s %s %" PRIu64, records->seed, records->issuer,
                      records->tenant, stream, records->id_count++);
    hash_sha256(&hash, bytes_of_buf(&source));
    buf_clear(&source);
    buf_append_be64(&source, records->at_ms << 16);
    memcpy(out, source.data, 6);
    memcpy(out + 6, hash.bytes, SAMPLE_ID_LEN - 6);
    out[6] = (uint8_t)(0x70 | (out[6] & 0x0F));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3F));
    buf_cleanup(&source);
}

/* ---- what words stand for ---- */

static void put_id(struct buf *out, const uint8_t id[SAMPLE_ID_LEN])
{
    text_append_base64url(out, bytes_of(id, SAMPLE_ID_LEN));
}

static void put_hash(struct buf *out, const struct hash *hash)
{
    text_append_base64url(out, bytes_of(hash->bytes, HASH_LEN));
}

static void put_number(struct buf *out, uint64_t number)
{
    buf_append_format(out, "%" PRIu64, number);
}

static void put_extensions(struct buf *out, const struct sample_records *records)
{
    bool has_both = records->padding_len > 0 && records->extensions != NULL;

    buf_append_text(out, ",\"extensions\":{");
    if (records->padding_len > 0) {
        buf_append_text(out, "\"padding\":\"");
        memset(buf_extend(out, records->padding_len), 'p', records->padding_len);
        buf_append_text(out, "\"");
    }
    buf_append_text(out, has_both ? "," : "");
    buf_append_text(out, records->extensions == NULL ? "" : records->extensions);
    buf_append_text(out, "}");
}

static void put_header(struct buf *out, const struct sample_records *records)
{
    buf_append_text(out, "\"schema_version\":1,\"record_id\":\"");
    put_id(out, records->record_id);
    buf_append_format(out, "\",\"tenant\":\"%s\",\"occurred_at_ms\":%" PRIu64, records->tenant,
                      records->at_ms);
    buf_append_format(out, ",\"sequence_number\":%" PRIu64, records->sequence_number);
    if (records->stream != NULL)
        buf_append_format(out, ",\"stream\":\"%s\"", records->stream);
    if (records->padding_len > 0 || records->extensions != NULL)
        put_extensions(out, records);
}

static void put_record_id(struct buf *out, const struct sample_records *records)
{
    put_id(out, records->record_id);
}

static void put_unique_hash(struct buf *out, const struct sample_records *records)
{
    struct hash hash;

    hash_sha256(&hash, bytes_of(records->record_id, SAMPLE_ID_LEN));
    put_hash(out, &hash);
}

static void put_sequence_number(struct buf *out, const struct sample_records *records)
{
    put_number(out, records->sequence_number);
}

static void put_at_ms(struct buf *out, const struct sample_records *records)
{
    put_number(out, records->at_ms);
}

static void put_at_s(struct buf *out, const struct sample_records *records)
{
    put_number(out, records->at_ms / 1000);
}

static void put_later_ms(struct buf *out, const struct sample_records *records)
{
    put_number(out, records->at_ms + HOUR_MS);
}

static void put_later_s(struct buf *out, const struct sample_records *records)
{
    put_number(out, (records->at_ms + HOUR_MS) / 1000);
}

static void put_run_id(struct buf *out, const struct sample_records *records)
{
    CHECK(records->run_at_ms > 0);
    put_id(out, records->run_id);
}

static void put_run_at_ms(struct buf *out, const struct sample_records *records)
{
    put_number(out, records->run_at_ms);
}

/* Each step of a run has two events. */
static void put_node_id(struct buf *out, const struct sample_records *records)
{
    buf_append_format(out, "step-%zu", records->events.count / 2);
}

static void put_event(struct buf *out, const struct sample_records *records)
{
    buf_append_text(out, records->events.count % 2 == 0 ? "start" : "end");
}

static void put_nodes(struct buf *out, const struct sample_records *records)
{
    size_t count = (records->events.count + 1) / 2;

    for (size_t i = 0; i == 0 || i < count; i++) {
        buf_append_format(out, "%s{\"node_id\":\"step-%zu\",\"kind\":\"transform\",",
                          i == 0 ? "" : ",", i);
        buf_append_text(out, "\"status\":\"ok\",\"inputs\":[],\"outputs\":[],");
        buf_append_format(out, "\"started_at_ms\":%" PRIu64 ",\"ended_at_ms\":%" PRIu64 "}",
                          records->run_at_ms, records->at_ms);
    }
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, HASH_LEN);
}

static void put_tally_digest(struct buf *out, const struct sample_tally *tally)
{
    struct sample_tally sorted = *tally;
    struct hash hash;

    qsort(sorted.digests, sorted.count, sizeof(sorted.digests[0]), compare_hashes);
    hash_sha256(&hash, bytes_of(sorted.digests, sorted.count * sizeof(sorted.digests[0])));
    put_hash(out, &hash);
}

static void put_event_count(struct buf *out, const struct sample_records *records)
{
    put_number(out, records->events.count);
}

static void put_events_digest(struct buf *out, const struct sample_records *records)
{
    put_tally_digest(out, &records->events);
}

static void put_evaluation_count(struct buf *out, const struct sample_records *records)
{
    put_number(out, records->evaluations.count);
}

static void put_evaluations_digest(struct buf *out, const struct sample_records *records)
{
    put_tally_digest(out, &records->evaluations);
}

static const struct {
    const char *word;
    void (*put)(struct buf *out, const struct sample_records *records);
} WORDS[] = {
    {"header", put_header},
    {"record_id", put_record_id},
    {"unique_hash", put_unique_hash},
    {"sequence_number", put_sequence_number},
    {"at_ms", put_at_ms},
    {"at_s", put_at_s},
    {"later_ms", put_later_ms},
    {"later_s", put_later_s},
    {"run_id", put_run_id},
    {"run_at_ms", put_run_at_ms},
    {"node_id", put_node_id},
    {"event", put_event},
    {"nodes", put_nodes},
    {"event_count", put_event_count},
    {"events_digest", put_events_digest},
    {"evaluation_count", put_evaluation_count},
    {"evaluations_digest", put_evaluations_digest},
};

static bool take_suffix(struct bytes *name, const char *suffix)
{
    size_t len = strlen(suffix);

    if (name->len < len ||
        !bytes_equal_text(bytes_slice(*name, name->len - len, name->len), suffix))
        return false;
    name->len -= len;
    return true;
}

/* $last_X and $last_X_id. */
static void put_last(struct buf *out, const struct sample_records *records, struct bytes type)
{
    bool is_id = take_suffix(&type, "_id");
    const struct sample_reference *last = &records->last[paragraph_of(type)];

    CHECK(last->issuer != NULL);
    if (is_id) {
        put_id(out, last->record_id);
        return;
    }
    buf_append_text(out, "{\"record_id\":\"");
    put_id(out, last->record_id);
    buf_append_format(out, "\",\"iss\":\"%s\",\"record_digest\":\"", last->issuer);
    put_hash(out, &last->digest);
    buf_append_text(out, "\"}");
}

static bool put_value(void *context, struct buf *out, struct bytes name)
{
    static const char LAST[] = "last_";
    const struct sample_records *records = context;

    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (bytes_equal_text(name, WORDS[i].word)) {
            WORDS[i].put(out, records);
            return true;
        }
    }
    if (!bytes_start_with(name, bytes_of_text(LAST)))
        return false;
    put_last(out, records, bytes_slice(name, strlen(LAST), name.len));
    return true;
}

/* ---- records ---- */

static void begin_run(struct sample_records *records)
{
    make_id(records->run_id, records);
    records->run_at_ms = records->at_ms;
    records->events.count = 0;
    records->evaluations.count = 0;
}

static void count_in_run(struct sample_tally *tally, const struct hash *digest)
{
    CHECK(tally->count < SAMPLE_RUN_RECORDS_MAX);
    tally->digests[tally->count++] = *digest;
}

/* What later records say about this one. */
static void remember(struct sample_records *records, const char *type, struct bytes record)
{
    struct sample_reference *last = &records->last[paragraph_of(bytes_of_text(type))];

    last->issuer = records->issuer;
    memcpy(last->record_id, records->record_id, SAMPLE_ID_LEN);
    record_digest(&last->digest, bytes_of_text(records->issuer), record);
    if (strcmp(type, "execution-event") == 0)
        count_in_run(&records->events, &last->digest);
    if (strcmp(type, "policy-evaluation") == 0)
        count_in_run(&records->evaluations, &last->digest);
}

void sample_record_append(struct buf *out, struct sample_records *records, const char *type)
{
    struct bytes text = sample_text_named(type);
    struct buf json = {0};
    struct buf record = {0};
    struct err err = {0};

    if (strcmp(type, "run-start") == 0)
        begin_run(records);
    make_id(records->record_id, records);
    sample_text_expand(&json, text, put_value, records);
    if (!view_parse_json(&record, bytes_of_buf(&json), &err)) {
        fprintf(stderr, "sample records: %s: %s\n%s\n", type, err.text, buf_text(&json));
        abort();
    }
    remember(records, type, bytes_of_buf(&record));
    records->at_ms++;
    records->sequence_number += memmem(text.data, text.len, "$header", 7) != NULL;
    buf_append_bytes(out, bytes_of_buf(&record));
    buf_cleanup(&record);
    buf_cleanup(&json);
}

void sample_record_append_lone(struct buf *out, const char *issuer, uint64_t number, uint64_t at_ms,
                               size_t padding_len)
{
    char *stream = mem_format("s%" PRIu64, number);
    struct sample_records *records = mem_alloc(sizeof(*records));

    sample_records_init(records, issuer, number);
    records->stream = stream;
    records->at_ms = at_ms;
    records->padding_len = padding_len;
    sample_record_append(out, records, SAMPLE_NEUTRAL);
    free(records);
    free(stream);
}
