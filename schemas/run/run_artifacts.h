/* The artifacts of a run document: what its nodes take and give, each described once. */
#ifndef VOUCH_SCHEMAS_RUN_RUN_ARTIFACTS_H
#define VOUCH_SCHEMAS_RUN_RUN_ARTIFACTS_H

#include "schemas/problem.h"
#include "schemas/record_fields.h"

struct run_artifact {
    struct bytes id;
    const struct field *mention;   /* where it is named */
    const struct field *described; /* its entry under "artifacts"; may be NULL */
    const struct field *content;   /* payload-digest, from wherever one is given; may be NULL */
    const struct field *tags;      /* likewise */
    const struct field *producer;  /* the node that has it among its outputs; NULL: external */
};

struct run_artifacts {
    struct run_artifact *items; /* by id */
    size_t count;
    size_t capacity;
};

/*
 * Gathers them from document["nodes"][…]["inputs" and "outputs"] and document["artifacts"]. Each is
 * described once, made by one node and has one content, else there is a problem.
 */
MUST_USE bool run_artifacts_gather(struct run_artifacts *out, const struct field *document,
                                   struct problem *problem);
void run_artifacts_cleanup(struct run_artifacts *artifacts);

const struct run_artifact *run_artifacts_find(const struct run_artifacts *artifacts,
                                              struct bytes id);

/* The content of the first port of an array of ports; NULL when there is none. */
const struct field *run_artifacts_first_content(const struct run_artifacts *artifacts,
                                                const struct field *ports);

/* Appends the ports, each with the content and tags its artifact has. */
void run_artifacts_put_ports(struct buf *out, const struct run_artifacts *artifacts,
                             const struct field *ports);

/* Appends the artifact as a manifest lists it. is_result: the document's result is this one. */
void run_artifact_put(struct buf *out, const struct run_artifact *artifact, bool is_result);

#endif
