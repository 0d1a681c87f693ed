#include "tests/sim/observer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/checkpoint.h"
#include "schemas/receipt.h"
#include "schemas/seal.h"
#include "server/tlog/tlog_read.h"
#include "tests/support/reference_tree.h"

void observer_init(struct observer *observer, const struct place *place,
                   const struct log_keys *keys, enum log_kind kind)
{
    struct err err = {0};

    *observer = (struct observer){.place = place, .keys = keys, .kind = kind};
    require(place,
            note_verifier_init(&observer->verifier, SIM_ORIGIN, NOTE_TYPE_ED25519,
                               keys->checkpoint->public_key, &err),
            "%s", err.text);
    receipt_append_protected(&observer->receipt_header, keys->receipt, SIM_ORIGIN);
}

void observer_cleanup(struct observer *observer)
{
    note_verifier_cleanup(&observer->verifier);
    buf_cleanup(&observer->receipt_header);
    free(observer->leaves);
    free(observer->sids);
    free(observer->shown);
}

/* Reads entry index; the real reader compares it with the tree. */
static void read_entry(const struct observer *observer, struct store *raw, struct buf *out,
                       struct hash *out_leaf, uint64_t index)
{
    struct err err = {0};

    require(observer->place, tlog_read_entry(raw, out, out_leaf, index, &err),
            "entry %" PRIu64 " cannot be read: %s", index, err.text);
}

static void read_statement(const struct observer *observer, struct cose_sign1 *out,
                           struct bytes entry, uint64_t index)
{
    struct err err = {0};

    require(observer->place, cose_sign1_decode(out, entry, &err),
            "entry %" PRIu64 " is not a statement: %s", index, err.text);
}

/* The store finds the entry by each of its hashes. */
static void check_keys(const struct observer *observer, struct store *raw, uint64_t index)
{
    struct store_key keys[2] = {
        {.index = STORE_BY_LEAF_HASH, .hash = observer->leaves[index]},
        {.index = STORE_BY_SID, .hash = observer->sids[index]},
    };
    size_t count = observer->kind == LOG_EVIDENCE ? 2 : 1;
    struct err err = {0};

    require(observer->place, store_find(raw, keys, count, &err), "%s", err.text);
    for (size_t i = 0; i < count; i++)
        require(observer->place, keys[i].entry_index == index,
                "entry %" PRIu64 " is not found by its %s", index,
                i == 0 ? "leaf hash" : "statement identity");
}

/* The nodes that entry index completes are stored, and are what the definition says. */
static void check_nodes(const struct observer *observer, struct store *raw, uint64_t index)
{
    for (unsigned level = 0; (index + 1) % ((uint64_t)1 << level) == 0; level++) {
        struct node_id id = {.level = level, .index = index >> level};
        uint64_t width = (uint64_t)1 << level;
        struct hash expected;
        struct hash stored;
        struct err err = {0};

        require(observer->place, store_read_nodes(raw, &stored, &id, 1, &err), "%s", err.text);
        reference_root(&expected, observer->leaves + index + 1 - width, width);
        require(observer->place, hash_equal(&stored, &expected),
                "node %" PRIu64 " on level %u is wrong", id.index, level);
    }
}

/* Takes the entries up to size into memory; what was there before is never read again. */
static void learn_entries(struct observer *observer, struct store *raw, uint64_t size)
{
    observer->leaves = mem_realloc_array(observer->leaves, size, sizeof(*observer->leaves));
    observer->sids = mem_realloc_array(observer->sids, size, sizeof(*observer->sids));
    for (; observer->size < size; observer->size++) {
        uint64_t index = observer->size;
        struct cose_sign1 statement;
        struct buf entry = {0};

        read_entry(observer, raw, &entry, &observer->leaves[index], index);
        observer->sids[index] = observer->leaves[index];
        if (observer->kind == LOG_EVIDENCE) {
            read_statement(observer, &statement, bytes_of_buf(&entry), index);
            cose_sig_structure_hash(&observer->sids[index], statement.protected_header,
                                    statement.payload);
        }
        buf_cleanup(&entry);
        check_keys(observer, raw, index);
        check_nodes(observer, raw, index);
    }
}

