#include "schemas/rules/stream_facts.h"

#include <string.h>

#include "schemas/rules/rule_cache.h"

enum { FIXED_LEN = 4 * 8, COUNT_LEN = 1 + 4 };

/* Made once for as long as the stream stays the same. */
static const struct fact_key *own_stream_key(const struct rule_context *context)
{
    struct bytes stream = field_text(field_get(context->record, "stream"));
    struct header_cache *cache = &context->cache->header;
    struct bytes tenant = rule_tenant(context);

    if (cache->has_stream_key && bytes_equal(cache->tenant, tenant) &&
        bytes_equal(cache->stream, stream))
        return &cache->stream_key;
    cache->has_stream_key = true;
    cache->tenant = tenant;
    cache->stream = stream;
    cache->stream_key = fact_key_three(FACT_STREAM, tenant, context->statement->issuer, stream);
    return &cache->stream_key;
}

static bool decode(struct stream_fact *out, struct bytes value)
{
    if (value.len < FIXED_LEN || (value.len - FIXED_LEN) % COUNT_LEN != 0)
        return false;
    out->next = read_be64(value.data);
    out->busy_end = read_be64(value.data + 8);
    out->window_end = read_be64(value.data + 16);
    out->window_ends_at_ms = read_be64(value.data + 24);
    for (size_t at = FIXED_LEN; at < value.len; at += COUNT_LEN) {
        if (value.data[at] >= RECORD_TYPE_COUNT)
            return false;
        out->counts[value.data[at]] = read_be32(value.data + at + 1);
    }
    return true;
}

static void get(const struct rule_context *context, const struct fact_key *key,
                struct stream_fact *out)
{
    struct bytes value;

    memset(out, 0, sizeof(*out));
    if (facts_get(context->facts, key, &value) && !decode(out, value))
        facts_fail(context->facts, "stream");
}

void stream_fact_get(const struct rule_context *context, struct stream_fact *out)
{
    get(context, own_stream_key(context), out);
}

static uint64_t get_next(struct facts *facts, const struct fact_key *key)
{
    struct bytes value;

    if (!facts_get(facts, key, &value))
        return 0;
    if (value.len < FIXED_LEN)
        return facts_fail(facts, "stream");
    return read_be64(value.data);
}

uint64_t stream_next(struct facts *facts, struct bytes tenant, struct bytes issuer,
                     struct bytes stream)
{
    struct fact_key key = fact_key_three(FACT_STREAM, tenant, issuer, stream);

    return get_next(facts, &key);
}

uint64_t rule_stream_next(const struct rule_context *context)
{
    return get_next(context->facts, own_stream_key(context));
}

/* A window begins the count again; it is not counted itself. */
static void count(const struct rule_context *context, struct stream_fact *stream, uint64_t number)
{
    if (context->type == RECORD_WINDOW) {
        memset(stream->counts, 0, sizeof(stream->counts));
        stream->window_end = field_uint(field_get(context->record, "end_sequence_number"), 0);
        stream->window_ends_at_ms = field_uint(field_get(context->record, "ends_at_ms"), 0);
        return;
    }
    stream->counts[context->type]++;
    stream->busy_end = number + 1;
}

/* The stream stands behind the highest number seen, so that a gap is flagged once. */
void stream_fact_put(const struct rule_context *context)
{
    const struct field *field = field_get(context->record, "sequence_number");
    const struct fact_key *key = own_stream_key(context);
    uint64_t number = field_uint(field, 0);
    struct buf *value = rule_scratch(context);
    struct stream_fact stream;

    if (field == NULL)
        return; /* a gate-grant has no number */
    get(context, key, &stream);
    if (number >= stream.next)
        stream.next = number + 1;
    count(context, &stream, number);
    buf_append_be64(value, stream.next);
    buf_append_be64(value, stream.busy_end);
    buf_append_be64(value, stream.window_end);
    buf_append_be64(value, stream.window_ends_at_ms);
    for (enum record_type type = 0; type < RECORD_TYPE_COUNT; type++) {
        if (stream.counts[type] > 0) {
            buf_append_byte(value, (uint8_t)type);
            buf_append_be32(value, stream.counts[type]);
        }
    }
    facts_put(context->facts, key, bytes_of_buf(value));
}
