#include "server/restore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "client/reader/audit_follow.h"
#include "client/reader/log_reader.h"
#include "client/reader/tile_chain.h"
#include "client/verify/audit.h"
#include "schemas/statement.h"
#include "server/log_parts.h"
#include "server/tlog/head_file.h"
#include "server/tlog/recommit.h"
#include "server/tlog/tlog_read.h"

static const uint64_t PROGRESS_INTERVAL_NS = UINT64_C(5000000000);

struct restoring {
    const struct restore_options *options;
    const struct config *config;
    enum log_kind kind;
    struct log_keys keys;
    struct policy policy; /* this log's own key */
    struct fetcher *fetcher;
    struct head head; /* the mirror's */
    struct tile_chain chain;
    struct store *store;
    struct head_cell *head_cell; /* NULL: there is none, and will be none */
    struct head_mark mark; /* the largest head known */
    struct recommit *recommit;
    uint64_t begin_size;
    uint64_t reported_ns;
};

/* ---- the mirror ---- */

static bool load_policy(struct policy *out, const char *origin, const struct public_key *key,
                        struct err *err)
{
    struct note_verifier verifier = {0};
    struct buf vkey = {0};
    bool ok = note_verifier_init(&verifier, origin, NOTE_TYPE_ED25519, key, err);

    if (ok) {
        note_verifier_append(&vkey, &verifier);
        ok = policy_from_vkey(out, bytes_of_buf(&vkey), err);
    }
    note_verifier_cleanup(&verifier);
    buf_cleanup(&vkey);
    return ok;
}

static bool is_own_head(const struct head *head, const char *where, struct err *err)
{
    return head->is_signed ||
           err_set(err, ERR_REFUSED, "%s: this log's checkpoint key did not sign this head", where);
}

static bool open_mirror(struct restoring *restoring, struct err *err)
{
    const char *from = restoring->options->from;
    struct buf note = {0};
    bool ok = fetch_open(&restoring->fetcher, from, err) &&
              log_read_head(restoring->fetcher, &restoring->head, &note, "checkpoint",
                            &restoring->policy, err) &&
              is_own_head(&restoring->head, from, err);

    if (ok && restoring->head.checkpoint.size == 0)
        ok = err_set(err, ERR_REFUSED, "%s has no entries", from);
    buf_cleanup(&note);
    return ok && tile_chain_open(&restoring->chain, restoring->fetcher,
                                 &restoring->head.checkpoint, err);
}

/* The log's own first word makes it an evidence log. */
static bool find_kind(struct restoring *restoring, struct err *err)
{
    struct problem problem = {0};
    struct statement statement;
    struct buf entry = {0};

    if (!log_read_entry(restoring->fetcher, &entry, &restoring->head.checkpoint, 0, err))
        return false;
    restoring->kind = statement_decode_form(&statement, bytes_of_buf(&entry), &problem) &&
                              bytes_equal_text(statement.content_type, STATEMENT_TYPE_LOG)
                          ? LOG_EVIDENCE
                          : LOG_OPAQUE;
    buf_cleanup(&entry);
    return true;
}

/* ---- what is known to have been published ---- */

/* One of two heads of this log is the other's past, as the mirror shows; a larger one is not here. */
static bool check_past(struct restoring *restoring, uint64_t size, const struct hash *root,
                       const char *whose, struct err *err)
{
    const struct checkpoint *head = &restoring->head.checkpoint;
    struct checkpoint past = *head;
    struct proof proof;

    past.size = size;
    past.root = *root;
    if (size == 0 || size > head->size)
        return true;
    if (log_prove_consistency(restoring->fetcher, &proof, &past, head, err))
        return true;
    return err->code == ERR_CORRUPT
               ? err_set(err, ERR_REFUSED,
                         "%s of size %" PRIu64 " and the mirror's of size %" PRIu64
                         " are of two histories",
                         whose, size, head->size)
               : false;
}

static bool raise_mark(struct restoring *restoring, uint64_t size, const struct hash *root,
                       const char *whose, struct err *err)
{
    if (!check_past(restoring, size, root, whose, err))
        return false;
    if (size > restoring->mark.size) {
        restoring->mark.size = size;
        restoring->mark.root = *root;
    }
    return true;
}

