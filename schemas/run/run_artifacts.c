#include "schemas/run/run_artifacts.h"

#include <stdlib.h>

#include "schemas/run/run_members.h"
#include "schemas/run/run_problem.h"

/* What is known of one artifact is repeated wherever it is named: it must be small. */
enum { KNOWN_LEN_MAX = 4096 };

/* Mentions of one artifact in the order of the document. */
static int compare(const void *a, const void *b)
{
    const struct run_artifact *left = a;
    const struct run_artifact *right = b;
    int order = bytes_compare(left->id, right->id);

    if (order == 0 && left->mention != right->mention)
        order = left->mention < right->mention ? -1 : 1;
    return order;
}

static int compare_ids(const void *key, const void *item)
{
    return bytes_compare(*(const struct bytes *)key, ((const struct run_artifact *)item)->id);
}

/* described: the entry under "artifacts", producer: the node, whichever it is. */
static void add(struct run_artifacts *out, const struct field *mention,
                const struct field *described, const struct field *producer)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity == 0 ? 16 : out->capacity * 2;
        out->items = mem_realloc_array(out->items, out->capacity, sizeof(*out->items));
    }
    out->items[out->count++] = (struct run_artifact){
        .id = field_text(field_get(mention, "artifact_id")),
        .mention = mention,
        .described = described,
        .content = field_get(mention, "content"),
        .tags = field_get(mention, "tags"),
        .producer = producer,
    };
}

static void add_ports(struct run_artifacts *out, const struct field *ports,
                      const struct field *producer)
{
    for (const struct field *port = field_first(ports); port != NULL;
         port = field_next(ports, port))
        add(out, port, NULL, producer);
}

static void add_all(struct run_artifacts *out, const struct field *document)
{
    const struct field *nodes = field_get(document, "nodes");
    const struct field *described = field_get(document, "artifacts");

    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        add_ports(out, field_get(node, "inputs"), NULL);
        add_ports(out, field_get(node, "outputs"), node);
    }
    for (const struct field *item = field_first(described); item != NULL;
         item = field_next(described, item))
        add(out, item, item, NULL);
}

/* Two mentions of one artifact. A text given twice is two commitments that nobody can compare. */
static const char *find_conflict(const struct run_artifact *a, const struct run_artifact *b)
{
    if (a->described != NULL && b->described != NULL)
        return "an artifact that is not described yet";
    if (a->producer != NULL && b->producer != NULL && a->producer != b->producer)
        return "an artifact that no other node has among its outputs";
    if (a->content != NULL && b->content != NULL &&
        !bytes_equal(a->content->encoded, b->content->encoded))
        return "no content: the artifact has one, given elsewhere";
    if (a->tags != NULL && b->tags != NULL && !bytes_equal(a->tags->encoded, b->tags->encoded))
        return "no tags: the artifact has some, given elsewhere";
    return NULL;
}

static const struct field *first_known(const struct field *a, const struct field *b)
{
    return a != NULL ? a : b;
}

static size_t encoded_len(const struct field *field)
{
    return field == NULL ? 0 : field->encoded.len;
}

static bool merge_next(struct run_artifact *last, const struct run_artifact *next,
                       struct bytes document, struct problem *problem)
{
    const char *conflict = find_conflict(last, next);

    if (conflict != NULL)
        return run_problem_set(problem, document, next->mention, NULL, conflict);
    last->described = first_known(last->described, next->described);
    last->content = first_known(last->content, next->content);
    last->tags = first_known(last->tags, next->tags);
    last->producer = first_known(last->producer, next->producer);
    return true;
}

/* Mentions of one artifact become one row with all that is known of it. */
static bool merge(struct run_artifacts *out, struct bytes document, struct problem *problem)
{
    size_t kept = 0;

    if (out->count > 1)
        qsort(out->items, out->count, sizeof(*out->items), compare);
    for (size_t i = 0; i < out->count; i++) {
        const struct run_artifact *next = &out->items[i];
        struct run_artifact *last = kept == 0 ? NULL : &out->items[kept - 1];

        if (encoded_len(next->content) + encoded_len(next->tags) > KNOWN_LEN_MAX)
            return run_problem_set(problem, document, next->mention, NULL,
                                   "content and tags of at most 4096 bytes");
        if (last == NULL || !bytes_equal(last->id, next->id))
            out->items[kept++] = *next;
        else if (!merge_next(last, next, document, problem))
            return false;
    }
    out->count = kept;
    return true;
}

bool run_artifacts_gather(struct run_artifacts *out, const struct field *document,
                          struct problem *problem)
{
    add_all(out, document);
    return merge(out, document->encoded, problem);
}

void run_artifacts_cleanup(struct run_artifacts *artifacts)
{
    free(artifacts->items);
    *artifacts = (struct run_artifacts){0};
}

const struct run_artifact *run_artifacts_find(const struct run_artifacts *artifacts,
                                              struct bytes id)
{
    return artifacts->count == 0 ? NULL
                                 : bsearch(&id, artifacts->items, artifacts->count,
                                           sizeof(*artifacts->items), compare_ids);
}

const struct field *run_artifacts_first_content(const struct run_artifacts *artifacts,
                                                const struct field *ports)
{
    const struct field *port = field_first(ports);
    const struct run_artifact *artifact =
        run_artifacts_find(artifacts, field_text(field_get(port, "artifact_id")));

    return artifact == NULL ? NULL : artifact->content;
}

void run_artifacts_put_ports(struct buf *out, const struct run_artifacts *artifacts,
                             const struct field *ports)
{
    dcbor_put_array(out, field_count(ports));
    for (const struct field *port = field_first(ports); port != NULL;
         port = field_next(ports, port)) {
        const struct field *id = field_get(port, "artifact_id");
        const struct run_artifact *artifact = run_artifacts_find(artifacts, field_text(id));
        struct record_maker maker = {0};

        record_maker_put_field(&maker, "artifact_id", id);
        record_maker_put_field(&maker, "content", artifact == NULL ? NULL : artifact->content);
        record_maker_put_field(&maker, "tags", artifact == NULL ? NULL : artifact->tags);
        record_maker_put_field(&maker, "fields", field_get(port, "fields"));
        record_maker_finish(&maker, out);
    }
}

static const char *kind_of(const struct run_artifact *artifact, bool is_result)
{
    if (is_result)
        return "output";
    return artifact->producer == NULL ? "document" : "intermediate";
}

static const char *provenance_of(const struct run_artifact *artifact)
{
    if (artifact->producer != NULL)
        return "run";
    return field_get(artifact->described, "prior_artifact") != NULL ? "prior-run" : "external";
}

static void put_or(struct record_maker *maker, const char *name, const struct field *given,
                   const char *otherwise)
{
    if (given != NULL)
        record_maker_put_field(maker, name, given);
    else
        record_maker_put_literal(maker, name, otherwise);
}

void run_artifact_put(struct buf *out, const struct run_artifact *artifact, bool is_result)
{
    struct record_maker maker = {0};

    record_maker_put_text(&maker, "artifact_id", artifact->id);
    put_or(&maker, "kind", field_get(artifact->described, "kind"), kind_of(artifact, is_result));
    put_or(&maker, "provenance", field_get(artifact->described, "provenance"),
           provenance_of(artifact));
    record_maker_put_field(&maker, "content", artifact->content);
    record_maker_put_field(&maker, "tags", artifact->tags);
    run_names_put(&maker, artifact->described, run_names_artifact);
    record_maker_finish(&maker, out);
}
