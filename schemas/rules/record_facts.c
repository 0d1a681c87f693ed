#include "schemas/rules/record_facts.h"

#include "schemas/rules/rule_cache.h"
#include "schemas/rules/stream_facts.h"

static struct fact_key record_key(struct bytes tenant, struct bytes record_id)
{
    return fact_key_two(FACT_RECORD, tenant, record_id);
}

static bool get_record(struct facts *facts, const struct fact_key *key, struct record_fact *out)
{
    struct dcbor_reader reader;
    struct err ignored = {0};
    struct bytes value;
    uint64_t count;
    uint64_t type;

    if (!facts_get(facts, key, &value))
        return false;
    reader = dcbor_reader_of(value);
    if (!dcbor_read_array(&reader, &count, &ignored) || count != 5 ||
        !dcbor_read_uint(&reader, &out->index, &ignored) ||
        !dcbor_read_uint(&reader, &out->record_number, &ignored) ||
        !dcbor_read_bytes(&reader, &out->digest, &ignored) ||
        !dcbor_read_uint(&reader, &type, &ignored) || type >= RECORD_TYPE_COUNT ||
        !dcbor_read_text(&reader, &out->issuer, &ignored))
        return facts_fail(facts, "record");
    out->type = (enum record_type)type;
    return true;
}

bool record_fact_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                     struct record_fact *out)
{
    struct fact_key key = record_key(tenant, record_id);

    return get_record(facts, &key, out);
}

/* Made once for a record. */
static const struct fact_key *own_record_key(const struct rule_context *context)
{
    struct header_cache *cache = &context->cache->header;

    if (!cache->has_record_key)
        cache->record_key = record_key(rule_tenant(context),
                                       field_bytes(field_get(context->record, "record_id")));
    cache->has_record_key = true;
    return &cache->record_key;
}

bool rule_record_known(const struct rule_context *context, struct record_fact *out)
{
    return get_record(context->facts, own_record_key(context), out);
}

bool idempotency_get(struct facts *facts, struct bytes tenant, struct bytes issuer,
                     struct bytes idempotency_key, struct bytes *out_digest)
{
    struct fact_key key = fact_key_three(FACT_IDEMPOTENCY, tenant, issuer, idempotency_key);

    return facts_get(facts, &key, out_digest);
}

bool record_fact_resolve(const struct rule_context *context, const struct field *reference,
                         uint32_t types, struct record_fact *out)
{
    const struct field *issuer = field_get(reference, "iss");
    const struct field *digest = field_get(reference, "record_digest");
    struct bytes wanted_issuer =
        issuer == NULL ? context->statement->issuer : field_text(issuer);

    return record_fact_get(context->facts, rule_tenant(context),
                           field_bytes(field_get(reference, "record_id")), out) &&
           (types & TYPE_BIT(out->type)) != 0 && bytes_equal(out->issuer, wanted_issuer) &&
           (digest == NULL || bytes_equal(out->digest, field_bytes(digest)));
}

static void put_record(const struct rule_context *context)
{
    struct buf *value = rule_scratch(context);

    dcbor_put_array(value, 5);
    dcbor_put_uint(value, context->statement->index);
    dcbor_put_uint(value, context->record_number);
    dcbor_put_bytes(value, hash_bytes(&context->digest));
    dcbor_put_uint(value, context->type);
    dcbor_put_text(value, context->statement->issuer);
    facts_put(context->facts, own_record_key(context), bytes_of_buf(value));
}

static void put_idempotency(const struct rule_context *context)
{
    struct bytes text = field_text(field_get(context->record, "idempotency_key"));
    struct fact_key key;

    if (text.len == 0)
        return;
    key = fact_key_three(FACT_IDEMPOTENCY, rule_tenant(context), context->statement->issuer, text);
    facts_put(context->facts, &key, hash_bytes(&context->digest));
}

void record_facts_put(const struct rule_context *context)
{
    if (field_get(context->record, "record_id") == NULL)
        return; /* a seal has no header */
    put_record(context);
    stream_fact_put(context);
    put_idempotency(context);
}
