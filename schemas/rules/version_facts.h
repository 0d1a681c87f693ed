/*
 * Versions of workflows and of what they are made of: which were logged, who wrote them, where they
 * are in use, and what they promise.
 */
#ifndef VOUCH_SCHEMAS_RULES_VERSION_FACTS_H
#define VOUCH_SCHEMAS_RULES_VERSION_FACTS_H

#include "schemas/rules/rule.h"
#include "schemas/rules/words.h"

enum { VERSION_AUTHORS_MAX = 1000 };

/*
 * FACT_VERSION (tenant, target kind, id, version): [index, digest, base version, authors, chain
 * authors, owners, operations in development, test, staging, production]
 */
struct version_fact {
    uint64_t index;             /* of the entry that first named the version */
    struct bytes digest;        /* of its content; empty while no record gave one */
    struct bytes base_version;  /* what it was made from; empty: from nothing */
    struct bytes authors;       /* item_set: of this version */
    struct bytes chain_authors; /* item_set: and of those before it, back to the last published */
    struct bytes owners;        /* encoded owners-map; empty when no record gave one */
    uint64_t operations[ENVIRONMENT_COUNT]; /* set of 1 << enum change_operation */
};

bool version_get(struct facts *facts, struct bytes tenant, struct bytes target_kind,
                 const struct field *versioned, struct version_fact *out);

/* The version that a record's "versioned" field names, as a workflow. */
bool version_get_workflow(const struct rule_context *context, const struct field *versioned,
                          struct version_fact *out);

/* The workflow version that a run names. */
bool version_get_of_run(struct facts *facts, struct bytes tenant, struct bytes workflow_id,
                        struct bytes workflow_version, struct version_fact *out);

bool version_had(const struct version_fact *version, enum environment environment,
                 enum change_operation operation);

/* "publish" or "promote" was admitted for the production environment. */
bool version_is_published(const struct version_fact *version);

/* A version with too many authors to list has everybody as author. */
bool version_is_author(const struct version_fact *version, struct bytes who);

/* Of this version or one between it and the last published one before it (rule AP15). */
bool version_is_chain_author(const struct version_fact *version, struct bytes who);

/*
 * FACT_VERSION_CURRENT (tenant, target kind, id, environment): version. What the last publish,
 * promote, deploy or rollback put in use there; empty after it was retired. False: nothing ever.
 */
bool version_current(struct facts *facts, struct bytes tenant, struct bytes target_kind,
                     struct bytes id, enum environment environment, struct bytes *out_version);

/*
 * FACT_CONTRACT (tenant, target kind, id, version): [contract, graph, node ids], each a byte
 * string. What the first record with a contract, or with a graph, said about the version.
 */
struct contract_fact {
    struct bytes contract; /* encoded contract-map, empty when there is none; read with fact_map */
    struct bytes graph;    /* encoded workflow-graph, empty when there is none */
    struct bytes node_ids; /* of the graph: each after one byte with its length */
};

bool contract_get(struct facts *facts, struct bytes tenant, struct bytes target_kind,
                  const struct field *versioned, struct contract_fact *out);
bool contract_get_workflow(const struct rule_context *context, const struct field *versioned,
                           struct contract_fact *out);

/* The same for who asks often: the key is made once. */
struct fact_key contract_key(struct bytes tenant, struct bytes target_kind, struct bytes id,
                             struct bytes version);
bool contract_get_at(struct facts *facts, const struct fact_key *key, struct contract_fact *out);

/* Takes no memory and reads no CBOR: fit for every execution event. */
bool contract_has_node(const struct contract_fact *contract, struct bytes node_id);

/*
 * A map kept in a fact, taken apart in the caller's memory: use field_get and the like on it.
 * NULL when encoded is empty. Valid until memory is used again; the caller cleans it up.
 */
const struct field *fact_map(struct record_fields *memory, struct bytes encoded);

#endif
