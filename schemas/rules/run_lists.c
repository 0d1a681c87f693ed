#include "schemas/rules/run_lists.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/rules/fact_value.h"
#include "schemas/rules/rule_cache.h"
#include "schemas/rules/run_workflow.h"

enum { DIGESTS_PER_CHUNK = 16, EVALUATION_ITEMS = 6, PART_ITEMS = 2 };

static struct fact_key item_key(const struct rule_context *context, enum fact_kind kind, uint64_t n)
{
    struct fact_key list = rule_run_key(context, kind);

    return fact_key_item(&list, n);
}

static struct bytes member_text(const struct rule_context *context, const char *path)
{
    return field_text(field_at(context->record, path));
}

/* ---- events ---- */

void rule_run_event_put(const struct rule_context *context, uint64_t n)
{
    struct fact_key key = item_key(context, FACT_RUN_EVENTS, n / DIGESTS_PER_CHUNK);
    struct buf *out = rule_scratch(context);
    struct bytes chunk;

    if (n >= RUN_EVENTS_MAX)
        return;
    if (n % DIGESTS_PER_CHUNK > 0 && facts_get(context->facts, &key, &chunk))
        buf_append_bytes(out, chunk);
    buf_append_bytes(out, hash_bytes(&context->digest));
    facts_put(context->facts, &key, bytes_of_buf(out));
}

/* ---- evaluations ---- */

bool run_evaluation_decode(struct run_evaluation *out, struct bytes encoded)
{
    struct fact_value value = fact_value_open(encoded, EVALUATION_ITEMS);

    out->digest = fact_value_bytes(&value);
    out->node_id = fact_value_text(&value);
    out->policy_id = fact_value_text(&value);
    out->policy_kind = fact_value_text(&value);
    out->decision = fact_value_text(&value);
    out->destination = fact_value_text(&value);
    return fact_value_is_whole(&value);
}

bool rule_run_evaluation(const struct rule_context *context, uint64_t n,
                         struct run_evaluation *out)
{
    struct fact_key key = item_key(context, FACT_RUN_EVALUATION, n);
    struct bytes encoded;

    if (!facts_get(context->facts, &key, &encoded))
        return false;
    return run_evaluation_decode(out, encoded) ||
           facts_fail(context->facts, "evaluation in a run");
}

void rule_run_evaluation_put(const struct rule_context *context, uint64_t n)
{
    struct fact_key key = item_key(context, FACT_RUN_EVALUATION, n);
    struct buf *out = rule_scratch(context);
    struct policy_fact policy = {0};

    if (n >= RUN_EVALUATIONS_MAX)
        return;
    rule_evaluated_policy(context, &policy);
    dcbor_put_array(out, EVALUATION_ITEMS);
    dcbor_put_bytes(out, hash_bytes(&context->digest));
    dcbor_put_text(out, member_text(context, "node_id"));
    dcbor_put_text(out, member_text(context, "policy.id"));
    dcbor_put_text(out, policy.kind);
    dcbor_put_text(out, member_text(context, "decision"));
    dcbor_put_text(out, member_text(context, "destination"));
    facts_put(context->facts, &key, bytes_of_buf(out));
}

/* ---- tallies ---- */

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, HASH_LEN);
}

static void hash_sorted(struct hash *out, struct buf *digests)
{
    if (digests->len > 0)
        qsort(digests->data, digests->len / HASH_LEN, HASH_LEN, compare_digests);
    hash_sha256(out, bytes_of_buf(digests));
}

static bool append_chunk(const struct rule_context *context, uint64_t n, struct buf *digests)
{
    struct fact_key key = item_key(context, FACT_RUN_EVENTS, n);
    struct bytes chunk;

    if (!facts_get(context->facts, &key, &chunk))
        return false;
    buf_append_bytes(digests, chunk);
    return true;
}

bool rule_run_events_digest(const struct rule_context *context, struct hash *out)
{
    uint64_t count = rule_run(context)->event_count;
    bool is_read = count <= RUN_EVENTS_MAX;
    struct buf digests = {0};

    for (uint64_t n = 0; is_read && n * DIGESTS_PER_CHUNK < count; n++)
        is_read = append_chunk(context, n, &digests);
    if (is_read && digests.len != count * HASH_LEN)
        is_read = facts_fail(context->facts, "events of a run");
    if (is_read)
        hash_sorted(out, &digests);
    buf_cleanup(&digests);
    return is_read;
}

