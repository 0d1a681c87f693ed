#include "schemas/run/run_manifest.h"

#include <stdlib.h>

#include "schemas/run/run_members.h"

/* So that the rest of a record fits beside it. */
enum { PART_LEN_MAX = 48000 };

/* An encoded array that is still growing. */
struct list {
    struct buf items;
    size_t count;
};

/* What the manifest, or one part of it, lists. */
struct lists {
    struct list nodes;
    struct list edges;
    struct list artifacts;
};

static void put_list(struct record_maker *maker, const char *name, struct list *list,
                     bool when_empty)
{
    struct buf encoded = {0};

    if (list->count > 0 || when_empty) {
        dcbor_put_array(&encoded, list->count);
        buf_append_bytes(&encoded, bytes_of_buf(&list->items));
        record_maker_put_encoded(maker, name, bytes_of_buf(&encoded));
    }
    buf_cleanup(&encoded);
    buf_cleanup(&list->items);
    list->count = 0;
}

static void put_lists(struct record_maker *maker, struct lists *lists, bool when_empty)
{
    put_list(maker, "nodes", &lists->nodes, when_empty);
    put_list(maker, "edges", &lists->edges, when_empty);
    put_list(maker, "artifacts", &lists->artifacts, when_empty);
}

/* ---- manifest parts ---- */

struct parts {
    struct run_records *records;
    struct lists lists;
    struct list digests; /* of the parts made so far */
    struct err err;
};

static bool end_part(struct parts *parts)
{
    struct record_maker maker;

    if (!run_records_begin(parts->records, &maker, "manifest-part", parts->records->ended_at_ms,
                           &parts->err))
        return false;
    record_maker_put_uint(&maker, "part_number", parts->digests.count);
    put_lists(&maker, &parts->lists, false);
    dcbor_put_bytes(&parts->digests.items,
                    hash_bytes(&run_records_end(parts->records, &maker)->digest));
    parts->digests.count++;
    return true;
}

/* Makes a part of what is listed so far when it has become too much for one record. */
static bool end_part_when_full(struct parts *parts)
{
    const struct lists *lists = &parts->lists;

    return lists->nodes.items.len + lists->edges.items.len + lists->artifacts.items.len <
               PART_LEN_MAX ||
           end_part(parts);
}

/* ---- what is listed ---- */

static void put_edge(struct list *edges, const struct field *from, const struct field *to,
                     struct bytes artifact_id)
{
    struct record_maker maker = {0};

    record_maker_put_field(&maker, "from_node_id", field_get(from, "node_id"));
    record_maker_put_field(&maker, "to_node_id", field_get(to, "node_id"));
    record_maker_put_literal(&maker, "kind", "data");
    record_maker_put_text(&maker, "artifact_id", artifact_id);
    record_maker_finish(&maker, &edges->items);
    edges->count++;
}

/* An artifact flows from the node that made it to the node that takes it. */
static bool list_edges(struct parts *parts, const struct run_artifacts *artifacts,
                       const struct field *node)
{
    const struct field *inputs = field_get(node, "inputs");

    for (const struct field *port = field_first(inputs); port != NULL;
         port = field_next(inputs, port)) {
        const struct run_artifact *artifact =
            run_artifacts_find(artifacts, field_text(field_get(port, "artifact_id")));

        if (artifact == NULL || artifact->producer == NULL)
            continue;
        put_edge(&parts->lists.edges, artifact->producer, node, artifact->id);
        if (!end_part_when_full(parts))
            return false;
    }
    return true;
}

/* Nodes come last: the manifest must list one, so the last of them is never in a part. */
static bool list_all(struct parts *parts, const struct run_artifacts *artifacts,
                     const struct run_node *nodes, size_t node_count)
{
    for (size_t i = 0; i < artifacts->count; i++) {
        run_artifact_put(&parts->lists.artifacts.items, &artifacts->items[i]);
        parts->lists.artifacts.count++;
        if (!end_part_when_full(parts))
            return false;
    }
    for (size_t i = 0; i < node_count; i++) {
        if (!list_edges(parts, artifacts, nodes[i].node))
            return false;
    }
    for (size_t i = 0; i < node_count; i++) {
        if (!end_part_when_full(parts))
            return false;
        run_node_put(&parts->lists.nodes.items, &nodes[i], artifacts);
        parts->lists.nodes.count++;
    }
    return true;
}

/* ---- sets and sums ---- */

static int compare_bytes(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void put_models(struct record_maker *maker, const struct run_node *nodes, size_t count)
{
    struct record_fields fields = {0};
    struct bytes *models = mem_alloc_array(2 * count + 1, sizeof(*models));
    struct list set = {0};
    struct err err = {0};
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (nodes[i].model_call.len == 0)
            continue;
        CHECK(record_fields_read(&fields, bytes_of_buf(&nodes[i].model_call), &err));
        models[found++] = field_get(fields.fields, "request_model")->encoded;
        models[found++] = field_get(fields.fields, "response_model")->encoded;
    }
    if (found > 1)
        qsort(models, found, sizeof(*models), compare_bytes);
    for (size_t i = 0; i < found; i++) {
        if (i > 0 && bytes_equal(models[i], models[i - 1]))
            continue;
        buf_append_bytes(&set.items, models[i]);
        set.count++;
    }
    put_list(maker, "models", &set, true);
    record_fields_cleanup(&fields);
    free(models);
}

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