static bool raise_mark_to_files(struct restoring *restoring, struct err *err)
{
    const struct restore_options *options = restoring->options;

    for (size_t i = 0; i < options->head_count; i++) {
        struct buf note = {0};
        struct head head;
        bool ok = file_read(&note, options->heads[i], NOTE_LEN_MAX, err) &&
                  (head_open(&head, bytes_of_buf(&note), &restoring->policy, err) ||
                   err_wrap(err, "%s", options->heads[i])) &&
                  is_own_head(&head, options->heads[i], err);

        buf_cleanup(&note);
        if (!ok || !raise_mark(restoring, head.checkpoint.size, &head.checkpoint.root,
                               options->heads[i], err))
            return false;
    }
    return true;
}

/* Without a head file the heads at hand are all there is; with one it is the least. */
static bool open_head_file(struct restoring *restoring, bool *out_is_new, struct err *err)
{
    const char *path = restoring->config->head_file;
    struct head_mark published;

    *out_is_new = !file_exists(path);
    if (*out_is_new)
        return true;
    if (!head_file_open(&restoring->head_cell, path, err) ||
        !restoring->head_cell->read(restoring->head_cell, &published, err))
        return false;
    restoring->mark.epoch = published.epoch;
    return raise_mark(restoring, published.size, &published.root, "the head file's head", err);
}

/* From here on nothing is signed before all that is known to be published is in the store. */
static bool settle_mark(struct restoring *restoring, struct err *err)
{
    const struct checkpoint *head = &restoring->head.checkpoint;
    const struct config *config = restoring->config;
    const char *path = config->head_file;
    bool is_new;

    if (!open_head_file(restoring, &is_new, err) ||
        !raise_mark(restoring, head->size, &head->root, "the mirror's head", err) ||
        !raise_mark_to_files(restoring, err))
        return false;
    if (is_new && config->witness_policy_file != NULL && restoring->mark.size <= head->size)
        return true; /* without a head file no daemon starts: the witnesses have the word */
    if (is_new)
        return head_file_create(path, &restoring->mark, err) &&
               head_file_open(&restoring->head_cell, path, err);
    return restoring->head_cell->write(restoring->head_cell, &restoring->mark, err);
}

/* ---- the store ---- */

static bool create_store(struct restoring *restoring, struct err *err)
{
    const struct config *config = restoring->config;
    struct store_identity_card card = {.kind = restoring->kind};
    struct store_head first;

    strcpy(card.origin, config->origin); /* checked by the configuration: it fits */
    card.checkpoint_key = *public_key_thumbprint(restoring->keys.checkpoint->public_key);
    /* Nobody knows when it was made: before all that is restored. */
    return tlog_first_head(&first, config->origin, restoring->keys.checkpoint, 0, err) &&
           store_leveldb_create(config->data_dir, &card, &first, err);
}

/* There is nothing to commit: the mirror only shows that the store is no older copy than itself. */
static bool take_larger_store(struct restoring *restoring, const struct store_head *head,
                              struct err *err)
{
    const struct checkpoint *mirrored = &restoring->head.checkpoint;
    struct hash root;

    if (!tlog_read_root(restoring->store, &root, mirrored->size, err))
        return false;
    if (!hash_equal(&root, &mirrored->root))
        return err_set(err, ERR_REFUSED,
                       "the mirror's head of size %" PRIu64 " and the store are of two histories",
                       mirrored->size);
    if (head->size > restoring->mark.size) {
        restoring->mark.size = head->size;
        restoring->mark.root = head->root;
    }
    return true;
}

static bool open_store(struct restoring *restoring, struct err *err)
{
    const struct config *config = restoring->config;
    struct store_leveldb_options options = log_parts_store_options(config);
    struct tlog_options tlog_options = {
        .clock = clock_system(),
        .origin = config->origin,
        .kind = restoring->kind,
        .checkpoint_signer = restoring->keys.checkpoint,
        .receipt_signer = restoring->keys.receipt,
        .log_signer = restoring->keys.log,
    };
    const struct store_head *head;

    if (!file_exists(config->data_dir) && !create_store(restoring, err))
        return false;
    if (!store_leveldb_open(&restoring->store, &options, err))
        return false;
    tlog_options.store = restoring->store;
    if (!recommit_open(&restoring->recommit, &tlog_options, err))
        return false;
    head = recommit_head(restoring->recommit);
    restoring->begin_size = head->size;
    if (head->size > restoring->head.checkpoint.size)
        return take_larger_store(restoring, head, err);
    return check_past(restoring, head->size, &head->root, "the store's head", err);
}

