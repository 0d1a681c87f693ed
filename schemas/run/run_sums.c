#include "schemas/run/run_sums.h"

#include <stdlib.h>
#include <string.h>

/* Encoded values that become a set. */
struct values {
    struct bytes *items;
    size_t count;
    size_t capacity;
};

static void add_value(struct values *values, struct bytes encoded)
{
    if (values->count == values->capacity) {
        values->capacity = values->capacity == 0 ? 16 : values->capacity * 2;
        values->items =
            mem_realloc_array(values->items, values->capacity, sizeof(*values->items));
    }
    values->items[values->count++] = encoded;
}

static void add_field(struct values *values, const struct field *field)
{
    if (field != NULL)
        add_value(values, field->encoded);
}

static void add_items(struct values *values, const struct field *array)
{
    for (const struct field *item = field_first(array); item != NULL;
         item = field_next(array, item))
        add_value(values, item->encoded);
}

static int compare_bytes(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* Sorted, each once. Frees the values. */
static void put_set(struct record_maker *maker, const char *name, struct values *values)
{
    struct buf items = {0};
    struct buf encoded = {0};
    size_t count = 0;

    if (values->count > 1)
        qsort(values->items, values->count, sizeof(*values->items), compare_bytes);
    for (size_t i = 0; i < values->count; i++) {
        if (i > 0 && bytes_equal(values->items[i], values->items[i - 1]))
            continue;
        buf_append_bytes(&items, values->items[i]);
        count++;
    }
    dcbor_put_array(&encoded, count);
    buf_append_bytes(&encoded, bytes_of_buf(&items));
    record_maker_put_encoded(maker, name, bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
    buf_cleanup(&items);
    free(values->items);
}

static void put_models(struct record_maker *maker, const struct run_whole *whole)
{
    struct values models = {0};

    for (size_t i = 0; i < whole->node_count; i++) {
        const struct field *call = field_get(whole->nodes[i].node, "model_call");

        add_field(&models, field_get(call, "request_model"));
        add_field(&models, field_get(call, "response_model"));
    }
    put_set(maker, "models", &models);
}

/* What nodes refer to as name, or in a list of names, and the document's own list of them. */
static void put_references(struct record_maker *maker, const struct run_whole *whole,
                           const char *name, const char *list_name)
{
    struct values references = {0};

    for (size_t i = 0; i < whole->node_count; i++) {
        add_field(&references, field_get(whole->nodes[i].node, name));
        add_items(&references, field_get(whole->nodes[i].node, list_name));
    }
    add_items(&references, field_get(whole->records->document, list_name));
    put_set(maker, list_name, &references);
}

static void put_degradations(struct record_maker *maker, const struct run_whole *whole)
{
    const struct field *list = field_get(whole->records->document, "degradations");
    struct values degradations = {0};
    struct buf *completed = mem_alloc_array(field_count(list) + 1, sizeof(*completed));
    size_t count = 0;

    for (size_t i = 0; i < whole->node_count; i++) {
        if (whole->nodes[i].degradation.len > 0)
            add_value(&degradations, bytes_of_buf(&whole->nodes[i].degradation));
    }
    for (const struct field *item = field_first(list); item != NULL;
         item = field_next(list, item)) {
        run_degradation_put(&completed[count], item, NULL);
        add_value(&degradations, bytes_of_buf(&completed[count++]));
    }
    put_set(maker, "degradations", &degradations);
    while (count > 0)
        buf_cleanup(&completed[--count]);
    free(completed);
}

/* ---- policies ---- */

/* One evaluation, as the sums look at it. */
struct evaluated {
    struct bytes policy; /* encoded */
    bool is_deny;
    bool is_redact;
};

static int compare_evaluated(const void *a, const void *b)
{
    return bytes_compare(((const struct evaluated *)a)->policy,
                         ((const struct evaluated *)b)->policy);
}

static size_t add_evaluated(struct evaluated *out, const struct field *evaluation)
{
    if (evaluation == NULL)
        return 0;
    out->policy = field_get(evaluation, "policy")->encoded;
    out->is_deny = field_is_text(field_get(evaluation, "decision"), "deny");
    out->is_redact = field_is_text(field_get(evaluation, "decision"), "redact");
    return 1;
}

static size_t gather_evaluated(struct evaluated *out, const struct run_whole *whole)
{
    size_t found = 0;

    for (size_t i = 0; i < whole->node_count; i++) {
        const struct field *node = whole->nodes[i].node;
        const struct field *several = field_get(node, "evaluations");

        found += add_evaluated(&out[found], field_get(node, "evaluation"));
        for (const struct field *item = field_first(several); item != NULL;
             item = field_next(several, item))
            found += add_evaluated(&out[found], item);
    }
    return found;
}

/* Evaluations of one policy. */
static void append_policy(struct buf *out, const struct evaluated *evaluated, size_t count)
{
    struct record_maker policy = {0};
    uint64_t deny_count = 0;
    uint64_t redact_count = 0;

    for (size_t i = 0; i < count; i++) {
        deny_count += evaluated[i].is_deny;
        redact_count += evaluated[i].is_redact;
    }
    record_maker_put_encoded(&policy, "policy", evaluated[0].policy);
    record_maker_put_uint(&policy, "evaluation_count", count);
    record_maker_put_uint(&policy, "deny_count", deny_count);
    record_maker_put_uint(&policy, "redact_count", redact_count);
    record_maker_finish(&policy, out);
}

static void put_policies(struct record_maker *maker, const struct run_whole *whole)
{
    struct buf items = {0};
    struct buf encoded = {0};
    struct evaluated *all;
    size_t policy_count = 0;
    size_t total = 0;

    for (size_t i = 0; i < whole->node_count; i++)
        total += whole->nodes[i].evaluation_count;
    all = mem_alloc_array(total + 1, sizeof(*all));
    total = gather_evaluated(all, whole);
    if (total > 1)
        qsort(all, total, sizeof(*all), compare_evaluated);
    for (size_t begin = 0, end; begin < total; begin = end) {
        end = begin;
        while (end < total && bytes_equal(all[end].policy, all[begin].policy))
            end++;
        append_policy(&items, &all[begin], end - begin);
        policy_count++;
    }
    dcbor_put_array(&encoded, policy_count);
    buf_append_bytes(&encoded, bytes_of_buf(&items));
    record_maker_put_encoded(maker, "policies", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
    buf_cleanup(&items);
    free(all);
}

/* ---- tally ---- */

static int compare_hashes(const void *a, const void *b)
{
    return bytes_compare(hash_bytes(a), hash_bytes(b));
}

/* Number of the records of one type, and SHA-256 over their digests, sorted (run.cddl). */
static uint64_t digest_of_type(struct hash *out, const struct run_records *records,
                               const char *type)
{
    struct hash *digests = mem_alloc_array(records->count + 1, sizeof(*digests));
    struct hasher hasher;
    size_t count = 0;

    for (size_t i = 0; i < records->count; i++) {
        if (strcmp(records->items[i].type, type) == 0)
            digests[count++] = records->items[i].digest;
    }
    if (count > 1)
        qsort(digests, count, sizeof(*digests), compare_hashes);
    hasher_init(&hasher);
    for (size_t i = 0; i < count; i++)
        hasher_update(&hasher, hash_bytes(&digests[i]));
    hasher_final(&hasher, out);
    free(digests);
    return count;
}

static void put_tally(struct record_maker *maker, const struct run_records *records)
{
    struct record_maker tally = {0};
    struct buf encoded = {0};
    struct hash digest;

    record_maker_put_uint(&tally, "event_count",
                          digest_of_type(&digest, records, "execution-event"));
    record_maker_put_bytes(&tally, "events_digest", hash_bytes(&digest));
    record_maker_put_uint(&tally, "evaluation_count",
                          digest_of_type(&digest, records, "policy-evaluation"));
    record_maker_put_bytes(&tally, "evaluations_digest", hash_bytes(&digest));
    record_maker_finish(&tally, &encoded);
    record_maker_put_encoded(maker, "tally", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

void run_sums_put(struct record_maker *maker, const struct run_whole *whole)
{
    put_models(maker, whole);
    put_policies(maker, whole);
    put_references(maker, whole, "approval", "approvals");
    put_references(maker, whole, "override", "overrides");
    put_degradations(maker, whole);
    put_tally(maker, whole->records);
}
