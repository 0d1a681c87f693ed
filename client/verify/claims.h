/*
 * What several pieces of evidence say about one tree: pairs of size and root, where they come
 * from, and which of them are shown to belong to one history.
 */
#ifndef VOUCH_CLIENT_VERIFY_CLAIMS_H
#define VOUCH_CLIENT_VERIFY_CLAIMS_H

#include "client/verify/head.h"
#include "merkle/node.h"

enum claim_source {
    CLAIM_RECEIPT,    /* the root a receipt's proof leads to */
    CLAIM_TLOG_PROOF, /* the checkpoint inside a tlog-proof */
    CLAIM_CHECKPOINT, /* a checkpoint that is to be verified */
    CLAIM_HELD,       /* a head the verifier holds already */
    CLAIM_ANCHOR,     /* the head in an anchor */
};

enum { CLAIMS_MAX = 112 };

struct claim {
    enum claim_source source;
    char origin[ORIGIN_LEN_MAX + 1]; /* empty when the source does not name it */
    uint64_t size;
    struct hash root;
    bool is_signed_receipt; /* CLAIM_RECEIPT: the log's signature was checked */
    enum head_worth worth;  /* of heads; HEAD_UNCHECKED for receipts */
    size_t history;         /* claims with the same number are shown to be one history */
};

struct claims {
    struct claim items[CLAIMS_MAX];
    size_t count;
};

/* Adds a claim with a history of its own. Returns it; NULL when there is no room. */
struct claim *claims_add(struct claims *claims, enum claim_source source, const char *origin,
                         uint64_t size, const struct hash *root);

/*
 * Joins the histories of claims of equal size and root. Two claims of one log with the same size
 * and different roots are reported under "history": diverges. A receipt's signature covers the
 * root alone, so its size is only as good as the head with that root: another size is invalid.
 */
void claims_compare(struct claims *claims, struct report *report);

/*
 * Joins the histories of every pair of claims that a consistency proof connects. A proof that
 * fails for a pair is reported: diverges when it shows another old root, else invalid.
 */
void claims_connect(struct claims *claims, struct report *report, uint64_t old_size,
                    uint64_t new_size, const struct proof *proof);

/*
 * The worth of the best head of at least covered_size entries in the history of this claim, and
 * which head that is (NULL: none). A head does not speak for entries that came after it.
 */
enum head_worth claims_best_head(const struct claims *claims, const struct claim *claim,
                                 uint64_t covered_size, const struct claim **out_head);

#endif