static void report_progress(struct restoring *restoring)
{
    uint64_t now_ns = clock_monotonic_ns();

    if (now_ns - restoring->reported_ns < PROGRESS_INTERVAL_NS)
        return;
    restoring->reported_ns = now_ns;
    diag_info("restoring", "done=%" PRIu64 " size=%" PRIu64,
              recommit_head(restoring->recommit)->size, restoring->head.checkpoint.size);
}

/* Compared with the signed head before any of it is committed. */
static bool take_bundle(void *context, const struct followed_bundle *bundle, struct err *err)
{
    struct restoring *restoring = context;
    struct bytes entries[TILE_WIDTH];
    struct hash row[TILE_WIDTH];
    struct bytes rest = bundle->content;

    for (size_t i = 0; i < bundle->count; i++) {
        struct err cut = {0};

        if (!bundle_next(&rest, &entries[i], &cut))
            return err_set(err, ERR_CORRUPT, "the bundle at entry %" PRIu64 " is cut off",
                           bundle->begin_index);
        hash_leaf(&row[i], entries[i]);
    }
    if (!tile_chain_check_leaves(&restoring->chain, bundle->begin_index / TILE_WIDTH, row, err))
        return false;
    for (size_t i = bundle->skip; i < bundle->count; i++) {
        if (!recommit_take(restoring->recommit, entries[i], err))
            return false;
    }
    report_progress(restoring);
    return true;
}

static bool take_entries(struct restoring *restoring, struct err *err)
{
    struct follow_options options = {.url = restoring->options->from,
                                     .begin = restoring->begin_size,
                                     .end = restoring->head.checkpoint.size,
                                     .size = restoring->head.checkpoint.size,
                                     .retry_ms = FOLLOW_RETRY_MS,
                                     .take = take_bundle,
                                     .context = restoring};

    if (options.begin >= options.size)
        return true;
    return bundles_follow(&options, err) && recommit_finish(restoring->recommit, err);
}

/* The head file takes the epoch of this opening, so that the next one may publish. */
static bool publish(struct restoring *restoring, struct err *err)
{
    const struct store_head *head = recommit_head(restoring->recommit);

    if (restoring->head_cell == NULL || restoring->mark.size > head->size)
        return true;
    restoring->mark.epoch = head->epoch;
    return restoring->head_cell->write(restoring->head_cell, &restoring->mark, err);
}

static void append_result(struct buf *out, const struct restoring *restoring)
{
    uint64_t size = recommit_head(restoring->recommit)->size;

    buf_append_format(out, "restored %s from size %" PRIu64 " to size %" PRIu64 "\n",
                      restoring->config->origin, restoring->begin_size, size);
    if (restoring->kind == LOG_OPAQUE)
        buf_append_text(out, "receive times and the heads in between could not be had: an opaque "
                             "log does not say where its commits ended\n");
    if (restoring->head_cell == NULL)
        buf_append_text(out, "there is no head file: vouchd adopt makes one, if the witnesses know of "
                             "nothing newer\n");
    if (restoring->mark.size > size)
        buf_append_format(out,
                          "size %" PRIu64 " was published: the log is read-only until it is "
                          "restored from a mirror that has it\n",
                          restoring->mark.size);
}

static bool restore(struct restoring *restoring, struct err *err)
{
    const struct config *config = restoring->config;

    /* The kind decides which keys there are, and needs the one that all kinds have. */
    if (!log_keys_open(&restoring->keys, config, LOG_OPAQUE, err) ||
        !load_policy(&restoring->policy, config->origin, restoring->keys.checkpoint->public_key,
                     err) ||
        !open_mirror(restoring, err) || !find_kind(restoring, err))
        return false;
    log_keys_close(&restoring->keys);
    return log_keys_open(&restoring->keys, config, restoring->kind, err) &&
           settle_mark(restoring, err) && open_store(restoring, err) &&
           take_entries(restoring, err) && publish(restoring, err);
}

bool restore_run(struct buf *out, const struct restore_options *options, struct err *err)
{
    struct restoring *restoring = mem_alloc(sizeof(*restoring));
    bool ok;

    restoring->options = options;
    restoring->config = options->config;
    restoring->reported_ns = clock_monotonic_ns();
    ok = restore(restoring, err);
    if (ok)
        append_result(out, restoring);
    recommit_close(restoring->recommit);
    store_close(restoring->store);
    if (restoring->head_cell != NULL)
        restoring->head_cell->close(restoring->head_cell);
    fetch_close(restoring->fetcher);
    policy_cleanup(&restoring->policy);
    log_keys_close(&restoring->keys);
    free(restoring);
    return ok || err_wrap(err, "restore");
}
