#include "server/tlog/tlog.h"

#include <stdlib.h>

#include "schemas/checkpoint.h"
#include "schemas/seal.h"
#include "server/tlog/admit.h"
#include "server/tlog/draft.h"
#include "server/tlog/head.h"
#include "server/tlog/opening.h"
#include "server/tlog/own_statement.h"

struct tlog {
    struct tlog_options options;
    struct store_head head;   /* the newest committed, and published, head */
    struct frontier frontier; /* right edge of its tree */
    struct err read_only;     /* ERR_NONE, or why nothing may be signed */
    struct err failure;       /* ERR_NONE, or what made the outcome of a commit unknown */
    struct seal_witnessed witnessed; /* size 0: none */
    struct admit *admit;
    uint64_t principals_version;
    uint64_t *changed_facts; /* short keys */
    size_t changed_count;
    size_t changed_capacity;
    /* Used within one commit; kept for their memory. */
    struct batch batch;
    struct draft draft;
    struct buf seal_flags;
    struct buf seal_record;
    struct buf seal_entry;
};

bool tlog_open(struct tlog **out, const struct tlog_options *options, struct err *err)
{
    struct tlog *tlog = mem_alloc(sizeof(*tlog));

    tlog->options = *options;
    if (!opening_load(&tlog->head, &tlog->frontier, options, err) ||
        !opening_compare_mark(&tlog->read_only, options, &tlog->head, err)) {
        tlog_close(tlog);
        return err_wrap(err, "open the log %.80s", options->origin);
    }
    tlog->admit = admit_new(&tlog->options);
    *out = tlog;
    return true;
}

void tlog_close(struct tlog *tlog)
{
    if (tlog == NULL)
        return;
    admit_free(tlog->admit);
    buf_cleanup(&tlog->seal_flags);
    free(tlog->changed_facts);
    buf_cleanup(&tlog->seal_record);
    buf_cleanup(&tlog->seal_entry);
    free(tlog);
}

const char *tlog_read_only_reason(const struct tlog *tlog)
{
    return tlog->read_only.code == ERR_NONE ? NULL : tlog->read_only.text;
}

void tlog_freeze(struct tlog *tlog, const char *reason)
{
    if (tlog->read_only.code == ERR_NONE)
        err_set(&tlog->read_only, ERR_REFUSED, "%s", reason);
}

void tlog_set_witnessed(struct tlog *tlog, const struct seal_witnessed *witnessed)
{
    CHECK(witnessed->size <= tlog->head.size);
    tlog->witnessed = *witnessed;
}

const char *tlog_failure(const struct tlog *tlog)
{
    return tlog->failure.code == ERR_NONE ? NULL : tlog->failure.text;
}

const struct store_head *tlog_head(const struct tlog *tlog)
{
    return &tlog->head;
}

uint64_t tlog_principals_version(const struct tlog *tlog)
{
    return tlog->principals_version;
}

bool tlog_first_head(struct store_head *out, const char *origin, struct signer *checkpoint_signer,
                     uint64_t now_ms, struct err *err)
{
    struct tlog_options options = {
        .origin = origin,
        .kind = LOG_OPAQUE, /* no kind has receipts for the empty tree */
        .checkpoint_signer = checkpoint_signer,
    };

    if (!origin_is_valid(origin))
        return err_set(err, ERR_INVALID, "not usable as an origin: %.80s", origin);
    *out = (struct store_head){.received_at_ms = now_ms};
    hash_empty_root(&out->root);
    return head_sign(out, &options, err);
}

static bool may_commit(const struct tlog *tlog, size_t count, struct err *err)
{
    if (tlog->failure.code != ERR_NONE) {
        *err = tlog->failure;
        return err_wrap(err, "an earlier commit failed");
    }
    if (tlog->read_only.code != ERR_NONE) {
        *err = tlog->read_only;
        return err_wrap(err, "read-only");
    }
    if (TREE_SIZE_MAX - tlog->head.size < count + 1)
        return err_set(err, ERR_REFUSED, "the log is full");
    return true;
}

