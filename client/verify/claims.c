#include "client/verify/claims.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "merkle/consistency.h"

struct claim *claims_add(struct claims *claims, enum claim_source source, const char *origin,
                         uint64_t size, const struct hash *root)
{
    struct claim *claim;

    if (claims->count == CLAIMS_MAX)
        return NULL;
    claim = &claims->items[claims->count];
    *claim =
        (struct claim){.source = source, .size = size, .root = *root, .history = claims->count};
    snprintf(claim->origin, sizeof(claim->origin), "%s", origin);
    claims->count++;
    return claim;
}

static void join_histories(struct claims *claims, size_t a, size_t b)
{
    size_t from = claims->items[b].history;
    size_t to = claims->items[a].history;

    for (size_t i = 0; i < claims->count; i++) {
        if (claims->items[i].history == from)
            claims->items[i].history = to;
    }
}

/* A receipt need not name its log; then it can be of any. */
static bool same_log(const struct claim *a, const struct claim *b)
{
    return a->origin[0] == '\0' || b->origin[0] == '\0' || strcmp(a->origin, b->origin) == 0;
}

static const char *source_name(const struct claim *claim)
{
    static const char *const NAMES[] = {
        [CLAIM_RECEIPT] = "the receipt",
        [CLAIM_TLOG_PROOF] = "the tlog-proof",
        [CLAIM_CHECKPOINT] = "the checkpoint",
        [CLAIM_HELD] = "the held head",
        [CLAIM_ANCHOR] = "the anchored head",
    };

    return NAMES[claim->source];
}

static bool is_receipt(const struct claim *claim)
{
    return claim->source == CLAIM_RECEIPT;
}

static void compare_pair(struct claims *claims, struct report *report, size_t i, size_t k)
{
    const struct claim *a = &claims->items[i];
    const struct claim *b = &claims->items[k];

    if (hash_equal(&a->root, &b->root)) {
        if (a->size == b->size)
            join_histories(claims, i, k);
        else if (is_receipt(a) != is_receipt(b))
            report_add(report, "history", FINDING_FAILED, VERDICT_INVALID,
                       "%s has the root of %s, but not its size: %" PRIu64 " and %" PRIu64,
                       source_name(a), source_name(b), a->size, b->size);
    } else if (a->size == b->size) {
        /* RFC 9942 signs a receipt's root, not its size; an alarm too many is the safe side. */
        report_add(report, "history", FINDING_FAILED, VERDICT_DIVERGES,
                   "%s and %s have the same size %" PRIu64 " and different roots%s", source_name(a),
                   source_name(b), a->size,
                   is_receipt(a) || is_receipt(b)
                       ? " (a receipt's size is not signed: it may have been altered)"
                       : "");
    }
}

void claims_compare(struct claims *claims, struct report *report)
{
    for (size_t i = 0; i < claims->count; i++) {
        for (size_t k = i + 1; k < claims->count; k++) {
            if (same_log(&claims->items[i], &claims->items[k]))
                compare_pair(claims, report, i, k);
        }
    }
}

/*
 * A proof that leads to the newer root can do so from one old root only, or SHA-256 is broken. If
 * that is not the old root at hand, the two heads are shown to be of different histories; if the
 * proof leads nowhere, it may just be damaged.
 */
static void report_failure(struct report *report, const struct claim *old_claim,
                           const struct claim *new_claim, const struct proof *proof)
{
    struct hash old_root;
    struct hash new_root;

    if (consistency_roots(&old_root, &new_root, old_claim->size, &old_claim->root, new_claim->size,
                          proof) &&
        hash_equal(&new_root, &new_claim->root))
        report_add(
            report, "history", FINDING_FAILED, VERDICT_DIVERGES,
            "the tree of size %" PRIu64 " in %s does not begin with that of size %" PRIu64 " in %s",
            new_claim->size, source_name(new_claim), old_claim->size, source_name(old_claim));
    else
        report_add(report, "history", FINDING_FAILED, VERDICT_INVALID,
                   "the consistency proof does not lead from size %" PRIu64 " to %" PRIu64,
                   old_claim->size, new_claim->size);
}

void claims_connect(struct claims *claims, struct report *report, uint64_t old_size,
                    uint64_t new_size, const struct proof *proof)
{
    bool used = false;

    for (size_t i = 0; i < claims->count; i++) {
        for (size_t k = 0; k < claims->count; k++) {
            struct claim *a = &claims->items[i];
            struct claim *b = &claims->items[k];

            if (i == k || a->size != old_size || b->size != new_size || !same_log(a, b))
                continue;
            used = true;
            if (!consistency_check(old_size, &a->root, new_size, &b->root, proof)) {
                report_failure(report, a, b, proof);
                continue;
            }
            join_histories(claims, i, k);
            report_add(report, "history", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                       "the tree of size %" PRIu64 " begins with the tree of size %" PRIu64,
                       new_size, old_size);
        }
    }
    if (!used)
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
                   "a consistency proof from %" PRIu64 " to %" PRIu64
                   " fits no pair of heads at hand",
                   old_size, new_size);
}

enum head_worth claims_best_head(const struct claims *claims, const struct claim *claim,
                                 uint64_t covered_size, const struct claim **out_head)
{
    enum head_worth best = HEAD_UNCHECKED;

    *out_head = NULL;
    for (size_t i = 0; i < claims->count; i++) {
        const struct claim *other = &claims->items[i];

        if (other->history != claim->history || other->source == CLAIM_RECEIPT ||
            other->size < covered_size)
            continue;
        if (*out_head == NULL || other->worth > best) {
            best = other->worth;
            *out_head = other;
        }
    }
    return best;
}
