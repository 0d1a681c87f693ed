/* The pieces an auditor was handed: what each file is, and all of them together. */
#ifndef VOUCH_CLIENT_VERIFY_EVIDENCE_H
#define VOUCH_CLIENT_VERIFY_EVIDENCE_H

#include "base/bytes.h"
#include "base/err.h"

enum evidence_kind {
    EVIDENCE_ENTRY,       /* a statement, a transparent statement, or opaque bytes */
    EVIDENCE_RECEIPT,     /* COSE receipt of inclusion */
    EVIDENCE_CONSISTENCY, /* COSE receipt of consistency, or the JSON of a consistency proof */
    EVIDENCE_TLOG_PROOF,  /* C2SP tlog-proof@v1 */
    EVIDENCE_CHECKPOINT,  /* signed checkpoint */
    EVIDENCE_FORK_PROOF,  /* two heads that contradict each other */
    EVIDENCE_ANCHOR,      /* a head, and what somebody outside gave for it */
};

enum {
    EVIDENCE_FILE_LEN_MAX = 1 << 20,
    EVIDENCE_RECEIPTS_MAX = 16,
    EVIDENCE_CONSISTENCY_MAX = 32,
    EVIDENCE_CHECKPOINTS_MAX = 32,
    EVIDENCE_ANCHORS_MAX = 16,
};

/* All borrowed; a zeroed struct holds nothing. */
struct evidence {
    bool has_entry;
    struct bytes entry;
    struct bytes receipts[EVIDENCE_RECEIPTS_MAX];
    size_t receipt_count;
    struct bytes consistency[EVIDENCE_CONSISTENCY_MAX];
    size_t consistency_count;
    bool has_tlog_proof;
    struct bytes tlog_proof;
    bool has_fork_proof;
    struct bytes fork_proof;
    struct bytes checkpoints[EVIDENCE_CHECKPOINTS_MAX]; /* to be verified */
    size_t checkpoint_count;
    struct bytes held_heads[EVIDENCE_CHECKPOINTS_MAX]; /* what the verifier knows already */
    size_t held_head_count;
    struct bytes anchors[EVIDENCE_ANCHORS_MAX];
    size_t anchor_count;
};

/*
 * What a file is. Its name's ending decides where it has one of ours (.cose, .receipt,
 * .tlog-proof, .checkpoint, .consistency, .fork-proof, .anchor), so that a damaged file is still judged as
 * what it should be; else its content does.
 */
enum evidence_kind evidence_kind_of(const char *name, struct bytes content);

const char *evidence_kind_name(enum evidence_kind kind);

/* Adds a file. ERR_INVALID when there are too many of its kind. */
MUST_USE bool evidence_add(struct evidence *evidence, enum evidence_kind kind, struct bytes content,
                           struct err *err);

/* A checkpoint, or an anchor with one, which is then judged as any anchor. */
MUST_USE bool evidence_add_held_head(struct evidence *evidence, struct bytes note, struct err *err);

#endif
