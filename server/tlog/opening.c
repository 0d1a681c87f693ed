#include "server/tlog/opening.h"

#include <inttypes.h>
#include <string.h>

#include "schemas/cose.h"
#include "schemas/seal.h"
#include "server/tlog/head.h"
#include "server/tlog/tlog_read.h"

static bool check_keys(const struct tlog_options *options, struct err *err)
{
    if (public_key_type(options->checkpoint_signer->public_key) != KEY_ED25519)
        return err_set(err, ERR_INVALID, "the checkpoint key must be an Ed25519 key");
    if (options->kind == LOG_OPAQUE)
        return true;
    if (public_key_type(options->receipt_signer->public_key) != KEY_P256)
        return err_set(err, ERR_INVALID, "the receipt key must be a P-256 key");
    if (public_key_type(options->log_signer->public_key) != KEY_P256)
        return err_set(err, ERR_INVALID, "the log key must be a P-256 key");
    return true;
}

static bool check_card(const struct tlog_options *options, struct err *err)
{
    struct store_identity_card card;

    if (!store_read_card(options->store, &card, err))
        return err_wrap(err, "read what the store is for");
    if (strcmp(card.origin, options->origin) != 0)
        return err_set(err, ERR_REFUSED, "the store is of the log %.80s, not of %.80s", card.origin,
                       options->origin);
    if (card.kind != options->kind)
        return err_set(err, ERR_REFUSED, "the store is of an %s log",
                       card.kind == LOG_EVIDENCE ? "evidence" : "opaque");
    if (!hash_equal(&card.checkpoint_key,
                    public_key_thumbprint(options->checkpoint_signer->public_key)))
        return err_set(err, ERR_REFUSED, "the store is of another checkpoint key");
    return true;
}

/* Sizes come from the store, so that nothing after this has to doubt them. */
static bool check_size(const struct store_head *head, enum log_kind kind, struct err *err)
{
    bool is_possible = head->size == 0
                           ? head->previous_size == 0
                           : head->previous_size < head->size && head->size <= TREE_SIZE_MAX;

    if (!is_possible || (kind == LOG_EVIDENCE && head->size == 1))
        return err_set(err, ERR_CORRUPT, "no head has size %" PRIu64 " after %" PRIu64, head->size,
                       head->previous_size);
    return true;
}

static bool check_facts_size(const struct store_head *head, struct store *store, struct err *err)
{
    uint64_t size;

    if (!store_read_facts_size(store, &size, err))
        return err_wrap(err, "read what the facts speak of");
    return size == head->size ||
           err_set(err, ERR_CORRUPT,
                   "the facts are those of size %" PRIu64 ", not %" PRIu64
                   ": vouchd reindex makes them again",
                   size, head->size);
}

static bool is_sealed(const struct store_head *head, enum log_kind kind)
{
    return kind == LOG_EVIDENCE && head->size > 0;
}

/* Zeros where a sealed head names its seal: the next seal would repeat what is written here. */
static bool check_unsealed(const struct store_head *head, struct err *err)
{
    static const struct store_head zeros;

    if (!hash_equal(&head->seal, &zeros.seal) ||
        memcmp(head->receipt_signature, zeros.receipt_signature, STORE_SIGNATURE_LEN) != 0)
        return err_set(err, ERR_CORRUPT, "the head of size %" PRIu64 " names a seal", head->size);
    return true;
}

static bool load_frontier(struct frontier *out, struct store *store, const struct store_head *head,
                          struct err *err)
{
    struct node_id ids[64];
    struct hash hashes[64];
    struct hash root;
    size_t count = frontier_plan(ids, head->size);

    if (!store_read_nodes(store, hashes, ids, count, err))
        return err_wrap(err, "read the right edge");
    frontier_load(out, head->size, hashes);
    frontier_root(out, &root);
    if (!hash_equal(&root, &head->root))
        return err_set(err, ERR_CORRUPT,
                       "the right edge of size %" PRIu64 " does not lead to the signed root",
                       head->size);
    return true;
}

/* Takes the last entry apart as a seal by the log key. */
static bool open_seal(struct seal *out, struct bytes entry, const struct public_key *key,
                      struct err *err)
{
    struct cose_sign1 statement;
    struct buf message = {0};
    bool signed_by_key;

    if (!cose_sign1_decode(&statement, entry, err) || !seal_decode(out, statement.payload, err)) {
        err->code = ERR_CORRUPT;
        return err_wrap(err, "the last entry is not a seal");
    }
    cose_sig_structure(&message, statement.protected_header, statement.payload);
    signed_by_key = public_key_verify(key, bytes_of_buf(&message), statement.signature);
    buf_cleanup(&message);
    return signed_by_key ||
           err_set(err, ERR_REFUSED, "the log key did not sign the last seal: another key did");
}

