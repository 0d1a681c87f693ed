/* The rule for where things come from, M3: each input of each node of a run, as far back as the log
 * knows. A run is a fact, so it flags. */
#include "schemas/rules/families.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/rules/manifest_view.h"
#include "schemas/rules/run_facts.h"
#include "schemas/rules/run_lists.h"

enum { MANIFEST = TYPE_BIT(RECORD_RUN_MANIFEST), PATH_LEN = 64 };

/* One input of a node whose artifact another node of the run made. */
struct handover {
    uint32_t producer;
    uint32_t consumer;
};

struct handovers {
    struct handover *rows;
    size_t count;
    size_t capacity;
};

static void add_handover(struct handovers *all, uint32_t producer, uint32_t consumer)
{
    if (all->count == all->capacity) {
        all->capacity = all->capacity == 0 ? 64 : all->capacity * 2;
        all->rows = mem_realloc_array(all->rows, all->capacity, sizeof(*all->rows));
    }
    all->rows[all->count++] = (struct handover){producer, consumer};
}

/* Namespace, name and version as in OpenLineage, or a digest. */
static bool is_identified(const struct field *artifact)
{
    return field_get(artifact, "content") != NULL ||
           (field_get(artifact, "namespace") != NULL && field_get(artifact, "name") != NULL &&
            field_get(artifact, "version") != NULL);
}

/* Whether an input is accounted for as far as can be said without the graph. */
static bool is_resolved(const struct manifest_view *view, struct bytes id, uint32_t consumer,
                        struct handovers *all)
{
    uint32_t number = name_table_find(&view->artifact_names, id);
    const struct view_artifact *artifact =
        number == NAME_NONE ? NULL : &view->artifacts[number];
    const struct field *provenance =
        artifact == NULL ? NULL : field_get(artifact->map, "provenance");

    if (artifact == NULL)
        return false;
    if (field_is_text(provenance, "external"))
        return is_identified(artifact->map);
    if (field_is_text(provenance, "prior-run"))
        return field_get(artifact->map, "prior_artifact") != NULL;
    if (artifact->producer_count != 1 || artifact->producer == consumer)
        return false;
    add_handover(all, artifact->producer, consumer);
    return true;
}

static bool resolve_inputs(const struct rule_context *context, const struct manifest_view *view,
                           uint32_t consumer, struct handovers *all)
{
    const struct view_node *node = &view->nodes[consumer];
    const struct field *inputs = field_get(node->map, "inputs");

    for (const struct field *port = field_first(inputs); port != NULL;
         port = field_next(inputs, port)) {
        const struct field *id = field_get(port, "artifact_id");
        char path[PATH_LEN];

        if (is_resolved(view, field_text(id), consumer, all))
            continue;
        manifest_view_path(path, sizeof(path), node, "/inputs");
        return rule_broken_at(context, path, id,
                              "an identified external artifact, one of an earlier run, or the "
                              "output of one other node");
    }
    return true;
}

/* Gives each producer one of 64 bits; producers beyond them wait for the next round. */
static size_t mark_producers(struct manifest_view *view, const struct handovers *all, size_t begin)
{
    uint64_t next = 1;
    size_t end = begin;

    memset(view->marks, 0, view->node_names.count * sizeof(*view->marks));
    for (; end < all->count; end++) {
        uint64_t *mark = &view->marks[all->rows[end].producer];

        if (*mark == 0 && next == 0)
            break;
        if (*mark == 0) {
            *mark = next;
            next <<= 1;
        }
    }
    return end;
}

static bool check_round(const struct rule_context *context, struct manifest_view *view,
                        const struct handovers *all, size_t begin, size_t end)
{
    uint64_t *own = mem_copy(view->marks, view->node_names.count * sizeof(*own));
    const struct view_node *node = NULL;

    run_graph_spread(&view->graph, RUN_EDGES_FORWARD, view->marks);
    for (size_t i = begin; i < end && node == NULL; i++) {
        const struct handover *row = &all->rows[i];

        if ((view->marks[row->consumer] & own[row->producer]) == 0)
            node = &view->nodes[row->consumer];
    }
    free(own);
    return node == NULL || manifest_view_broken(context, node, "/inputs",
                                          "inputs made by nodes that an edge leads from");
}

