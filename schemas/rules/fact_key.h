/* Keys of facts: what a fact is about. docs/STORAGE.md says how they lie in a store. */
#ifndef VOUCH_SCHEMAS_RULES_FACT_KEY_H
#define VOUCH_SCHEMAS_RULES_FACT_KEY_H

#include "base/bytes.h"

/*
 * The first byte of a key; numbers are stored: never change or reuse one. 16..31 runs, 32..47
 * approvals and overrides, 48..63 versions of workflows and policies, 64..79 the rest. Each row says
 * its key parts and where its value is described.
 */
enum fact_kind {
    FACT_SETTINGS = 1,         /* () -> settings.h */
    FACT_KEY = 2,              /* (kid) -> principals.h, struct issuer_key */
    FACT_PRINCIPAL = 3,        /* (id) -> principals.h, struct principal, the newest version */
    FACT_PRINCIPAL_VERSION = 4, /* (id) item n -> the version before it was replaced */
    FACT_RECORD = 5,           /* (tenant, record_id) -> record_facts.h */
    FACT_STREAM = 6,           /* (tenant, issuer, stream) -> stream_facts.h */
    FACT_IDEMPOTENCY = 7,      /* (tenant, issuer, idempotency_key) -> record_facts.h */
    FACT_PRINCIPAL_LIST = 8,   /* () -> how many principals; item n -> id of the n-th */
    FACT_RUN = 16,             /* (tenant, run_id) -> run_facts.h, like the next seven */
    FACT_RUN_COUNTS = 17,      /* (tenant, run_id) -> what changes with every record of the run */
    FACT_RUN_EVENTS = 18,      /* (tenant, run_id) item n -> record digests, the n-th chunk */
    FACT_RUN_EVALUATION = 19,  /* (tenant, run_id) item n -> the n-th policy evaluation */
    FACT_RUN_NODE = 20,        /* (tenant, run_id, node_id) item attempt -> how far it has got */
    FACT_RUN_ARTIFACT = 21,    /* (tenant, run_id, artifact_id) -> its content */
    FACT_RUN_PART = 22,        /* (tenant, run_id) item part_number -> nodes, edges, artifacts */
    FACT_RUN_SIDE_EFFECT = 23, /* (tenant, workflow id, side_effect_key) -> run_id */
    FACT_EVENT_SIDE_EFFECT = 24, /* (tenant, workflow id, side_effect_key) -> run_id, node_id */
    FACT_RUN_REQUEST = 25, /* (tenant, run_id, node_id or "") -> run_lists.h */
    FACT_APPROVAL_REQUEST = 32, /* (tenant, record_id) -> approval_facts.h, struct approval_request */
    FACT_APPROVAL_VOTE = 33,    /* (tenant, record_id of an approval) -> record_id of its request */
    FACT_APPROVAL_NONCE = 34,   /* (nonce) -> approval_lists.h, like the next five */
    FACT_TOKEN = 35,            /* (jti_hash) -> record_id of the approval it was used for */
    FACT_APPROVAL_ACTION = 36,  /* (tenant, action digest) -> record_ids of requests */
    FACT_APPROVAL_OBJECT = 37,  /* (tenant, subject kind, id, version) -> those approved */
    FACT_APPROVAL_RUN = 38,     /* (tenant, run_id, node_id) -> those approved */
    FACT_APPROVER = 39,         /* (tenant, approver) -> how many approvals in an hour */
    FACT_OVERRIDE = 40,         /* (tenant, record_id) -> override_facts.h, struct override */
    FACT_OVERRIDE_LIST = 41,    /* (tenant, what, run_id) or (.., id, version) -> record_ids */
    FACT_GATE_GRANT = 42,       /* (tenant, record_id) -> gate_facts.h, struct gate_grant */
    FACT_NODE_VERDICT = 43,     /* (tenant, run_id, node_id) -> gate_facts.h, struct node_verdict */
    FACT_TOKEN_CHECK = 44,      /* (tenant, record_id of an approval) -> approval_lists.h */
    FACT_VERSION = 48,         /* (tenant, target kind, id, version) -> version_facts.h */
    FACT_VERSION_CURRENT = 49, /* (tenant, target kind, id, environment) -> version_facts.h */
    FACT_CONTRACT = 50,        /* (tenant, target kind, id, version) -> version_facts.h */
    FACT_POLICY = 51,          /* (tenant, environment, id, version) -> policy_facts.h */
    FACT_POLICY_NEWEST = 52,   /* (tenant, environment, id) -> policy_facts.h */
    FACT_MATRIX = 53,          /* (tenant) -> policy_facts.h */
    FACT_CONTROL = 64,         /* (tenant, control id) -> control_facts.h */
    FACT_TEST = 65,            /* (tenant, digest, kind or "") -> test_facts.h */
    FACT_SUPPLIER = 66,        /* (tenant, vendor, service) -> supplier_facts.c */
    FACT_MODEL = 67,           /* (tenant, provider, name, version) -> supplier_facts.h */
    FACT_INCIDENT = 68,        /* (tenant, incident_id) -> oversight_facts.h, like the next */
    FACT_REVIEW = 69,          /* (tenant, system) -> the end of its last review's period */
    FACT_HOLD = 70,            /* (tenant, hold_id) -> hold_facts.h, like the next three */
    FACT_HOLDS = 71,           /* (tenant) -> those that are active */
    FACT_HOLD_ON = 72,         /* (tenant, alias or run_id) -> the holds on it */
    FACT_ERASURE = 73,         /* (tenant, record_id of the request) -> when it is due */
    FACT_ANCHOR = 74,          /* () item size -> oversight_facts.h, like the next */
    FACT_ADMINS = 75,          /* () -> the principals with the role admin */
    FACT_MENTION = 80, /* (kind, value) item n -> mentions.h */
};

enum { FACT_KEY_HASH_LEN = 24, FACT_KEY_LEN_MAX = 1 + FACT_KEY_HASH_LEN + 8 };

/* kind (1) | first 24 bytes of SHA-256 over the parts, each after its length | item (8), if any */
struct fact_key {
    uint8_t bytes[FACT_KEY_LEN_MAX];
    uint8_t len;
};

/* parts: what the fact is about, e.g. tenant and run; their number belongs to the kind. */
struct fact_key fact_key_of(enum fact_kind kind, const struct bytes *parts, size_t count);
struct fact_key fact_key_none(enum fact_kind kind);
struct fact_key fact_key_one(enum fact_kind kind, struct bytes part);
struct fact_key fact_key_two(enum fact_kind kind, struct bytes first, struct bytes second);
struct fact_key fact_key_three(enum fact_kind kind, struct bytes first, struct bytes second,
                               struct bytes third);

/* 64 bits by which two keys mostly differ. */
uint64_t fact_key_short(struct bytes key);

/* The n-th item of a list of facts under one key. */
struct fact_key fact_key_item(const struct fact_key *list, uint64_t n);

/* The fact of another kind with the same parts: saves hashing them again. */
struct fact_key fact_key_as(const struct fact_key *key, enum fact_kind kind);

#endif