/* What a head says beside size and root is signed only in its seal. */
static bool check_seal(const struct tlog_options *options, const struct store_head *head,
                       struct err *err)
{
    struct buf entry = {0};
    struct hash leaf_hash;
    struct seal seal;
    bool ok = tlog_read_entry(options->store, &entry, &leaf_hash, head->size - 1, err) &&
              open_seal(&seal, bytes_of_buf(&entry), options->log_signer->public_key, err);

    if (ok && (!hash_equal(&leaf_hash, &head->seal) || seal.first_index != head->previous_size ||
               seal.entry_count != head->size - 1 - head->previous_size ||
               seal.received_at_ms != head->received_at_ms))
        ok = err_set(err, ERR_CORRUPT, "the head of size %" PRIu64 " and its seal do not agree",
                     head->size);
    buf_cleanup(&entry);
    return ok;
}

bool opening_load(struct store_head *out_head, struct frontier *out_frontier,
                  const struct tlog_options *options, struct err *err)
{
    if (!check_keys(options, err) || !check_card(options, err))
        return false;
    if (!store_read_head(options->store, out_head, err))
        return err_wrap(err, "read the head");
    if (!check_size(out_head, options->kind, err) || !head_verify(out_head, options, err))
        return false;
    if (!load_frontier(out_frontier, options->store, out_head, err))
        return false;
    if (!check_facts_size(out_head, options->store, err))
        return false;
    return is_sealed(out_head, options->kind) ? check_seal(options, out_head, err)
                                              : check_unsealed(out_head, err);
}

/*
 * The mark is older than head: whether it is exactly the head that this one extended. A store that
 * is not of this log's past, or a head cell that is not, is told by the root.
 */
static bool compare_older_mark(struct err *out_reason, struct store *store,
                               const struct head_mark *mark, const struct store_head *head,
                               struct err *err)
{
    struct store_head published;

    if (mark->size != head->previous_size) {
        err_set(out_reason, ERR_REFUSED,
                "the head file says size %" PRIu64 " was published last, the store holds size "
                "%" PRIu64 " after %" PRIu64 ": more than one commit was never published",
                mark->size, head->size, head->previous_size);
        return true;
    }
    if (!store_seek_head(store, &published, mark->size, err))
        return err_wrap(err, "find the head of size %" PRIu64, mark->size);
    if (published.size != mark->size || !hash_equal(&published.root, &mark->root))
        err_set(out_reason, ERR_REFUSED,
                "another root than the store's was published for size %" PRIu64
                ": the store is not of this log's past",
                mark->size);
    return true;
}

static bool compare(struct err *out_reason, struct store *store, const struct head_mark *mark,
                    const struct store_head *head, struct err *err)
{
    if (mark->size > head->size)
        err_set(out_reason, ERR_REFUSED,
                "size %" PRIu64 " was published, the store holds size %" PRIu64
                ": it went back in time",
                mark->size, head->size);
    else if (mark->epoch >= head->epoch) /* each opening is an epoch of its own */
        err_set(out_reason, ERR_REFUSED,
                "the head file is of epoch %" PRIu64 ", the store only now of epoch %" PRIu64
                ": it is an older copy",
                mark->epoch, head->epoch);
    else if (mark->size < head->size)
        return compare_older_mark(out_reason, store, mark, head, err);
    else if (!hash_equal(&mark->root, &head->root))
        err_set(out_reason, ERR_REFUSED,
                "another root than the store's was published for size %" PRIu64
                ": the store is not of this log's past",
                mark->size);
    return true;
}

bool opening_compare_mark(struct err *out_reason, const struct tlog_options *options,
                          const struct store_head *head, struct err *err)
{
    struct head_cell *cell = options->head_cell;
    struct head_mark current = {.epoch = head->epoch, .size = head->size, .root = head->root};
    struct head_mark mark;
    struct err unread = {0};

    if (!cell->read(cell, &mark, &unread)) {
        if (unread.code != ERR_NOT_FOUND && unread.code != ERR_CORRUPT) {
            *err = unread;
            return err_wrap(err, "read the published head");
        }
        err_set(out_reason, ERR_REFUSED, "what was published last is not known: %.180s",
                unread.text);
        return true;
    }
    if (!compare(out_reason, options->store, &mark, head, err))
        return false;
    if (out_reason->code != ERR_NONE || mark.size == head->size)
        return true;
    /*
     * The process died after the store's write and before the head cell's. Nobody was shown this
     * head yet, and everything in it is committed, so it is published now.
     */
    return cell->write(cell, &current, err) || err_wrap(err, "write the published head");
}
