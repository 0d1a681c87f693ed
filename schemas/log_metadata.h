/* Making log-metadata records (log.cddl): what a log says about itself. */
#ifndef VOUCH_SCHEMAS_LOG_METADATA_H
#define VOUCH_SCHEMAS_LOG_METADATA_H

#include "base/bytes.h"
#include "merkle/hash.h"

/* Tenant and actor of the log's own records. */
#define LOG_TENANT "log"
#define LOG_ACTOR "vouchd"

/* Issuer of what a log's intake key signs. */
#define INTAKE_ISSUER "vouch-intake"

enum { LOG_RECORD_ID_LEN = 16 };

struct log_record_header {
    uint8_t record_id[LOG_RECORD_ID_LEN];
    uint64_t sequence_number;
    uint64_t occurred_at_ms;
};

/*
 * The id of record `number` in the entry at index of this log: a UUID of version 8 (RFC 9562) made
 * from these three, so that nothing random is in what the log says.
 */
void log_record_id(uint8_t out[LOG_RECORD_ID_LEN], const char *origin, uint64_t index,
                   uint64_t number);

struct log_threshold {
    const char *name;
    uint64_t value;
};

/* "admission-rules": which rules apply from the next entry on, and how. */
struct log_rules {
    struct bytes id;
    struct bytes version;
    struct hash archive_digest; /* of what the rules are made of: schemas/rules/version.h */
    struct hash schema_digest;  /* record_schema_digest: what records must be, added types too */
    const char *profile;        /* "strict", "observe" */
    const struct log_threshold *thresholds; /* those that are not the default */
    size_t threshold_count;
};

/* "key-rotation": which key the log uses for what, from which size of the tree on. */
struct log_key_binding {
    const char *purpose; /* "checkpoint", "receipt", "log", "intake" */
    const char *origin;
    struct bytes cose_key;
    uint64_t begin_size;
};

/* "trust-anchor": an issuer that nobody in the log vouches for but the log. */
struct log_trusted_issuer {
    struct bytes iss;
    struct bytes cose_key;
    const struct bytes *roles; /* 1 or more */
    size_t role_count;
};

/* A row of "refused". */
struct log_refusal_count {
    struct bytes iss; /* empty: nobody's signature had been verified, or many issuers' together */
    const char *rule;
    const char *code;
    uint64_t count;
    struct hash first; /* identity of the first statement refused; zeros: there was none to name */
};

/* "token-check": the log verified the ID token that came with an approval. */
struct log_token_check {
    struct bytes tenant;          /* of the approval */
    struct bytes record_id;       /* of the approval, 16 bytes */
    struct bytes approval_issuer;
    struct bytes record_digest;   /* 32 bytes */
    uint64_t approval_index;      /* of its entry */
    struct bytes iss;             /* the identity provider */
    struct hash jti_hash;
    struct hash key_set;          /* digest of the provider's keys */
    uint64_t checked_at_ms;
};

/* "anchor": somebody outside was given a head of the log. */
struct log_anchor {
    const char *kind; /* "rfc3161", "object-store", "other-log" */
    uint64_t size;
    struct hash root;
    struct bytes location;
    struct hash proof_digest; /* of the anchor file */
    uint64_t proof_len;
    const char *proof_type;        /* its media type */
    struct bytes idempotency_key; /* of this success, so that it is told once */
};

/* Each appends one record. */
void log_metadata_append_rules(struct buf *out, const struct log_record_header *header,
                               const struct log_rules *rules);
void log_metadata_append_key(struct buf *out, const struct log_record_header *header,
                             const struct log_key_binding *binding);
void log_metadata_append_issuer(struct buf *out, const struct log_record_header *header,
                                const struct log_trusted_issuer *issuer);
void log_metadata_append_refused(struct buf *out, const struct log_record_header *header,
                                 const struct log_refusal_count *rows, size_t count);
void log_metadata_append_token_check(struct buf *out, const struct log_record_header *header,
                                     const struct log_token_check *check);
void log_metadata_append_anchor(struct buf *out, const struct log_record_header *header,
                                const struct log_anchor *anchor);

#endif