static int compare_handovers(const void *a, const void *b)
{
    const struct handover *left = a;
    const struct handover *right = b;

    if (left->producer != right->producer)
        return left->producer < right->producer ? -1 : 1;
    return (left->consumer > right->consumer) - (left->consumer < right->consumer);
}

/* Whether every artifact was made before the node that takes it. */
static bool check_order(const struct rule_context *context, struct manifest_view *view,
                        struct handovers *all)
{
    bool holds = true;

    if (all->count > 0)
        qsort(all->rows, all->count, sizeof(*all->rows), compare_handovers);
    for (size_t begin = 0; begin < all->count && holds;) {
        size_t end = mark_producers(view, all, begin);

        holds = check_round(context, view, all, begin, end);
        begin = end;
    }
    return holds;
}

static bool check_lineage(const struct rule_context *context)
{
    struct manifest_view *view = rule_manifest(context);
    struct handovers all = {0};
    bool holds = true;

    if (view == NULL)
        return true;
    for (uint32_t i = 0; i < view->node_names.count && holds; i++)
        holds = resolve_inputs(context, view, i, &all);
    holds = holds && check_order(context, view, &all);
    free(all.rows);
    return holds;
}

/* ---- M3: artifacts of earlier runs ---- */

/* What the run that is named says of the artifact; false when it says nothing. */
static bool find_prior(const struct rule_context *context, const struct field *artifact,
                       struct bytes *out_content)
{
    const struct field *prior = field_get(artifact, "prior_artifact");
    struct bytes run_id = field_bytes(field_get(prior, "run_id"));
    struct run run;

    return run_get(context->facts, rule_tenant(context), run_id, &run) && run_is_closed(&run) &&
           run_artifact_get(context->facts, rule_tenant(context), run_id,
                            field_text(field_get(prior, "artifact_id")), out_content);
}

static bool is_same_content(const struct field *artifact, struct bytes encoded)
{
    const struct field *content = field_get(artifact, "content");
    struct record_fields memory = {0};
    const struct field *prior;
    struct err ignored = {0};
    bool is_same;

    if (encoded.len == 0 || content == NULL || !record_fields_read(&memory, encoded, &ignored)) {
        record_fields_cleanup(&memory);
        return false;
    }
    prior = memory.fields;
    is_same = bytes_equal(field_text(field_get(content, "algorithm")),
                          field_text(field_get(prior, "algorithm"))) &&
              bytes_equal(field_bytes(field_get(content, "digest")),
                          field_bytes(field_get(prior, "digest")));
    record_fields_cleanup(&memory);
    return is_same;
}

/* The first artifact of an earlier run that is not known (or known by another digest). */
static const struct field *find_bad_prior(const struct rule_context *context, bool by_digest)
{
    const struct manifest_view *view = rule_manifest(context);

    for (size_t i = 0; view != NULL && i < view->artifact_names.count; i++) {
        const struct field *artifact = view->artifacts[i].map;
        struct bytes content;

        if (!field_is_text(field_get(artifact, "provenance"), "prior-run"))
            continue;
        if (!find_prior(context, artifact, &content)) {
            if (!by_digest)
                return artifact;
        } else if (by_digest && !is_same_content(artifact, content)) {
            return artifact;
        }
    }
    return NULL;
}

static bool check_prior_run(const struct rule_context *context)
{
    const struct field *artifact = find_bad_prior(context, false);

    return artifact == NULL ||
           rule_broken_at(context, "/artifacts", field_get(artifact, "artifact_id"),
                          "an artifact in the manifest of a run that was closed before");
}

static bool check_prior_digest(const struct rule_context *context)
{
    const struct field *artifact = find_bad_prior(context, true);

    return artifact == NULL ||
           rule_broken_at(context, "/artifacts", field_get(artifact, "artifact_id"),
                          "the same digest as in the manifest of that run");
}

const struct rule rules_lineage[] = {
    {"M3", "lineage-unresolved", RULE_FLAGS, MANIFEST, check_lineage,
     "Each input is identified from outside, from an earlier run, or made by one node before."},
    {"M3", "prior-run-unknown", RULE_FLAGS, MANIFEST, check_prior_run,
     "An artifact of an earlier run is in the manifest that closed that run."},
    {"M3", "prior-run-digest", RULE_FLAGS, MANIFEST, check_prior_digest,
     "An artifact of an earlier run has the digest that run gave it."},
};
const size_t rules_lineage_count = sizeof(rules_lineage) / sizeof(rules_lineage[0]);
