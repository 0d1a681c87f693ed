#include "server/role/mirror/followed_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "base/text.h"
#include "client/mirror/copy_judge.h"
#include "client/reader/log_reader.h"
#include "server/cosigning/evidence.h"
#include "server/cosigning/log_list.h"

const char *follow_outcome_name(enum follow_outcome outcome)
{
    static const char *const names[FOLLOW_OUTCOMES] = {
        [FOLLOW_CURRENT] = "current",
        [FOLLOW_FAILED] = "failed",
        [FOLLOW_REFUSED] = "refused",
    };

    return names[outcome];
}

void followed_log_id(char out[FOLLOWED_LOG_ID_LEN + 1], const char *origin)
{
    struct hasher hasher;
    struct hash hash;
    struct buf text = {0};

    hasher_init(&hasher);
    hasher_update(&hasher, bytes_of_text(origin));
    hasher_final(&hasher, &hash);
    text_append_hex(&text, hash_bytes(&hash));
    memcpy(out, buf_text(&text), FOLLOWED_LOG_ID_LEN + 1);
    buf_cleanup(&text);
}

const char *followed_log_origin(const struct followed_log *log)
{
    return log->log.policy.logs[0].verifier.name;
}

static const char *url_of(const struct followed_log *log)
{
    return log->log.policy.logs[0].url;
}

/* ---- heads ---- */

bool followed_log_commit_pending(struct followed_log *log, const struct ledger_state *before,
                                 const struct checkpoint *checkpoint, struct bytes note)
{
    struct cosigning commit = {
        .before = *before,
        .after = {.size = checkpoint->size,
                  .root = checkpoint->root,
                  .time_s = clock_unix_ms(clock_system()) / 1000},
        .note = note,
    };

    log_list_id(&commit.log_id, checkpoint->origin);
    committer_commit(log->options.committer, &commit);
    if (commit.outcome != COSIGNING_DONE)
        return false;
    pending_heads_add(&log->pending, checkpoint, note);
    return true;
}

/* What was pushed binds the log as much as what it showed here. */
static void judge_from_pending(struct followed_log *log, const struct ledger_state *pending,
                               const struct head *head)
{
    struct checkpoint *had = &log->copy->head.checkpoint;

    if (pending->time_s == 0 || pending->size > head->checkpoint.size ||
        (log->copy->is_begun && had->size > pending->size))
        return;
    snprintf(had->origin, sizeof(had->origin), "%s", followed_log_origin(log));
    had->size = pending->size;
    had->root = pending->root;
    log->copy->is_begun = true;
}

/* ---- following ---- */

static bool take_bundle(void *context, const struct followed_bundle *bundle, struct err *err)
{
    return copy_take(context, bundle, err);
}

/* Evidence logs of ours have receipt keys, on the log's word: nothing depends on them. */
static void copy_keys(struct followed_log *log, struct fetcher *fetcher)
{
    struct key_set keys = {0};
    struct buf body = {0};
    struct err err = {0};

    if (log_read_keys(fetcher, &keys, &body, 0, &err) &&
        !copy_put_keys(log->copy, bytes_of_buf(&body), &err))
        diag_warn("keys-not-mirrored", "origin=%s: %s", followed_log_origin(log), err.text);
    key_set_cleanup(&keys);
    buf_cleanup(&body);
}

/* Uploads may have come further meanwhile. */
static bool finish(struct followed_log *log, struct err *err)
{
    struct copy *copy = log->copy;
    bool ok = true;

    pthread_mutex_lock(&log->head_lock);
    if (copy->target.checkpoint.size > atomic_load(&log->size)) {
        ok = copy_finish(copy, err);
        if (ok) {
            atomic_store(&log->size, copy->full_size);
            diag_info("mirrored", "origin=%s size=%" PRIu64, followed_log_origin(log),
                      copy->full_size);
        }
    }
    pthread_mutex_unlock(&log->head_lock);
    return ok;
}