/* The last entry of a head is a seal by the log, and tells the truth about its commit. */
static void check_seal(const struct observer *observer, struct store *raw,
                       const struct store_head *head)
{
    const struct place *place = observer->place;
    const struct store_head *before = &observer->newest;
    struct cose_sign1 cose;
    struct statement statement;
    struct problem problem;
    struct buf entry = {0};
    struct hash leaf;
    struct hash root;
    struct seal seal;
    struct err err = {0};

    read_entry(observer, raw, &entry, &leaf, head->size - 1);
    require(place, hash_equal(&leaf, &head->seal),
            "the head names another seal than its last entry");
    read_statement(observer, &cose, bytes_of_buf(&entry), head->size - 1);
    require(place, seal_decode(&seal, cose.payload, &err), "the last entry is not a seal: %s",
            err.text);
    require(place,
            statement_decode(&statement, bytes_of_buf(&entry), &problem) &&
                statement_verify(&statement, observer->keys->log->public_key, &problem),
            "the seal is not a statement by the log key: %s", problem.detail);
    require(place,
            bytes_equal_text(statement.content_type, STATEMENT_TYPE_LOG) &&
                bytes_equal_text(statement.issuer, SIM_ORIGIN) &&
                bytes_equal_text(statement.subject, "seal"),
            "the seal has wrong claims");
    reference_root(&root, observer->leaves, head->size - 1);
    require(place, seal.first_index == before->size, "the seal's first index is %" PRIu64,
            seal.first_index);
    require(place, seal.first_index + seal.entry_count + 1 == head->size,
            "the seal counts %" PRIu64 " entries", seal.entry_count);
    require(place, hash_equal(&seal.root, &root), "the seal's root is wrong");
    require(place, seal.witnessed.size <= seal.first_index,
            "the seal names a witnessed head of its future");
    require(place, hash_equal(&seal.previous, &before->seal),
            "the seal does not name the one before");
    require(place,
            seal.received_at_ms == head->received_at_ms &&
                statement.issued_at_s == seal.received_at_ms / 1000,
            "seal and head have different receive times");
    buf_cleanup(&entry);
}

/* The root is that of the remembered entries, and the checkpoint's signature is the log's. */
static void check_signed_root(const struct observer *observer, const struct store_head *head)
{
    const struct place *place = observer->place;
    struct checkpoint checkpoint;
    struct buf note = {0};
    struct hash root;
    struct err err = {0};

    reference_root(&root, observer->leaves, head->size);
    require(place, hash_equal(&root, &head->root),
            "the root of size %" PRIu64 " is not that of its entries", head->size);
    tlog_append_checkpoint(&note, SIM_ORIGIN, observer->verifier.key_id, head);
    require(place, checkpoint_open(&checkpoint, bytes_of_buf(&note), &observer->verifier, &err),
            "the checkpoint of size %" PRIu64 " does not open: %s", head->size, err.text);
    require(place, checkpoint.size == head->size && hash_equal(&checkpoint.root, &root),
            "the checkpoint of size %" PRIu64 " says something else", head->size);
    buf_cleanup(&note);
}

/* Entry index is provably in the tree under this head. */
static void check_inclusion(const struct observer *observer, struct proof *out, struct store *raw,
                            const struct store_head *head, uint64_t index)
{
    struct err err = {0};

    require(observer->place, tlog_read_inclusion(raw, out, index, head->size, &err), "%s",
            err.text);
    require(observer->place,
            inclusion_check(&observer->leaves[index], index, head->size, &head->root, out),
            "entry %" PRIu64 " is not provably in the tree of size %" PRIu64, index, head->size);
}

/* A receipt for entry index at this head convinces somebody who has the entry and the key. */
static void check_receipt(const struct observer *observer, struct store *raw,
                          const struct store_head *head, uint64_t index)
{
    const struct place *place = observer->place;
    struct receipt receipt;
    struct proof proof;
    struct buf message = {0};
    struct hash root;
    struct err err = {0};

    check_inclusion(observer, &proof, raw, head, index);
    if (observer->kind == LOG_OPAQUE)
        return;
    receipt_append_inclusion(&message, bytes_of_buf(&observer->receipt_header),
                             head->receipt_signature, index, head->size, &proof);
    require(place, receipt_decode(&receipt, bytes_of_buf(&message), &err), "%s", err.text);
    require(place,
            receipt_verify_inclusion(&receipt, &observer->leaves[index],
                                     observer->keys->receipt->public_key, &root) &&
                hash_equal(&root, &head->root),
            "the receipt of size %" PRIu64 " does not verify", head->size);
    buf_cleanup(&message);
}

/* Both signatures of a head. */
static void check_head(const struct observer *observer, struct store *raw,
                       const struct store_head *head, struct rng *rng)
{
    check_signed_root(observer, head);
    if (head->size > 0)
        check_receipt(observer, raw, head, rng_below(rng, head->size));
}

/* Whether this very head was checked when it was seen on the disk. */
static bool is_newest(const struct observer *observer, const struct store_head *head)
{
    struct store_head newest = observer->newest;

    newest.epoch = head->epoch; /* the store's, which grows without a commit */
    return observer->shown_count > 0 && memcmp(&newest, head, sizeof(newest)) == 0;
}

/* The heads that were committed since the newest one known, in their order, up to size. */
static void learn_heads(struct observer *observer, struct store *raw, uint64_t size,
                        struct rng *rng)
{
    const struct place *place = observer->place;

