/*
 * Who may say what: keys, and the people, agents and services behind them, as log-metadata
 * "trust-anchor" and identity records registered them. A change applies from the entry after the
 * one that made it, and the answer for an earlier index can always be had.
 */
#ifndef VOUCH_SCHEMAS_RULES_PRINCIPALS_H
#define VOUCH_SCHEMAS_RULES_PRINCIPALS_H

#include "schemas/record_fields.h"
#include "schemas/rules/facts.h"

/* FACT_KEY (kid): [issuer, cose_key, begin_index, end_index]; valid for entries [begin, end). */
struct issuer_key {
    struct bytes issuer;
    struct bytes cose_key;
    uint64_t begin_index;
    uint64_t end_index; /* UINT64_MAX while it is in use */
};

bool issuer_key_get(struct facts *facts, struct bytes kid, struct issuer_key *out);

/* The value of a FACT_KEY; false when it is none. */
MUST_USE bool issuer_key_decode(struct issuer_key *out, struct bytes value);

/* FACT_PRINCIPAL (id): [version, begin_index, kind, owner, is_suspended, roles, scopes, tenants,
 * kids]; all borrowed from the facts. */
struct principal {
    struct bytes id;
    uint64_t version;     /* 0 for the first */
    uint64_t begin_index; /* in force for entries from here on */
    struct bytes kind;    /* "human", "agent", "service", "system" */
    struct bytes owner;   /* the human an agent or service acts for; may be empty */
    bool is_suspended;
    struct bytes roles;   /* each a deterministic CBOR array of text, */
    struct bytes scopes;  /* or, of kids, of byte strings */
    struct bytes tenants; /* an empty array: every tenant */
    struct bytes kids;
};

/* The newest version; false when the id was never registered. */
bool principal_get(struct facts *facts, struct bytes id, struct principal *out);

/* The version in force for an entry at index. */
bool principal_get_at(struct facts *facts, struct bytes id, uint64_t index, struct principal *out);

/* A suspended principal has no role and no scope. */
bool principal_has_role(const struct principal *principal, const char *role);
bool principal_has_role_bytes(const struct principal *principal, struct bytes role);
bool principal_has_scope(const struct principal *principal, struct bytes scope);
bool principal_serves_tenant(const struct principal *principal, struct bytes tenant);

/* How many were ever registered, and the id of the n-th, n < count. */
uint64_t principal_count(struct facts *facts);
bool principal_id_at(struct facts *facts, uint64_t n, struct bytes *out);

/* The effects of log-metadata "trust-anchor" and of identity records at index. */
void principals_anchor(struct facts *facts, const struct field *trusted_issuer, uint64_t index);
void principals_change(struct facts *facts, const struct field *identity, uint64_t index);

#endif