static bool fill(struct followed_log *log, struct fetcher *fetcher, const struct head *head,
                 struct bytes note, struct err *err)
{
    struct copy *copy = log->copy;
    struct follow_options options = {.url = url_of(log),
                                     .begin = copy_begin_index(copy),
                                     .end = head->checkpoint.size,
                                     .size = head->checkpoint.size,
                                     .retry_ms = FOLLOWED_LOG_RETRY_MS,
                                     .stop = &log->stop,
                                     .take = take_bundle,
                                     .context = copy};

    if (!copy_begin(copy, fetcher, head, note, err) || !bundles_follow(&options, err))
        return false;
    copy_keys(log, fetcher);
    return finish(log, err);
}

/* Whether the head is one to mirror at all; no word of who did not sign it counts. */
static bool check_head(const struct followed_log *log, const struct head *head, struct err *err)
{
    const struct policy *policy = &log->log.policy;

    if (!head->is_signed)
        return err_set(err, ERR_CORRUPT, "the log did not sign the head it shows");
    return !policy->has_quorum || head->quorum_met ||
           err_set(err, ERR_BUSY, "the head is not cosigned as the policy asks%s",
                   head_unverifiable_text(head));
}

static bool judge(struct followed_log *log, struct fetcher *fetcher, const struct head *head,
                  struct err *err)
{
    struct report *report = mem_alloc(sizeof(*report));
    bool ok = copy_judge_head(log->copy, fetcher, head, report);

    if (!ok)
        err_set(err, ERR_CORRUPT, "%s", report_find(report, "history")->detail);
    free(report);
    return ok;
}

/* The log signed both; looks that find the same again are not told of. */
static void keep_evidence(const struct followed_log *log, const struct ledger_state *pending,
                          const struct head *head, struct bytes note)
{
    const struct evidence_found found = {
        .directory = log->options.evidence_directory,
        .ledger = log->options.ledger,
        .held = pending,
        .checkpoint = &head->checkpoint,
        .shown = note,
        .observer = log->options.cosigner->name,
    };

    evidence_keep(&found, log->trouble.code != ERR_CORRUPT);
}

/* A head that the copy has gone past is one of its own trees, too. */
static bool check_past(const struct followed_log *log, const struct head *head, struct err *err)
{
    struct fetcher *copy = NULL;
    struct buf note = {0};
    struct proof proof;
    struct head own;
    bool ok;

    if (head->checkpoint.size == 0)
        return true;
    ok = fetch_open_directory(&copy, log->directory, err) &&
         log_read_head(copy, &own, &note, "checkpoint", NULL, err) &&
         log_prove_consistency(copy, &proof, &head->checkpoint, &own.checkpoint, err);
    fetch_close(copy);
    buf_cleanup(&note);
    return ok;
}

static bool take_head(struct followed_log *log, struct fetcher *fetcher, const struct head *head,
                      struct bytes note, struct err *err)
{
    const struct checkpoint *checkpoint = &head->checkpoint;
    struct ledger_state pending;
    struct hash id;

    if (!check_head(log, head, err))
        return false;
    log_list_id(&id, checkpoint->origin);
    ledger_get(log->options.ledger, &id, &pending);
    log->copy->full_size = atomic_load(&log->size);
    keep_evidence(log, &pending, head, note);
    judge_from_pending(log, &pending, head);
    if (!judge(log, fetcher, head, err))
        return false;
    if (checkpoint->size <= log->copy->full_size && log->copy->full_size > 0)
        return check_past(log, head, err);
    if (checkpoint->size < pending.size)
        return err_set(err, ERR_BUSY, "the log does not show yet what it has signed");
    if ((checkpoint->size > pending.size || pending.time_s == 0) &&
        !followed_log_commit_pending(log, &pending, checkpoint, note))
        return err_set(err, ERR_BUSY, "another checkpoint came meanwhile");
    return fill(log, fetcher, head, note, err);
}

static bool look(struct followed_log *log, struct err *err)
{
    const struct policy *policy = &log->log.policy;
    struct fetcher *fetcher = NULL;
    struct buf note = {0};
    struct head head;
    bool ok = fetch_open(&fetcher, policy->logs[0].url, err);

    if (ok)
        fetcher->stop = &log->stop;
    ok = ok && log_read_head(fetcher, &head, &note, "checkpoint", policy, err) &&
         take_head(log, fetcher, &head, bytes_of_buf(&note), err);
    buf_cleanup(&note);
    fetch_close(fetcher);
    return ok;
}