bool rule_run_evaluations_digest(const struct rule_context *context, struct hash *out)
{
    uint64_t count = rule_run(context)->evaluation_count;
    bool is_read = count <= RUN_EVALUATIONS_MAX;
    struct run_evaluation evaluation;
    struct buf digests = {0};

    for (uint64_t n = 0; is_read && n < count; n++) {
        is_read = rule_run_evaluation(context, n, &evaluation);
        if (is_read)
            buf_append_bytes(&digests, evaluation.digest);
    }
    if (is_read && digests.len != count * HASH_LEN)
        is_read = facts_fail(context->facts, "evaluations in a run");
    if (is_read)
        hash_sorted(out, &digests);
    buf_cleanup(&digests);
    return is_read;
}

/* ---- artifacts ---- */

static struct fact_key artifact_key(struct bytes tenant, struct bytes run_id,
                                    struct bytes artifact_id)
{
    return fact_key_three(FACT_RUN_ARTIFACT, tenant, run_id, artifact_id);
}

bool run_artifact_get(struct facts *facts, struct bytes tenant, struct bytes run_id,
                      struct bytes artifact_id, struct bytes *out_content)
{
    struct fact_key key = artifact_key(tenant, run_id, artifact_id);

    return facts_get(facts, &key, out_content);
}

void rule_run_artifact_put(const struct rule_context *context, const struct field *artifact)
{
    const struct field *content = field_get(artifact, "content");
    struct fact_key key = artifact_key(rule_tenant(context), rule_run_id(context),
                                       field_text(field_get(artifact, "artifact_id")));

    facts_put(context->facts, &key, content == NULL ? (struct bytes){0} : content->encoded);
}

/* ---- parts ---- */

bool rule_run_part(const struct rule_context *context, uint64_t n, struct run_part *out)
{
    struct fact_key key = item_key(context, FACT_RUN_PART, n);
    struct fact_value value;
    struct bytes encoded;

    if (!facts_get(context->facts, &key, &encoded) || encoded.len == 0)
        return false;
    value = fact_value_open(encoded, PART_ITEMS);
    out->digest = fact_value_bytes(&value);
    out->body = fact_value_rest(&value);
    return fact_value_is_whole(&value) || facts_fail(context->facts, "part of a manifest");
}

static void put_member(struct buf *out, const struct rule_context *context, const char *name)
{
    const struct field *member = field_get(context->record, name);

    if (member == NULL)
        dcbor_put_array(out, 0);
    else
        buf_append_bytes(out, member->encoded);
}

void rule_run_part_put(const struct rule_context *context, uint64_t n)
{
    struct fact_key key = item_key(context, FACT_RUN_PART, n);
    struct buf *out = rule_scratch(context);

    if (n >= RUN_PARTS_MAX)
        return;
    dcbor_put_array(out, PART_ITEMS);
    dcbor_put_bytes(out, hash_bytes(&context->digest));
    dcbor_put_array(out, 3);
    put_member(out, context, "nodes");
    put_member(out, context, "edges");
    put_member(out, context, "artifacts");
    facts_put(context->facts, &key, bytes_of_buf(out));
}

void rule_run_part_forget(const struct rule_context *context, uint64_t n)
{
    struct fact_key key = item_key(context, FACT_RUN_PART, n);

    facts_put(context->facts, &key, (struct bytes){0});
}

/* ---- requests for approval ---- */

static struct fact_key request_key(const struct rule_context *context, struct bytes run_id,
                                   struct bytes cause)
{
    return fact_key_three(FACT_RUN_REQUEST, rule_tenant(context), run_id, cause);
}

void rule_run_request_put(const struct rule_context *context, struct bytes run_id,
                          struct bytes cause)
{
    struct fact_key key = request_key(context, run_id, cause);

    facts_put(context->facts, &key, (struct bytes){0});
}

bool rule_run_was_requested(const struct rule_context *context, struct bytes cause)
{
    struct fact_key of_cause = request_key(context, rule_run_id(context), cause);
    struct fact_key of_run = request_key(context, rule_run_id(context), (struct bytes){0});

    return facts_has(context->facts, &of_cause) || facts_has(context->facts, &of_run);
}
