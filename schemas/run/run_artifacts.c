#include "schemas/run/run_artifacts.h"

#include <stdlib.h>

#include "schemas/run/run_members.h"

static int compare(const void *a, const void *b)
{
    return bytes_compare(((const struct run_artifact *)a)->id, ((const struct run_artifact *)b)->id);
}

static void add(struct run_artifacts *out, const struct run_artifact *artifact)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity == 0 ? 16 : out->capacity * 2;
        out->items = mem_realloc_array(out->items, out->capacity, sizeof(*out->items));
    }
    out->items[out->count++] = *artifact;
}

static void add_ports(struct run_artifacts *out, const struct field *ports,
                      const struct field *producer)
{
    for (const struct field *port = field_first(ports); port != NULL;
         port = field_next(ports, port)) {
        struct run_artifact artifact = {
            .id = field_text(field_get(port, "artifact_id")),
            .content = field_get(port, "content"),
            .tags = field_get(port, "tags"),
            .producer = producer,
        };

        add(out, &artifact);
    }
}

static const struct field *first_known(const struct field *a, const struct field *b)
{
    return a != NULL ? a : b;
}

/* Mentions of one artifact become one row with all that is known of it. */
static void merge(struct run_artifacts *out)
{
    size_t kept = 0;

    if (out->count > 1)
        qsort(out->items, out->count, sizeof(*out->items), compare);
    for (size_t i = 0; i < out->count; i++) {
        const struct run_artifact *next = &out->items[i];
        struct run_artifact *last = kept == 0 ? NULL : &out->items[kept - 1];

        if (last == NULL || !bytes_equal(last->id, next->id)) {
            out->items[kept++] = *next;
            continue;
        }
        last->described = first_known(last->described, next->described);
        last->content = first_known(last->content, next->content);
        last->tags = first_known(last->tags, next->tags);
        last->producer = first_known(last->producer, next->producer);
    }
    out->count = kept;
}

void run_artifacts_gather(struct run_artifacts *out, const struct field *document)
{
    const struct field *nodes = field_get(document, "nodes");
    const struct field *described = field_get(document, "artifacts");

    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        add_ports(out, field_get(node, "inputs"), NULL);
        add_ports(out, field_get(node, "outputs"), node);
    }
    for (const struct field *item = field_first(described); item != NULL;
         item = field_next(described, item)) {
        struct run_artifact artifact = {
            .id = field_text(field_get(item, "artifact_id")),
            .described = item,
            .content = field_get(item, "content"),
            .tags = field_get(item, "tags"),
        };

        add(out, &artifact);
    }
    merge(out);
}

void run_artifacts_cleanup(struct run_artifacts *artifacts)
{
    free(artifacts->items);
    *artifacts = (struct run_artifacts){0};
}

const struct run_artifact *run_artifacts_find(const struct run_artifacts *artifacts,
                                              struct bytes id)
{
    struct run_artifact key = {.id = id};

    return artifacts->count == 0 ? NULL
                                 : bsearch(&key, artifacts->items, artifacts->count,
                                           sizeof(*artifacts->items), compare);
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

void run_artifact_put(struct buf *out, const struct run_artifact *artifact)
{
    const struct field *kind = field_get(artifact->described, "kind");
    const struct field *provenance = field_get(artifact->described, "provenance");
    struct record_maker maker = {0};

    record_maker_put_text(&maker, "artifact_id", artifact->id);
    if (kind != NULL)
        record_maker_put_field(&maker, "kind", kind);
    else
        record_maker_put_literal(&maker, "kind",
                                 artifact->producer == NULL ? "document" : "intermediate");
    if (provenance != NULL)
        record_maker_put_field(&maker, "provenance", provenance);
    else
        record_maker_put_literal(&maker, "provenance",
                                 artifact->producer == NULL ? "external" : "run");
    record_maker_put_field(&maker, "content", artifact->content);
    record_maker_put_field(&maker, "tags", artifact->tags);
    run_names_put(&maker, artifact->described, run_names_artifact);
    record_maker_finish(&maker, out);
}
