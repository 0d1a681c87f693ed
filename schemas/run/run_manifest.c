#include "schemas/run/run_manifest.h"

#include <stdlib.h>

#include "schemas/run/run_members.h"
#include "schemas/run/run_problem.h"
#include "schemas/run/run_sums.h"

/* So that the rest of a record fits beside it. */
enum { PART_LEN_MAX = 48000, PARTS_MAX = 64 };

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
    struct problem *problem;
};

static bool end_part(struct parts *parts)
{
    struct run_records *records = parts->records;
    struct run_record_head head = {.type = "manifest-part",
                                   .place = "",
                                   .occurred_at_ms = records->ended_at_ms};
    struct record_maker maker;

    if (parts->digests.count == PARTS_MAX)
        return problem_set(parts->problem, PROBLEM_TOO_LARGE,
                           "The run needs more than %d manifest parts.", PARTS_MAX);
    if (!run_records_begin(records, &maker, &head, parts->problem))
        return false;
    record_maker_put_uint(&maker, "part_number", parts->digests.count);
    put_lists(&maker, &parts->lists, false);
    if (!run_records_end(records, &maker, parts->problem))
        return false;
    dcbor_put_bytes(&parts->digests.items, hash_bytes(&run_records_last(records)->digest));
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
    struct bytes result = field_text(field_at(parts->records->document, "result.artifact_id"));

    for (size_t i = 0; i < artifacts->count; i++) {
        run_artifact_put(&parts->lists.artifacts.items, &artifacts->items[i],
                         bytes_equal(artifacts->items[i].id, result));
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

/* ---- the manifest ---- */

/* The document's result names its artifact; the record has the artifact's content. */
static bool put_result(struct record_maker *maker, const struct parts *parts,
                       const struct run_artifacts *artifacts)
{
    const struct field *document = parts->records->document;
    const struct field *result = field_get(document, "result");
    const struct field *artifact_id = field_get(result, "artifact_id");
    const struct field *content = field_get(result, "content");
    const struct run_artifact *artifact = run_artifacts_find(artifacts, field_text(artifact_id));
    struct record_maker map = {0};
    struct buf encoded = {0};

    if (result == NULL)
        return true;
    if (artifact_id != NULL && artifact == NULL)
        return run_problem_set(parts->problem, document->encoded, artifact_id, NULL,
                               "an artifact of this run");
    if (content == NULL && artifact != NULL)
        content = artifact->content;
    run_names_put(&map, result, run_names_result);
    record_maker_put_field(&map, "content", content);
    record_maker_finish(&map, &encoded);
    record_maker_put_encoded(maker, "result", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
    return true;
}

static void put_own(struct record_maker *maker, const struct run_records *records)
{
    const struct field *status = field_get(records->document, "status");

    if (status != NULL)
        record_maker_put_field(maker, "status", status);
    else
        record_maker_put_literal(maker, "status", "success");
    record_maker_put_uint(maker, "started_at_ms", records->started_at_ms);
    record_maker_put_uint(maker, "ended_at_ms", records->ended_at_ms);
    run_names_put(maker, records->document, run_names_manifest);
}

static bool make(struct parts *parts, const struct run_artifacts *artifacts,
                 const struct run_node *nodes, size_t node_count)
{
    struct run_records *records = parts->records;
    struct run_record_head head = {.type = "run-manifest",
                                   .place = "",
                                   .occurred_at_ms = records->ended_at_ms};
    struct run_whole whole = {records, nodes, node_count};
    struct record_maker maker;

    if (!list_all(parts, artifacts, nodes, node_count) ||
        !run_records_begin(records, &maker, &head, parts->problem))
        return false;
    put_own(&maker, records);
    put_lists(&maker, &parts->lists, true);
    run_sums_put(&maker, &whole);
    put_list(&maker, "part_digests", &parts->digests, false);
    if (put_result(&maker, parts, artifacts))
        return run_records_end(records, &maker, parts->problem);
    record_maker_discard(&maker);
    return false;
}

bool run_manifest_make(struct run_records *records, const struct run_artifacts *artifacts,
                       const struct run_node *nodes, size_t node_count, struct problem *problem)
{
    struct parts parts = {.records = records, .problem = problem};
    bool ok = make(&parts, artifacts, nodes, node_count);

    buf_cleanup(&parts.lists.nodes.items);
    buf_cleanup(&parts.lists.edges.items);
    buf_cleanup(&parts.lists.artifacts.items);
    buf_cleanup(&parts.digests.items);
    return ok;
}
