#include "server/role/mirror/followed_log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "client/mirror/copy_judge.h"
#include "client/reader/log_reader.h"

enum { CLOCK_BACK_MAX_S = 60 };

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

static const char *origin_of(const struct followed_log *log)
{
    return log->options.policy->logs[0].verifier.name;
}

/* ---- cosigning ---- */

/* A cosignature of a larger tree is never of an earlier time. */
static bool take_time(struct followed_log *log, struct err *err)
{
    uint64_t now_s = clock_unix_ms(clock_system()) / 1000;

    if (now_s + CLOCK_BACK_MAX_S < log->cosigned_at_s)
        return err_set(err, ERR_BUSY, "the clock is behind the time that was cosigned last");
    if (now_s > log->cosigned_at_s)
        log->cosigned_at_s = now_s;
    return true;
}

/* All entries of the tree are on disk: that is what a mirror's cosignature says. */
static bool add_cosignature(void *context, struct buf *note, struct err *err)
{
    struct followed_log *log = context;
    struct buf line = {0};
    struct note parsed;
    bool ok = note_parse(&parsed, bytes_of_buf(note), err) && take_time(log, err);

    if (ok && parsed.signature_count == NOTE_SIGNATURES_MAX)
        ok = err_set(err, ERR_REFUSED, "the head has %d signatures already", NOTE_SIGNATURES_MAX);
    ok = ok && cosignature_append(&line, log->options.cosigner, log->cosigned_at_s,
                                  &log->copy->target.checkpoint, parsed.text, err);
    if (ok)
        buf_append_bytes(note, bytes_of_buf(&line));
    buf_cleanup(&line);
    return ok;
}

/* When it cosigned last, as the copy says; a copy that this key never signed says nothing. */
static bool recall_time(struct followed_log *log, struct err *err)
{
    const struct cosigner *cosigner = log->options.cosigner;
    struct note_verifier own = {0};
    struct buf text = {0};
    struct note note;
    bool ok = true;

    if (log->copy->full_size == 0)
        return true;
    ok = copy_files_read(&log->copy->files, "checkpoint", NOTE_LEN_MAX, &text, err) &&
         note_parse(&note, bytes_of_buf(&text), err) &&
         note_verifier_init(&own, cosigner->name, NOTE_TYPE_COSIGNATURE,
                            cosigner->signer->public_key, err);
    if (ok && !note_verify(&note, &own, &log->cosigned_at_s, NULL))
        log->cosigned_at_s = 0;
    note_verifier_cleanup(&own);
    buf_cleanup(&text);
    return ok;
}

/* ---- following ---- */

static bool take_bundle(void *context, const struct followed_bundle *bundle, struct err *err)
{
    return copy_take(context, bundle, err);
}

/* Evidence logs of ours have receipt keys; they are on the log's word, so nothing depends on them. */
static void copy_keys(struct followed_log *log, struct fetcher *fetcher)
{
    struct key_set keys = {0};
    struct buf body = {0};
    struct err err = {0};

    if (log_read_keys(fetcher, &keys, &body, 0, &err) &&
        !copy_put_keys(log->copy, bytes_of_buf(&body), &err))
        diag_warn("keys-not-mirrored", "origin=%s: %s", origin_of(log), err.text);
    key_set_cleanup(&keys);
    buf_cleanup(&body);
}

static bool fill(struct followed_log *log, struct fetcher *fetcher, const struct head *head,
                 struct bytes note, struct err *err)
{
    struct copy *copy = log->copy;
    struct follow_options options = {.url = log->options.policy->logs[0].url,
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
    if (!copy_finish(copy, err))
        return false;
    diag_info("mirrored", "origin=%s size=%" PRIu64, origin_of(log), copy->full_size);
    return true;
}

/* Whether the head is one to mirror at all; no word of who did not sign it counts. */
static bool check_head(const struct followed_log *log, const struct head *head, struct err *err)
{
    const struct policy *policy = log->options.policy;

    if (!head->is_signed)
        return err_set(err, ERR_CORRUPT, "the log did not sign the head it shows");
    return !policy->has_quorum || head->quorum_met ||
           err_set(err, ERR_BUSY, "the head is not cosigned as the policy asks");
}

static bool take_head(struct followed_log *log, struct fetcher *fetcher, const struct head *head,
                      struct bytes note, struct err *err)
{
    struct report *report;
    bool ok;

    if (!check_head(log, head, err))
        return false;
    report = mem_alloc(sizeof(*report));
    ok = copy_judge_head(log->copy, fetcher, head, report);
    if (!ok)
        err_set(err, ERR_CORRUPT, "%s", report_find(report, "history")->detail);
    free(report);
    if (!ok || (log->copy->full_size == head->checkpoint.size && log->copy->full_size > 0))
        return ok;
    return fill(log, fetcher, head, note, err);
}

static bool look(struct followed_log *log, struct err *err)
{
    const struct policy *policy = log->options.policy;
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
        diag_info("mirror-again", "origin=%s", origin_of(log));
    else if (outcome == FOLLOW_REFUSED && strcmp(err->text, log->trouble.text) != 0)
        diag_error("mirror-refused", "origin=%s: %s", origin_of(log), err->text);
    else if (outcome == FOLLOW_FAILED && strcmp(err->text, log->trouble.text) != 0)
        diag_warn("mirror-failed", "origin=%s: %s", origin_of(log), err->text);
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
    atomic_store(&log->size, log->copy->full_size);
    if (outcome == FOLLOW_CURRENT)
        atomic_store(&log->checked_at_s, clock_unix_ms(clock_system()) / 1000);
    say(log, outcome, &err);
}

/* Until the next look is due, or it shall stop. */
static void rest(struct followed_log *log)
{
    uint64_t until_ns = clock_monotonic_ns() + log->options.interval_ms * 1000000;
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000),
                             .tv_nsec = (long)(until_ns % 1000000000)};

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

static void init_wake(struct followed_log *log)
{
    pthread_condattr_t attributes;

    CHECK(pthread_mutex_init(&log->lock, NULL) == 0);
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&log->wake, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

bool followed_log_start(struct followed_log *out, const struct followed_log_options *options,
                        struct err *err)
{
    out->options = *options;
    followed_log_id(out->id, origin_of(out));
    init_wake(out);
    out->copy = mem_alloc(sizeof(*out->copy));
    if (!copy_open(out->copy, options->directory, options->policy, err) ||
        !copy_put_policy(out->copy, options->policy_text, err) || !recall_time(out, err))
        return false;
    out->copy->cosign = add_cosignature;
    out->copy->cosign_context = out;
    atomic_store(&out->size, out->copy->full_size);
    if (pthread_create(&out->thread, NULL, run, out) != 0)
        return err_set(err, ERR_IO, "no thread can be started");
    out->is_started = true;
    return true;
}

void followed_log_stop(struct followed_log *log)
{
    if (log->copy == NULL)
        return;
    atomic_store(&log->stop, true);
    pthread_mutex_lock(&log->lock);
    pthread_cond_broadcast(&log->wake);
    pthread_mutex_unlock(&log->lock);
    if (log->is_started)
        pthread_join(log->thread, NULL);
    copy_close(log->copy);
    free(log->copy);
    pthread_cond_destroy(&log->wake);
    pthread_mutex_destroy(&log->lock);
    log->copy = NULL;
}