static size_t gather_evaluated(struct evaluated *out, const struct run_node *nodes, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const struct field *several = field_get(nodes[i].node, "evaluations");

        found += add_evaluated(&out[found], field_get(nodes[i].node, "evaluation"));
        for (const struct field *item = field_first(several); item != NULL;
             item = field_next(several, item))
            found += add_evaluated(&out[found], item);
    }
    return found;
}

static void put_policies(struct record_maker *maker, const struct run_node *nodes, size_t count)
{
    struct list policies = {0};
    struct evaluated *all;
    size_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += nodes[i].evaluation_count;
    all = mem_alloc_array(total + 1, sizeof(*all));
    total = gather_evaluated(all, nodes, count);
    if (total > 1)
        qsort(all, total, sizeof(*all), compare_evaluated);
    for (size_t begin = 0, end; begin < total; begin = end) {
        struct record_maker policy = {0};
        uint64_t deny_count = 0;
        uint64_t redact_count = 0;

        for (end = begin; end < total && bytes_equal(all[end].policy, all[begin].policy); end++) {
            deny_count += all[end].is_deny;
            redact_count += all[end].is_redact;
        }
        record_maker_put_encoded(&policy, "policy", all[begin].policy);
        record_maker_put_uint(&policy, "evaluation_count", end - begin);
        record_maker_put_uint(&policy, "deny_count", deny_count);
        record_maker_put_uint(&policy, "redact_count", redact_count);
        record_maker_finish(&policy, &policies.items);
        policies.count++;
    }
    put_list(maker, "policies", &policies, true);
    free(all);
}

static int compare_hashes(const void *a, const void *b)
{
    return bytes_compare(hash_bytes(a), hash_bytes(b));
}

/* Number of the records of one type, and SHA-256 over their digests, sorted (run.cddl). */
static uint64_t digest_of_type(struct hash *out, const struct run_records *records,
                               const char *type)
{
    struct hash *digests = mem_alloc_array(records->count + 1, sizeof(*digests));
    struct record_fields fields = {0};
    struct hasher hasher;
    struct err err = {0};
    size_t count = 0;

    for (size_t i = 0; i < records->count; i++) {
        CHECK(record_fields_read(&fields, bytes_of_buf(&records->items[i].encoded), &err));
        if (field_is_text(field_get(fields.fields, "type"), type))
            digests[count++] = records->items[i].digest;
    }
    if (count > 1)
        qsort(digests, count, sizeof(*digests), compare_hashes);
    hasher_init(&hasher);
    for (size_t i = 0; i < count; i++)
        hasher_update(&hasher, hash_bytes(&digests[i]));
    hasher_final(&hasher, out);
    record_fields_cleanup(&fields);
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

/* The document's result names its artifact; the record has the artifact's content. */
static void put_result(struct record_maker *maker, const struct run_records *records,
                       const struct run_artifacts *artifacts)
{
    static const char *const copied[] = {
        "kind", "schema", "schema_valid", "score_bp", "evidence_artifact_ids", "rules_applied",
        "explanation", "acceptance", "redacted", NULL};
    const struct field *result = field_get(records->document, "result");
    const struct field *content = field_get(result, "content");
    const struct run_artifact *artifact =
        run_artifacts_find(artifacts, field_text(field_get(result, "artifact_id")));
    struct record_maker map = {0};
    struct buf encoded = {0};

    if (result == NULL)
        return;
    run_names_put(&map, result, copied);
    if (content == NULL && artifact != NULL)
        content = artifact->content;
    record_maker_put_field(&map, "content", content);
    record_maker_finish(&map, &encoded);
    record_maker_put_encoded(maker, "result", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

static void put_given_list(struct record_maker *maker, const struct field *document,
                           const char *name)
{
    struct list none = {0};

    if (field_get(document, name) != NULL)
        record_maker_put_field(maker, name, field_get(document, name));
    else
        put_list(maker, name, &none, true);
}

static bool make(struct parts *parts, const struct run_artifacts *artifacts,
                 const struct run_node *nodes, size_t node_count)
{
    struct run_records *records = parts->records;
    const struct field *status = field_get(records->document, "status");
    struct record_maker maker;

    if (!list_all(parts, artifacts, nodes, node_count) ||
        !run_records_begin(records, &maker, "run-manifest", records->ended_at_ms, &parts->err))
        return false;
    if (status != NULL)
        record_maker_put_field(&maker, "status", status);
    else
        record_maker_put_literal(&maker, "status", "success");
    record_maker_put_uint(&maker, "started_at_ms", records->started_at_ms);
    record_maker_put_uint(&maker, "ended_at_ms", records->ended_at_ms);
    run_names_put(&maker, records->document, run_names_manifest);
    put_lists(&maker, &parts->lists, true);
    put_models(&maker, nodes, node_count);
    put_policies(&maker, nodes, node_count);
    put_given_list(&maker, records->document, "approvals");
    put_given_list(&maker, records->document, "overrides");
    put_given_list(&maker, records->document, "degradations");
    put_tally(&maker, records);
    put_list(&maker, "part_digests", &parts->digests, false);
    put_result(&maker, records, artifacts);
    run_records_end(records, &maker);
    return true;
}

bool run_manifest_make(struct run_records *records, const struct run_artifacts *artifacts,
                       const struct run_node *nodes, size_t node_count, struct problem *problem)
{
    struct parts parts = {.records = records};
    bool ok = make(&parts, artifacts, nodes, node_count);

    buf_cleanup(&parts.lists.nodes.items);
    buf_cleanup(&parts.lists.edges.items);
    buf_cleanup(&parts.lists.artifacts.items);
    buf_cleanup(&parts.digests.items);
    return ok || problem_from_err(problem, &parts.err);
}
