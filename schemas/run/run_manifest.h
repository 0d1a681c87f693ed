/* The record that closes the run of a document, and the parts of a large one. */
#ifndef VOUCH_SCHEMAS_RUN_RUN_MANIFEST_H
#define VOUCH_SCHEMAS_RUN_RUN_MANIFEST_H

#include "schemas/run/run_nodes.h"

/*
 * Appends the run-manifest, after as many manifest-part records as it takes to keep each record
 * within one statement. records holds all other records of the run by now.
 */
MUST_USE bool run_manifest_make(struct run_records *records, const struct run_artifacts *artifacts,
                                const struct run_node *nodes, size_t node_count,
                                struct problem *problem);

#endif