/* From here on the store may hold anything: only a new opening can say. */
static bool give_up(struct tlog *tlog, const char *what, struct err *err)
{
    err_wrap(err, "%s", what);
    tlog->failure = *err;
    return false;
}

/* Receive time never goes back, though clocks do. */
static uint64_t receive_time(const struct tlog *tlog)
{
    uint64_t now_ms = clock_unix_ms(tlog->options.clock);

    return now_ms > tlog->head.received_at_ms ? now_ms : tlog->head.received_at_ms;
}

static void append_added(struct tlog *tlog, struct tlog_submission *const *submissions,
                         size_t count)
{
    bool has_sid = tlog->options.kind == LOG_EVIDENCE;

    for (size_t i = 0; i < count; i++) {
        const struct tlog_submission *submission = submissions[i];

        if (submission->outcome != TLOG_ADDED)
            continue;
        CHECK(submission->index == tlog->draft.frontier.size);
        draft_append(&tlog->draft, submission->entry, &submission->leaf_hash,
                     has_sid ? &submission->identity : NULL);
    }
}

/* Rules and flags of the seal are those that are in force, and were raised, up to it. */
static void encode_seal(struct tlog *tlog, const struct store_head *head)
{
    struct settings settings;
    struct seal seal = {
        .first_index = tlog->head.size,
        .entry_count = tlog->draft.entry_count,
        .received_at_ms = head->received_at_ms,
        .previous = tlog->head.seal,
        .witnessed = tlog->witnessed,
    };

    admit_get_settings(tlog->admit, &settings);
    buf_clear(&tlog->seal_flags);
    admit_append_flags(tlog->admit, &tlog->seal_flags);
    seal.rules_id = settings.rules_id;
    seal.rules_version = settings.rules_version;
    seal.flags = bytes_of_buf(&tlog->seal_flags);
    frontier_root(&tlog->draft.frontier, &seal.root);
    buf_clear(&tlog->seal_record);
    seal_encode(&tlog->seal_record, &seal);
}

/* Ends the draft with the log's own statement on what it took in, when, and on top of what. */
static bool append_seal(struct tlog *tlog, struct store_head *head, struct err *err)
{
    struct draft *draft = &tlog->draft;
    struct own_statement statement = {.subject = "seal", .received_at_ms = head->received_at_ms};
    struct hash sid;

    encode_seal(tlog, head);
    statement.payload = bytes_of_buf(&tlog->seal_record);
    buf_clear(&tlog->seal_entry);
    if (!own_statement_append(&tlog->seal_entry, &sid, &statement, &tlog->options, err))
        return err_wrap(err, "seal the batch");
    hash_leaf(&head->seal, bytes_of_buf(&tlog->seal_entry));
    draft_append(draft, bytes_of_buf(&tlog->seal_entry), &head->seal, &sid);
    return true;
}

static bool write_to_store(struct tlog *tlog, const struct store_head *head, struct err *err)
{
    struct store_commit commit = draft_commit(&tlog->draft, &tlog->head, head);

    commit.facts = admit_facts(tlog->admit, &commit.fact_count);
    return store_commit(tlog->options.store, &commit, err);
}

static bool write_to_head_cell(struct tlog *tlog, const struct store_head *head, struct err *err)
{
    struct head_cell *cell = tlog->options.head_cell;
    struct head_mark mark = {.epoch = head->epoch, .size = head->size, .root = head->root};

    return cell->write(cell, &mark, err);
}

bool tlog_adopt(struct tlog *tlog, struct err *err)
{
    return write_to_head_cell(tlog, &tlog->head, err) || err_wrap(err, "write the published head");
}

const uint64_t *tlog_changed_facts(const struct tlog *tlog, size_t *out_count)
{
    *out_count = tlog->changed_count;
    return tlog->changed_facts;
}