/* Each kind of trouble once, and its end. */
static void say(struct followed_log *log, enum follow_outcome outcome, const struct err *err)
{
    if (outcome == FOLLOW_CURRENT && log->trouble.code != ERR_NONE)
        diag_info("mirror-again", "origin=%s", followed_log_origin(log));
    else if (outcome == FOLLOW_REFUSED && strcmp(err->text, log->trouble.text) != 0)
        diag_error("mirror-refused", "origin=%s: %s", followed_log_origin(log), err->text);
    else if (outcome == FOLLOW_FAILED && strcmp(err->text, log->trouble.text) != 0)
        diag_warn("mirror-failed", "origin=%s: %s", followed_log_origin(log), err->text);
    log->trouble = *err;
}

static enum follow_outcome outcome_of(const struct err *err)
{
    if (err->code == ERR_NONE)
        return FOLLOW_CURRENT;
    return err->code == ERR_CORRUPT || err->code == ERR_REFUSED ? FOLLOW_REFUSED : FOLLOW_FAILED;
}

static void look_once(struct followed_log *log)
{
    struct err err = {0};
    enum follow_outcome outcome;

    (void)!look(log, &err);
    outcome = outcome_of(&err);
    if (atomic_load(&log->stop))
        return;
    atomic_fetch_add(&log->counts[outcome], 1);
    if (outcome == FOLLOW_CURRENT)
        atomic_store(&log->checked_at_s, clock_unix_ms(clock_system()) / 1000);
    say(log, outcome, &err);
}

