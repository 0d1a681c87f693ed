/*
 * A small evidence log made with all its keys at hand: statements, seals, checkpoints with
 * cosignatures, receipts and proofs, as a real log and its witnesses would hand them out.
 */
#ifndef VOUCH_TESTS_SUPPORT_ISSUED_LOG_H
#define VOUCH_TESTS_SUPPORT_ISSUED_LOG_H

#include "merkle/node.h"
#include "schemas/key_set.h"
#include "schemas/note.h"
#include "schemas/seal.h"

#define ISSUED_LOG_ORIGIN "log.example/issued"

enum { ISSUED_LOG_ENTRIES_MAX = 600, ISSUED_LOG_WITNESSES = 3 };

struct issued_log {
    struct signer *checkpoint_signer; /* Ed25519 */
    struct signer *receipt_signer;    /* P-256, as are the next two */
    struct signer *log_signer;
    struct signer *issuer_signer;
    struct signer *witnesses[ISSUED_LOG_WITNESSES];
    struct buf entries[ISSUED_LOG_ENTRIES_MAX];
    struct hash leaves[ISSUED_LOG_ENTRIES_MAX];
    uint64_t size;
    uint64_t sealed_size;
    struct hash seal;
    struct seal_witnessed witnessed; /* that the next seals name; size 0: none */
    uint64_t cosigned_later_s;  /* than at first: when witnesses sign */
    uint64_t now_ms;            /* receive time of the next seal */
    struct key_set log_keys;    /* receipt key and log key; borrowed from their signers */
    struct key_set issuer_keys; /* issuer key; borrowed */
};

/* New keys, no entries. */
void issued_log_init(struct issued_log *log);
void issued_log_cleanup(struct issued_log *log);

/* Appends a statement with a record of this number. */
void issued_log_add(struct issued_log *log, uint64_t number);

/* Appends bytes that are no statement. */
void issued_log_add_bytes(struct issued_log *log, struct bytes entry);

/* Ends the commit with a seal. */
void issued_log_seal(struct issued_log *log);

/* commits times: entries_each statements and a seal. */
void issued_log_grow(struct issued_log *log, unsigned commits, unsigned entries_each);

void issued_log_root(const struct issued_log *log, struct hash *out, uint64_t size);

/* Appends the checkpoint of a size, cosigned by the witnesses whose bit is set in `witnesses`. */
void issued_log_checkpoint(struct issued_log *log, struct buf *out, uint64_t size,
                           unsigned witnesses);

void issued_log_receipt(struct issued_log *log, struct buf *out, uint64_t index, uint64_t size);
void issued_log_consistency_receipt(struct issued_log *log, struct buf *out, uint64_t old_size,
                                    uint64_t new_size);

/* Appends a tlog-proof with the checkpoint of `size`, cosigned as above. */
void issued_log_tlog_proof(struct issued_log *log, struct buf *out, uint64_t index, uint64_t size,
                           unsigned witnesses);

/* Entries [begin, end) as a bundle. */
void issued_log_bundle(const struct issued_log *log, struct buf *out, uint64_t begin, uint64_t end);

/* "log <vkey>\nwitness w0 <vkey>\n…" for all three witnesses, then this text. */
void issued_log_policy(const struct issued_log *log, struct buf *out, const char *rest);

/* Appends a verifier key: of the log, or of a witness. */
void issued_log_vkey(const struct issued_log *log, struct buf *out);
void issued_log_witness_vkey(const struct issued_log *log, struct buf *out, unsigned witness);

#endif
