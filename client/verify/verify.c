#include "client/verify/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/verify/anchor_check.h"
#include "client/verify/claims.h"
#include "client/verify/entry.h"
#include "client/verify/fork_check.h"
#include "client/verify/proof_view.h"
#include "schemas/receipt.h"
#include "schemas/tlog_proof.h"

/* Receipts beside the entry and inside it, and one tlog-proof. */
enum { SHOWN_MAX = EVIDENCE_RECEIPTS_MAX + TRANSPARENT_RECEIPTS_MAX + 1 };

/* One verification on its way. */
struct verification {
    struct report *report;
    const struct evidence *evidence;
    const struct trust *trust;
    struct entry_facts entry;
    struct claims claims;
    /* The trees that are shown to hold the entry, and where in them it stands. */
    struct {
        const struct claim *claim;
        uint64_t index;
    } shown[SHOWN_MAX];
    size_t shown_count;
};

static void keep_shown(struct verification *v, const struct claim *claim, uint64_t index)
{
    if (claim == NULL || v->shown_count == SHOWN_MAX)
        return;
    v->shown[v->shown_count].claim = claim;
    v->shown[v->shown_count].index = index;
    v->shown_count++;
}

static void report_inclusion(struct verification *v, uint64_t index, uint64_t size)
{
    report_add(v->report, "inclusion", FINDING_RECOMPUTED, VERDICT_VERIFIED,
               "the proof leads from the entry, index %" PRIu64
               ", to the root of the tree of size %" PRIu64,
               index, size);
}

static const struct public_key *receipt_key(const struct verification *v,
                                            const struct receipt *receipt)
{
    const struct key_set *keys = v->trust->log_keys;

    if (keys == NULL)
        return NULL;
    if (receipt->kid.len == 0)
        return keys->count == 1 ? keys->keys[0] : NULL;
    return key_set_find(keys, receipt->kid);
}

/* Without a key only the proof can be followed; its root is then as good as the head it meets. */
static bool receipt_root(struct verification *v, struct receipt *receipt,
                         const struct public_key *key, struct hash *out_root)
{
    if (key != NULL) {
        if (!receipt_verify_inclusion(receipt, &v->entry.leaf_hash, key, out_root)) {
            report_add(v->report, "receipt-signature", FINDING_FAILED, VERDICT_INVALID,
                       "entry, proof and signature of the receipt do not belong together");
            return false;
        }
        report_inclusion(v, receipt->leaf_index, receipt->tree_size);
        report_add(v->report, "receipt-signature", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "the log's receipt key signed that root (not the index and the size)");
        return true;
    }
    if (!inclusion_root(out_root, &v->entry.leaf_hash, receipt->leaf_index, receipt->tree_size,
                        &receipt->proof) ||
        (receipt->cose.has_payload && !bytes_equal(receipt->cose.payload, hash_bytes(out_root)))) {
        report_add(v->report, "inclusion", FINDING_FAILED, VERDICT_INVALID,
                   "the receipt's proof does not fit the entry");
        return false;
    }
    report_inclusion(v, receipt->leaf_index, receipt->tree_size);
    report_add(v->report, "receipt-signature", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
               "no key with the receipt's kid was given");
    return true;
}