/* Until the next look is due, or it shall stop. */
static void rest(struct followed_log *log)
{
    struct timespec until = condition_deadline(log->options.interval_ms);

    pthread_mutex_lock(&log->lock);
    while (!atomic_load(&log->stop) &&
           pthread_cond_timedwait(&log->wake, &log->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&log->lock);
}

static void *run(void *context)
{
    struct followed_log *log = context;

    while (!atomic_load(&log->stop)) {
        look_once(log);
        rest(log);
    }
    return NULL;
}

/* ---- life ---- */

static void init_locks(struct followed_log *log)
{
    CHECK(pthread_mutex_init(&log->lock, NULL) == 0);
    CHECK(pthread_mutex_init(&log->upload_lock, NULL) == 0);
    CHECK(pthread_mutex_init(&log->head_lock, NULL) == 0);
    condition_init(&log->wake);
}

/*
 * The ledger comes first, so the copy may lack its newest checkpoint, but no entry of it. A copy
 * that does was put back to an earlier state.
 */
static bool check_cosigned(struct followed_log *log, struct err *err)
{
    const struct ledger_state *state = &log->cosigned.state;
    struct checkpoint checkpoint = {.size = state->size, .root = state->root};
    struct err missing = {0};
    struct buf note = {0};
    bool ok;

    if (state->time_s == 0 || state->size <= log->copy->full_size)
        return true;
    if (log->tail->next < state->size ||
        !copy_tail_close_tree(log->tail, &checkpoint, &missing))
        return err_set(err, ERR_REFUSED,
                       "%s lacks entries of the %" PRIu64 " that were cosigned: it was put back to"
                       " an earlier state", log->directory, state->size);
    ok = cosigned_head_read_note(&log->cosigned, &note, err) &&
         copy_files_replace(&log->copy->files, "checkpoint", bytes_of_buf(&note), err);
    log->copy->full_size = state->size;
    buf_cleanup(&note);
    return ok;
}

/* A checkpoint is in the ledger before the copy has anything of it. */
static bool check_pending(const struct followed_log *log, const struct checkpoint *pending,
                          struct err *err)
{
    uint64_t size = log->copy->head.checkpoint.size;

    return !log->copy->is_begun || size <= pending->size ||
           err_set(err, ERR_REFUSED,
                   "%s is of size %" PRIu64 ", the ledger knows of %" PRIu64
                   ": the ledger was put back to an earlier state",
                   log->directory, size, pending->size);
}

static bool recall_pending(struct followed_log *log, struct err *err)
{
    struct checkpoint checkpoint;
    struct buf text = {0};
    struct note note;
    struct hash id;
    bool found;
    bool ok;

    log_list_id(&id, followed_log_origin(log));
    ok = ledger_read_note(log->options.ledger, &id, &text, &found, err);
    if (ok && found) {
        ok = note_parse(&note, bytes_of_buf(&text), err) &&
             checkpoint_parse_text(&checkpoint, note.text, err) &&
             check_pending(log, &checkpoint, err);
        if (ok)
            pending_heads_add(&log->pending, &checkpoint, bytes_of_buf(&text));
    }
    buf_cleanup(&text);
    return ok;
}

static bool open_copy(struct followed_log *log, struct err *err)
{
    log->copy = mem_alloc(sizeof(*log->copy));
    log->tail = mem_alloc(sizeof(*log->tail));
    if (!copy_open(log->copy, log->directory, &log->log.policy, err) ||
        !copy_put_policy(log->copy, bytes_of_buf(&log->log.text), err) ||
        !copy_tail_open(log->tail, &log->copy->files, log->copy->full_size, err) ||
        !check_cosigned(log, err) || !recall_pending(log, err))
        return false;
    log->copy->cosign = cosigned_head_sign;
    log->copy->cosign_context = &log->cosigned;
    atomic_store(&log->size, log->copy->full_size);
    return true;
}

static bool start_thread(struct followed_log *log, struct err *err)
{
    if (url_of(log) == NULL)
        return true;
    if (pthread_create(&log->thread, NULL, run, log) != 0)
        return err_set(err, ERR_IO, "no thread can be started");
    log->is_started = true;
    return true;
}

bool followed_log_start(struct followed_log **out, struct mirror_log *taken,
                        const struct followed_log_options *options, struct err *err)
{
    struct followed_log *log = mem_alloc(sizeof(*log));

    log->options = *options;
    log->log = *taken;
    *taken = (struct mirror_log){0};
    atomic_store(&log->references, 1);
    followed_log_id(log->id, followed_log_origin(log));
    log->directory = mem_format("%s/%s", options->directory, log->id);
    init_locks(log);
    pending_heads_init(&log->pending);
    log->cosigned = (struct cosigned_head){.cosigner = options->cosigner,
                                           .ledger = options->ledger,
                                           .committer = options->committer};
    cosigned_head_init(&log->cosigned, followed_log_origin(log));
    if (!open_copy(log, err) || !start_thread(log, err)) {
        followed_log_stop(log);
        followed_log_release(log);
        return false;
    }
    *out = log;
    return true;
}

void followed_log_stop(struct followed_log *log)
{
    atomic_store(&log->stop, true);
    pthread_mutex_lock(&log->lock);
    pthread_cond_broadcast(&log->wake);
    pthread_mutex_unlock(&log->lock);
    if (log->is_started)
        pthread_join(log->thread, NULL);
    log->is_started = false;
    pthread_mutex_lock(&log->upload_lock);
    if (log->tail != NULL)
        copy_tail_close(log->tail);
    if (log->copy != NULL)
        copy_close(log->copy);
    pthread_mutex_unlock(&log->upload_lock);
}

struct followed_log *followed_log_hold(struct followed_log *log)
{
    atomic_fetch_add(&log->references, 1);
    return log;
}

void followed_log_release(struct followed_log *log)
{
    if (log == NULL || atomic_fetch_sub(&log->references, 1) > 1)
        return;
    pending_heads_cleanup(&log->pending);
    pthread_cond_destroy(&log->wake);
    pthread_mutex_destroy(&log->lock);
    pthread_mutex_destroy(&log->upload_lock);
    pthread_mutex_destroy(&log->head_lock);
    mirror_log_cleanup(&log->log);
    free(log->directory);
    free(log->tail);
    free(log->copy);
    free(log);
}
