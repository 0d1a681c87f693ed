/* Which members a run document may have, and which of them a record takes as they are. */
#ifndef VOUCH_SCHEMAS_RUN_RUN_MEMBERS_H
#define VOUCH_SCHEMAS_RUN_RUN_MEMBERS_H

#include "schemas/problem.h"
#include "schemas/record_maker.h"

/* A list of names that ends with NULL. */
typedef const char *const *run_names;

extern const char *const run_names_evaluation[]; /* copied into a policy-evaluation */
extern const char *const run_names_model_call[]; /* copied into a model-call-map */
extern const char *const run_names_tool_call[];
extern const char *const run_names_artifact[];    /* copied into a manifest's artifact */
extern const char *const run_names_node[];        /* copied into a manifest's node */
extern const char *const run_names_action_event[]; /* copied into the event of a node's action */
extern const char *const run_names_last_event[];  /* copied into a node's last event */
extern const char *const run_names_degradation[]; /* copied into a degradation-map */
extern const char *const run_names_start[];       /* copied into the run-start */
extern const char *const run_names_manifest[];    /* copied into the manifest */
extern const char *const run_names_result[];      /* copied into the manifest's result */
extern const char *const run_names_header[];      /* copied into every record */

/* Puts the members of from that are named. */
void run_names_put(struct record_maker *maker, const struct field *from, run_names names);

/*
 * Whether every part of the document (nodes, calls, evaluations, artifacts, and the whole) has the
 * members it must have, and none that nobody would read. root: without shorthands.
 * tenant_is_known: the document need not name one.
 */
MUST_USE bool run_members_check(const struct field *root, bool tenant_is_known,
                                struct problem *problem);

#endif