static void check_receipt(struct verification *v, struct bytes message)
{
    char origin[ORIGIN_LEN_MAX + 1] = "";
    const struct public_key *key;
    struct receipt receipt;
    struct err err = {0};
    struct claim *claim;
    struct hash root;

    if (!receipt_decode(&receipt, message, &err) || receipt.is_consistency) {
        report_add(v->report, "receipt-form", FINDING_FAILED, VERDICT_INVALID, "%s",
                   err.code != ERR_NONE ? err.text : "this is no receipt of inclusion");
        return;
    }
    if (!v->evidence->has_entry) {
        report_add(v->report, "inclusion", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the receipt's entry is not among the files");
        return;
    }
    key = receipt_key(v, &receipt);
    if (!receipt_root(v, &receipt, key, &root))
        return;
    if (receipt.issuer.len > 0 && receipt.issuer.len < sizeof(origin))
        memcpy(origin, receipt.issuer.data, receipt.issuer.len);
    claim = claims_add(&v->claims, CLAIM_RECEIPT, origin, receipt.tree_size, &root);
    if (claim != NULL)
        claim->is_signed_receipt = key != NULL;
    keep_shown(v, claim, receipt.leaf_index);
}

/* Opens a checkpoint, reports on it and adds it to the claims; NULL when it is bad. */
static struct claim *add_head(struct verification *v, enum claim_source source, struct bytes note,
                              struct head *out)
{
    struct claim *claim;
    struct err err = {0};

    if (!head_open(out, note, v->trust->policy, &err)) {
        report_add(v->report, "head-signature", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
        return NULL;
    }
    claim = claims_add(&v->claims, source, out->checkpoint.origin, out->checkpoint.size,
                       &out->checkpoint.root);
    if (claim == NULL)
        return NULL;
    claim->worth = head_worth(out, v->trust->policy);
    if (source == CLAIM_HELD && v->trust->policy == NULL)
        report_add(v->report, "head-signature", FINDING_TAKEN, VERDICT_VERIFIED,
                   "the held head of size %" PRIu64 " is taken as it is", out->checkpoint.size);
    else
        head_report(v->report, out, v->trust->policy);
    return claim;
}

static void check_anchor(struct verification *v, struct bytes text)
{
    struct anchor_file anchor;
    struct err err = {0};
    struct head head;

    if (!anchor_file_parse(&anchor, text, &err)) {
        report_add(v->report, "anchor-form", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
        return;
    }
    (void)add_head(v, CLAIM_ANCHOR, anchor.note, &head);
    anchor_check(v->report, &anchor, v->trust->policy, v->trust->timestamp_ca);
    anchor_file_cleanup(&anchor);
}

static void check_tlog_proof(struct verification *v)
{
    struct tlog_proof proof;
    struct err err = {0};
    struct claim *claim;
    struct head head;

    if (!tlog_proof_parse(&proof, v->evidence->tlog_proof, &err)) {
        report_add(v->report, "tlog-proof-form", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
        return;
    }
    claim = add_head(v, CLAIM_TLOG_PROOF, proof.checkpoint, &head);
    if (claim == NULL)
        return;
    if (!v->evidence->has_entry) {
        report_add(v->report, "inclusion", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the proof's entry is not among the files");
        return;
    }
    if (!inclusion_check(&v->entry.leaf_hash, proof.index, claim->size, &claim->root,
                         &proof.proof)) {
        report_add(v->report, "inclusion", FINDING_FAILED, VERDICT_INVALID,
                   "the proof does not lead from the entry to the root of its checkpoint");
        return;
    }
    report_inclusion(v, proof.index, claim->size);
    keep_shown(v, claim, proof.index);
}

/*
 * The root that a consistency receipt's key should have signed is that of a head of its size.
 * Without such a head there is nothing to check, and nothing that the receipt shows.
 */
static bool check_history_signature(struct verification *v, const struct receipt *receipt)
{
    const struct public_key *key = receipt_key(v, receipt);
    bool has_head = false;

    if (key == NULL) {
        report_add(v->report, "receipt-signature", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
                   "no key with the kid of the consistency receipt was given");
        return true;
    }
    for (size_t i = 0; i < v->claims.count; i++) {
        const struct claim *claim = &v->claims.items[i];

        if (claim->size != receipt->tree_size)
            continue;
        has_head = true;
        if (receipt_verify_root(receipt, &claim->root, key)) {
            report_add(v->report, "receipt-signature", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                       "the log's receipt key signed the root of size %" PRIu64, claim->size);
            return true;
        }
    }
    if (has_head)
        report_add(v->report, "receipt-signature", FINDING_FAILED, VERDICT_INVALID,
                   "the consistency receipt carries no signature of the root of size %" PRIu64,
                   receipt->tree_size);
    return !has_head;
}

static void check_consistency(struct verification *v, struct bytes content)
{
    struct consistency_view view;
    struct receipt receipt;
    struct err err = {0};

    if (content.len > 0 && content.data[0] == 0xd2) {
        if (!receipt_decode(&receipt, content, &err) || !receipt.is_consistency) {
            report_add(v->report, "history", FINDING_FAILED, VERDICT_INVALID, "%s",
                       err.code != ERR_NONE ? err.text : "this is no receipt of consistency");
            return;
        }
        if (check_history_signature(v, &receipt))
            claims_connect(&v->claims, v->report, receipt.old_size, receipt.tree_size,
                           &receipt.proof);
    } else if (consistency_view_parse(&view, content, &err)) {
        claims_connect(&v->claims, v->report, view.old_size, view.new_size, &view.proof);
    } else {
        report_add(v->report, "history", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
    }
}

/* The best head that covers the entry through any of the trees that are shown to hold it. */
static enum head_worth best_head(const struct verification *v, const struct claim **out_head,
                                 bool *out_signed)
{
    enum head_worth best = HEAD_UNCHECKED;

    *out_head = NULL;
    *out_signed = false;
    for (size_t i = 0; i < v->shown_count; i++) {
        const struct claim *head;
        enum head_worth worth =
            claims_best_head(&v->claims, v->shown[i].claim, v->shown[i].index + 1, &head);

        *out_signed = *out_signed || v->shown[i].claim->is_signed_receipt;
        if (head != NULL && (*out_head == NULL || worth > best)) {
            best = worth;
            *out_head = head;
        }
    }
    return best;
}

static void conclude_without_head(struct verification *v, bool has_signed_receipt)
{
    const struct evidence *evidence = v->evidence;

    if (v->shown_count == 0)
        report_add(v->report, "head", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "nothing at hand shows that the entry is in the log");
    else if (evidence->held_head_count + evidence->checkpoint_count > 0)
        report_add(v->report, "head", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "no head at hand is shown to cover the entry: a consistency proof is missing");
    else if (has_signed_receipt)
        report_add(v->report, "head", FINDING_TAKEN, VERDICT_LOG_WORD,
                   "a receipt without a head is the log's word alone");
    else
        report_add(v->report, "head", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "no key of the log was given to check a signature with");
}

static void conclude_entry(struct verification *v)
{
    const struct claim *head;
    bool has_signed_receipt;
    enum head_worth worth = best_head(v, &head, &has_signed_receipt);

    if (worth == HEAD_TRUSTED)
        report_add(v->report, "head", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "a head as the policy asks for, of size %" PRIu64 ", covers the entry",
                   head->size);
    else if (worth == HEAD_SIGNED)
        report_add(v->report, "head", FINDING_TAKEN, VERDICT_LOG_WORD,
                   "the head of size %" PRIu64 " that covers the entry is the log's word alone",
                   head->size);
    else if (head != NULL && head->source == CLAIM_HELD)
        report_add(v->report, "head", FINDING_TAKEN, VERDICT_LOG_WORD,
                   "the head of size %" PRIu64 " you hold covers the entry", head->size);
    else
        conclude_without_head(v, has_signed_receipt);
}

/* Every checkpoint must be as the policy asks, and all of them one history with what is held. */
static void conclude_heads(struct verification *v)
{
    for (size_t i = 0; i < v->claims.count; i++) {
        const struct claim *claim = &v->claims.items[i];
        const struct claim *head;
        enum head_worth worth;

        if (claim->history != v->claims.items[0].history)
            report_add(v->report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                       "nothing shows that the heads of size %" PRIu64 " and %" PRIu64
                       " are one history",
                       v->claims.items[0].size, claim->size);
        if (claim->source == CLAIM_HELD)
            continue;
        worth = claims_best_head(&v->claims, claim, claim->size, &head);
        if (worth == HEAD_UNCHECKED)
            report_raise(v->report, VERDICT_INCOMPLETE);
        else if (worth == HEAD_SIGNED)
            report_raise(v->report, VERDICT_LOG_WORD);
    }
}

static void verify_all(struct verification *v)
{
    const struct evidence *evidence = v->evidence;
    struct head head;

    if (evidence->has_fork_proof)
        fork_check(v->report, evidence->fork_proof, v->trust->policy);
    if (evidence->has_entry)
        entry_check(&v->entry, v->report, evidence->entry, v->trust);
    for (size_t i = 0; i < evidence->receipt_count; i++)
        check_receipt(v, evidence->receipts[i]);
    for (size_t i = 0; i < v->entry.receipt_count; i++)
        check_receipt(v, v->entry.receipts[i]);
    if (evidence->has_tlog_proof)
        check_tlog_proof(v);
    for (size_t i = 0; i < evidence->checkpoint_count; i++)
        (void)add_head(v, CLAIM_CHECKPOINT, evidence->checkpoints[i], &head);
    for (size_t i = 0; i < evidence->held_head_count; i++)
        (void)add_head(v, CLAIM_HELD, evidence->held_heads[i], &head);
    for (size_t i = 0; i < evidence->anchor_count; i++)
        check_anchor(v, evidence->anchors[i]);
    claims_compare(&v->claims, v->report);
    for (size_t i = 0; i < evidence->consistency_count; i++)
        check_consistency(v, evidence->consistency[i]);
    if (evidence->has_entry) {
        conclude_entry(v);
        entry_report_outside(v->report, &v->entry);
    } else if (evidence->receipt_count == 0 && !evidence->has_tlog_proof) {
        conclude_heads(v);
    }
}

void verify_evidence(struct report *out, const struct evidence *evidence, const struct trust *trust)
{
    struct verification *v = mem_alloc(sizeof(*v));

    *out = (struct report){0};
    v->report = out;
    v->evidence = evidence;
    v->trust = trust;
    if (!evidence->has_entry && !evidence->has_tlog_proof && !evidence->has_fork_proof &&
        evidence->receipt_count == 0 && evidence->checkpoint_count == 0 &&
        evidence->anchor_count == 0)
        report_add(out, "evidence", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "there is nothing to verify");
    else
        verify_all(v);
    free(v);
}