    while (observer->newest.size < size) {
        const struct store_head *before = &observer->newest;
        struct store_head head;
        struct err err = {0};

        require(place, store_seek_head(raw, &head, before->size + 1, &err), "%s", err.text);
        require(place, head.size <= size && head.previous_size == before->size,
                "the head of size %" PRIu64 " follows %" PRIu64 ", not %" PRIu64, head.size,
                head.previous_size, before->size);
        require(place, head.received_at_ms >= before->received_at_ms,
                "receive time went back from %" PRIu64 " to %" PRIu64, before->received_at_ms,
                head.received_at_ms);
        learn_entries(observer, raw, head.size);
        check_head(observer, raw, &head, rng);
        if (observer->kind == LOG_EVIDENCE)
            check_seal(observer, raw, &head);
        observer->newest = head;
    }
}

/* Each head ever shown and this one are of one history. */
static void check_consistency(const struct observer *observer, struct store *raw,
                              const struct store_head *head)
{
    for (size_t i = 0; i < observer->shown_count; i++) {
        const struct store_head *other = &observer->shown[i];
        const struct store_head *old = other->size <= head->size ? other : head;
        const struct store_head *new = old == other ? head : other;
        struct proof proof;
        struct err err = {0};

        require(observer->place,
                tlog_read_consistency(raw, &proof, old->size, new->size, &err) &&
                    consistency_check(old->size, &old->root, new->size, &new->root, &proof),
                "the shown heads of size %" PRIu64 " and %" PRIu64 " are not consistent", old->size,
                new->size);
    }
}

static void remember(struct observer *observer, const struct store_head *head)
{
    for (size_t i = 0; i < observer->shown_count; i++) {
        if (observer->shown[i].size == head->size)
            return;
    }
    observer->shown =
        mem_realloc_array(observer->shown, observer->shown_count + 1, sizeof(*observer->shown));
    observer->shown[observer->shown_count++] = *head;
}

void observer_see_head(struct observer *observer, struct store *raw, const struct store_head *head,
                       struct rng *rng)
{
    if (observer->shown_count == 0 && head->size == 0)
        observer->newest = *head;
    learn_heads(observer, raw, head->size, rng);
    if (!is_newest(observer, head))
        check_head(observer, raw, head, rng);
    if (head->size == observer->newest.size) /* not a store that went back in time */
        check_consistency(observer, raw, head);
    remember(observer, head);
}

void observer_check_claim(const struct observer *observer, struct store *raw,
                          const struct claim *claim)
{
    const struct claim_variant *variant;
    struct buf entry = {0};
    struct proof proof;

    require(observer->place, claim->index < observer->size,
            "claim %" PRIu64 " was acknowledged at index %" PRIu64 ", which no shown head contains",
            claim->number, claim->index);
    variant = claim_find_variant(claim, &observer->leaves[claim->index]);
    require(observer->place, variant != NULL,
            "claim %" PRIu64 " was acknowledged at index %" PRIu64 ", which holds something else",
            claim->number, claim->index);
    read_entry(observer, raw, &entry, NULL, claim->index);
    require(observer->place, bytes_equal(bytes_of_buf(&entry), variant->submission.entry),
            "the bytes of claim %" PRIu64 " changed", claim->number);
    buf_cleanup(&entry);
    check_inclusion(observer, &proof, raw, &observer->newest, claim->index);
}

void observer_read(const struct observer *observer, struct store *faulty, uint64_t index)
{
    struct buf entry = {0};
    struct hash told;
    struct hash leaf;
    struct err err = {0};

    if (tlog_read_entry(faulty, &entry, &told, index, &err)) {
        hash_leaf(&leaf, bytes_of_buf(&entry));
        require(observer->place,
                hash_equal(&leaf, &observer->leaves[index]) && hash_equal(&told, &leaf),
                "a lying store made the log give out a wrong entry %" PRIu64, index);
    }
    buf_cleanup(&entry);
}

void observer_check_complete(const struct observer *observer, const struct claims *claims)
{
    bool *taken = mem_alloc_array((size_t)observer->size, sizeof(*taken));
    uint64_t size = 0;

    for (size_t i = 0; i < claims->count; i++) {
        const struct claim *claim = claims->items[i];

        require(observer->place, claim->is_acknowledged, "claim %" PRIu64 " was never acknowledged",
                claim->number);
        require(observer->place, !taken[claim->index], "two claims share index %" PRIu64,
                claim->index);
        taken[claim->index] = true;
    }
    /* In an evidence log exactly the last entry of each commit is left: its seal. */
    while (size < observer->size) {
        uint64_t untaken = 0;

        for (; size < observer->size && taken[size]; size++)
            ;
        for (; size < observer->size && !taken[size]; size++)
            untaken++;
        require(observer->place, untaken == (observer->kind == LOG_EVIDENCE ? 1u : 0u),
                "%" PRIu64 " entries before index %" PRIu64 " are nobody's", untaken, size);
    }
    free(taken);
}