static void remember_changed_facts(struct tlog *tlog)
{
    size_t count;
    const struct store_fact *facts = admit_facts(tlog->admit, &count);

    if (count > tlog->changed_capacity) {
        tlog->changed_capacity = count;
        tlog->changed_facts =
            mem_realloc_array(tlog->changed_facts, count, sizeof(*tlog->changed_facts));
    }
    for (size_t i = 0; i < count; i++)
        tlog->changed_facts[i] = fact_key_short(facts[i].key);
    tlog->changed_count = count;
}

/* What of the batch enters, in which order; for now in memory only. */
static bool admit_submissions(struct tlog *tlog, size_t *out_added_count, uint64_t received_at_ms,
                  struct tlog_submission *const *submissions, size_t count, struct err *err)
{
    struct batch_target target = {
        .store = tlog->options.store,
        .kind = tlog->options.kind,
        .size = tlog->head.size,
    };
    struct admit_place place = {tlog->head.size, received_at_ms};

    if (!batch_look_up(&tlog->batch, &target, submissions, count, err))
        return err_wrap(err, "look for duplicates");
    return admit_batch(tlog->admit, out_added_count, &tlog->batch, &place, submissions, count, err);
}

/* Writes what was admitted, with its seal and the new head. */
static bool commit_added(struct tlog *tlog, uint64_t received_at_ms,
                         struct tlog_submission *const *submissions, size_t count, struct err *err)
{
    struct store_head head = {
        .epoch = tlog->head.epoch,
        .previous_size = tlog->head.size,
        .received_at_ms = received_at_ms,
    };

    draft_begin(&tlog->draft, &tlog->frontier);
    append_added(tlog, submissions, count);
    if (tlog->options.kind == LOG_EVIDENCE && !append_seal(tlog, &head, err))
        return false;
    head.size = tlog->draft.frontier.size;
    frontier_root(&tlog->draft.frontier, &head.root);

    /*
     * The log's promise is that every head it signs extends the ones before. It is proved here
     * from what is going to be stored; when the proof fails, this memory is not to be trusted.
     */
    if (!draft_extends(&tlog->draft, &tlog->head.root, &head.root)) {
        err_set(err, ERR_CORRUPT, "the new head does not extend the last signed one");
        return give_up(tlog, "check consistency", err);
    }
    if (!head_sign(&head, &tlog->options, err))
        return false;

    /*
     * One atomic, synced write. A crash before or in it leaves the previous head and a signature
     * that nobody has seen; after it, the new head, which the next opening publishes. When it
     * reports a failure either may be true, so there is no second attempt.
     */
    if (!write_to_store(tlog, &head, err))
        return give_up(tlog, "commit", err);

    /*
     * Outside the database, before anybody sees the head: a database that later comes back older
     * than what was seen is recognised by this mark. A crash here leaves the mark one commit
     * behind, which the next opening repairs.
     */
    if (!write_to_head_cell(tlog, &head, err))
        return give_up(tlog, "write the published head", err);

    /* Published: from now on readers see the head, and submitters may be answered. */
    tlog->head = head;
    tlog->frontier = tlog->draft.frontier;
    tlog->principals_version += admit_changes_principals(tlog->admit);
    remember_changed_facts(tlog);
    return true;
}

bool tlog_commit(struct tlog *tlog, struct tlog_submission *const *submissions, size_t count,
                 struct err *err)
{
    uint64_t received_at_ms = receive_time(tlog);
    size_t added_count = 0;
    bool ok;
    bool commits;

    CHECK(count <= TLOG_BATCH_ENTRIES_MAX);
    CHECK(count > 0 || (tlog->options.kind == LOG_EVIDENCE && tlog->head.size > 0));
    tlog->changed_count = 0;
    if (!may_commit(tlog, count, err))
        return false;

    /*
     * Until the store is written to, everything happens in memory: a failure or a crash leaves the
     * log as it was, and the same submissions may come again.
     */
    ok = admit_submissions(tlog, &added_count, received_at_ms, submissions, count, err);
    commits = ok && (added_count > 0 || count == 0);
    if (commits)
        ok = commit_added(tlog, received_at_ms, submissions, count, err);
    if (commits && ok)
        admit_committed(tlog->admit);
    else
        admit_forget(tlog->admit);
    return ok;
}
