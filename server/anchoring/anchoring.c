#include "server/anchoring/anchoring.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/diag.h"
#include "server/anchoring/anchor_entry.h"
#include "server/anchoring/anchor_files.h"
#include "server/anchoring/anchor_heads.h"
#include "server/anchoring/anchor_index.h"
#include "server/tlog/tlog_read.h"

enum {
    OWN_ENTRIES = 2,       /* what the log says of a success, and the seal after it */
    LOOK_AGAIN_MS = 60000, /* the clock may jump: no waiting is longer */
    LOOK_FOR_WITNESSES_MS = 500,
};

/* Brings heads to one target, in a thread of its own. */
struct courier {
    struct anchoring *anchoring;
    struct anchor_target target;
    struct anchor_files files;
    pthread_t thread;
    bool is_running;
    /* its thread only */
    struct kept_anchor latest;
    struct anchor_growth seen; /* at the newest success */
    uint64_t pause_window_ms;  /* of the next failure */
    uint64_t patient_until_ns; /* monotonic: how long cosignatures are waited for; 0: not begun */
    /* its thread writes, any reads */
    _Atomic uint64_t latest_ms;
    _Atomic uint64_t successes;
    _Atomic uint64_t failures;
    atomic_bool is_stale;
};

struct anchoring {
    struct anchoring_options options;
    struct courier couriers[ANCHOR_TARGETS_MAX];
    uint64_t started_ms;
    struct anchor_heads heads;
    struct anchor_index index;
};

static uint64_t now_ms(void)
{
    return clock_unix_ms(clock_system());
}

/* ---- staleness ---- */

/* Only while there is something to anchor: a log that does not grow misses nothing. */
static void look_at_age(struct courier *courier, bool has_news)
{
    const struct anchoring_options *options = &courier->anchoring->options;
    uint64_t latest_ms = atomic_load(&courier->latest_ms);
    uint64_t since_ms = latest_ms > 0 ? latest_ms : courier->anchoring->started_ms;
    bool is_stale = has_news && now_ms() > since_ms + courier->target.options->stale_s * 1000;
    struct anchoring_alert alert = {.target = courier->target.options->target,
                                    .kind = courier->target.options->kind,
                                    .is_stale = is_stale,
                                    .latest_ms = latest_ms,
                                    .stop = &courier->anchoring->heads.stop};

    if (is_stale == atomic_load(&courier->is_stale))
        return;
    atomic_store(&courier->is_stale, is_stale);
    if (is_stale)
        diag_error("anchor-stale", "target=%s latest_ms=%" PRIu64, alert.target, latest_ms);
    else
        diag_info("anchor-again", "target=%s latest_ms=%" PRIu64, alert.target, latest_ms);
    if (options->alert != NULL)
        options->alert(options->context, &alert);
}

/* ---- waiting ---- */

static uint64_t due_in_ms(const struct courier *courier)
{
    return anchor_due_in_ms(atomic_load(&courier->latest_ms),
                            courier->target.options->interval_s * 1000, now_ms());
}

/* False at the end. */
static bool wait_until_due(struct courier *courier)
{
    struct anchor_heads *heads = &courier->anchoring->heads;
    uint64_t left_ms;

    while ((left_ms = due_in_ms(courier)) > 0) {
        look_at_age(courier, anchor_heads_have_news(heads, &courier->seen));
        if (!anchor_heads_wait_ms(heads, left_ms < LOOK_AGAIN_MS ? left_ms : LOOK_AGAIN_MS))
            return false;
    }
    return anchor_heads_wait_for_news(heads, &courier->seen);
}

/* Witnesses have one more interval to cosign something new, across failures too. */
static bool is_patient(struct courier *courier)
{
    uint64_t now_ns = clock_monotonic_ns();

    if (courier->patient_until_ns == 0)
        courier->patient_until_ns =
            now_ns + courier->target.options->interval_s * UINT64_C(1000000000);
    return now_ns < courier->patient_until_ns;
}

/* False at the end; until then there is news. */
static bool await_head(struct courier *courier, struct anchor_head *out)
{
    struct anchor_heads *heads = &courier->anchoring->heads;

    while (!anchor_heads_take(heads, &courier->seen, is_patient(courier), out)) {
        look_at_age(courier, true);
        if (!anchor_heads_wait_ms(heads, LOOK_FOR_WITNESSES_MS))
            return false;
    }
    return true;
}

/* False at the end. */
static bool pause_after_failure(struct courier *courier, const struct err *failure)
{
    const struct anchoring_options *options = &courier->anchoring->options;
    struct err ignored = {0};
    uint32_t random = 0;
    uint64_t pause_ms;

    if (!random_fill((uint8_t *)&random, sizeof(random), &ignored))
        random = 0;
    pause_ms = anchor_pause_ms(&courier->pause_window_ms, options->retry_first_ms,
                               options->retry_most_ms, random);
    atomic_fetch_add(&courier->failures, 1);
    diag_warn("anchor-failed", "target=%s in_ms=%" PRIu64 ": %s",
              courier->target.options->target, pause_ms, failure->text);
    look_at_age(courier, true);
    return anchor_heads_wait_ms(&courier->anchoring->heads, pause_ms);
}

/* ---- one head ---- */

static bool keep(struct courier *courier, const struct anchor_attempt *attempt,
                 const struct anchor_success *success, struct err *err)
{
    struct anchor_file file = {.kind = anchor_target_proof_kind(courier->target.kind),
                               .target = bytes_of_text(courier->target.options->target),
                               .location = bytes_of_buf(&success->location),
                               .time_ms = now_ms(),
                               .proof = success->proof,
                               .note = attempt->note};
    struct buf text = {0};
    bool ok;

    anchor_file_append(&text, &file);
    ok = anchor_files_put_pending(&courier->files, bytes_of_buf(&text), err);
    buf_cleanup(&text);
    return ok;
}

static bool give(struct courier *courier, const struct checkpoint *head, uint64_t head_at_ms,
                 struct bytes note, struct err *err)
{
    struct anchor_attempt attempt = {.target = &courier->target,
                                     .head = head,
                                     .note = note,
                                     .head_at_ms = head_at_ms,
                                     .latest = courier->latest.is_there ? &courier->latest.file
                                                                       : NULL,
                                     .stop = &courier->anchoring->heads.stop};
    struct anchor_success success = {0};
    struct err ignored = {0};
    bool ok = anchor_target_give(&success, &attempt, err) && keep(courier, &attempt, &success, err);

    if (success.diverging.len > 0 &&
        !anchor_files_put_diverging(&courier->files, bytes_of_buf(&success.diverging), &ignored))
        diag_error("anchor-files-failed", "%s", ignored.text);
    anchor_success_cleanup(&success);
    return ok;
}

/* Gives this head to the target; what comes of it is pending then. */
static bool attempt(struct courier *courier, struct anchor_head *head, struct err *err)
{
    const struct anchoring_options *options = &courier->anchoring->options;
    struct checkpoint checkpoint = {.size = head->head.size, .root = head->head.root};

    strncpy(checkpoint.origin, options->origin, ORIGIN_LEN_MAX);
    if (head->note.len == 0)
        tlog_append_checkpoint(&head->note, options->origin, options->checkpoint_key_id,
                               &head->head);
    if (!give(courier, &checkpoint, head->head.received_at_ms, bytes_of_buf(&head->note), err))
        return false;
    courier->seen = head->growth;
    courier->patient_until_ns = 0;
    return true;
}

/* ---- what is pending ---- */

/* A directory that another log had, or has: its heads are not this one's to speak of. */
static bool check_origin(const struct courier *courier, const struct kept_anchor *kept,
                         struct err *err)
{
    return !kept->is_there ||
           strcmp(kept->file.head.origin, courier->anchoring->options.origin) == 0 ||
           err_set(err, ERR_INVALID, "anchors, %s: %s holds those of another log, %s",
                   courier->files.target, courier->files.directory, kept->file.head.origin);
}

static bool say(struct courier *courier, const struct kept_anchor *pending, struct err *err)
{
    struct anchoring *anchoring = courier->anchoring;
    struct anchor_entry entry;
    bool said = false;
    bool ok;

    if (anchoring->options.kind == LOG_OPAQUE)
        return true;
    anchor_entry_init(&entry, anchoring->options.origin, pending);
    anchor_heads_begin_saying(&anchoring->heads, OWN_ENTRIES);
    ok = anchoring->options.say(anchoring->options.context, &entry.own, &said, err);
    anchor_heads_end_saying(&anchoring->heads, OWN_ENTRIES, said);
    return ok;
}

static bool settle(struct courier *courier, struct err *err)
{
    struct kept_anchor pending = {0};
    bool ok = anchor_files_read_pending(&courier->files, &pending, err) &&
              check_origin(courier, &pending, err);

    if (ok && pending.is_there) {
        ok = say(courier, &pending, err) && anchor_files_settle(&courier->files, &pending, err);
        if (ok) {
            kept_anchor_cleanup(&courier->latest);
            courier->latest = pending;
            atomic_store(&courier->latest_ms, pending.file.time_ms);
            anchor_index_add(&courier->anchoring->index, pending.file.head.size,
                             bytes_of_text(courier->files.target));
            diag_info("anchored", "target=%s size=%" PRIu64, courier->target.options->target,
                      pending.file.head.size);
            pending = (struct kept_anchor){0};
        }
    }
    kept_anchor_cleanup(&pending);
    return ok;
}

/* Until it is done; false at the end. */
static bool settle_surely(struct courier *courier)
{
    for (;;) {
        struct err err = {0};

        if (settle(courier, &err))
            return true;
        err_wrap(&err, "it has a head, which the log has not said yet");
        if (!pause_after_failure(courier, &err))
            return false;
    }
}

/* One head, from here to where the log says it; false at the end. */
static bool bring(struct courier *courier)
{
    struct anchor_head head;
    struct err err = {0};
    bool ok;

    if (!await_head(courier, &head))
        return false;
    ok = attempt(courier, &head, &err);
    anchor_head_cleanup(&head);
    if (!ok)
        return !atomic_load(&courier->anchoring->heads.stop) && pause_after_failure(courier, &err);
    if (!settle_surely(courier))
        return false;
    atomic_fetch_add(&courier->successes, 1);
    courier->pause_window_ms = 0;
    look_at_age(courier, false);
    return true;
}

static void *run(void *argument)
{
    struct courier *courier = argument;
    bool goes_on = settle_surely(courier);

    while (goes_on && wait_until_due(courier))
        goes_on = bring(courier);
    return NULL;
}

/* ---- start and stop ---- */

/* After a restart the log has grown by what it said of the newest success, if by nothing else. */
static bool recall(struct courier *courier, struct err *err)
{
    uint64_t own = courier->anchoring->options.kind == LOG_OPAQUE ? 0 : OWN_ENTRIES;

    if (!anchor_files_read_latest(&courier->files, &courier->latest, err) ||
        !check_origin(courier, &courier->latest, err))
        return false;
    if (!courier->latest.is_there)
        return true;
    atomic_store(&courier->latest_ms, courier->latest.file.time_ms);
    courier->seen.size = courier->latest.file.head.size + own;
    return true;
}

static bool open_courier(struct anchoring *anchoring, size_t number, struct err *err)
{
    struct courier *courier = &anchoring->couriers[number];

    courier->anchoring = anchoring;
    courier->files = (struct anchor_files){.directory = anchoring->options.directory,
                                          .target = anchoring->options.targets[number].target};
    return anchor_target_open(&courier->target, &anchoring->options.targets[number], err) &&
           recall(courier, err);
}

bool anchoring_open(struct anchoring **out, const struct anchoring_options *options,
                    const struct store_head *head, struct err *err)
{
    struct anchoring *anchoring = mem_alloc(sizeof(*anchoring));
    bool ok = true;

    CHECK(options->target_count <= ANCHOR_TARGETS_MAX);
    anchoring->options = *options;
    anchoring->started_ms = now_ms();
    anchor_heads_init(&anchoring->heads, head);
    anchor_index_init(&anchoring->index);
    anchoring->heads.witnessed = options->witnessed;
    anchoring->heads.context = options->context;
    if (options->target_count > 0 && mkdir(options->directory, 0755) != 0 && errno != EEXIST)
        ok = err_set_errno(err, ERR_IO, errno, "%s", options->directory);
    for (size_t i = 0; i < options->target_count; i++)
        anchor_index_know(&anchoring->index, bytes_of_text(options->targets[i].target));
    ok = ok && anchor_index_load(&anchoring->index, options->directory, err);
    for (size_t i = 0; ok && i < options->target_count; i++)
        ok = open_courier(anchoring, i, err);
    if (!ok) {
        anchoring_close(anchoring);
        return false;
    }
    *out = anchoring;
    return true;
}

bool anchoring_start(struct anchoring *anchoring, struct err *err)
{
    for (size_t i = 0; anchoring != NULL && i < anchoring->options.target_count; i++) {
        struct courier *courier = &anchoring->couriers[i];
        int error = pthread_create(&courier->thread, NULL, run, courier);

        if (error != 0)
            return err_set_errno(err, ERR_IO, error, "start the thread of an anchor target");
        courier->is_running = true;
    }
    return true;
}

void anchoring_advance(struct anchoring *anchoring, const struct store_head *head)
{
    if (anchoring != NULL)
        anchor_heads_advance(&anchoring->heads, head);
}

bool anchoring_get_stats(const struct anchoring *anchoring, size_t number,
                         struct anchoring_stats *out)
{
    const struct courier *courier;

    if (anchoring == NULL || number >= anchoring->options.target_count)
        return false;
    courier = &anchoring->couriers[number];
    *out = (struct anchoring_stats){
        .target = courier->target.options->target,
        .kind = courier->target.options->kind,
        .latest_ms = atomic_load(&courier->latest_ms),
        .successes = atomic_load(&courier->successes),
        .failures = atomic_load(&courier->failures),
        .is_stale = atomic_load(&courier->is_stale),
    };
    return true;
}

size_t anchoring_list(struct anchoring *anchoring, uint64_t begin, size_t most,
                      struct anchor_name *out, uint64_t *out_next)
{
    return anchor_index_list(&anchoring->index, begin, most, out, out_next);
}

bool anchoring_read(struct anchoring *anchoring, uint64_t size, struct bytes target,
                    struct buf *out, struct err *err)
{
    if (!anchor_index_has(&anchoring->index, size, target))
        return err_set(err, ERR_NOT_FOUND, "no anchor of this size and target");
    return anchor_files_read(out, anchoring->options.directory, size, target, err);
}

static void courier_cleanup(struct courier *courier)
{
    kept_anchor_cleanup(&courier->latest);
    anchor_target_close(&courier->target);
}

void anchoring_stop(struct anchoring *anchoring)
{
    if (anchoring == NULL)
        return;
    anchor_heads_stop(&anchoring->heads);
    for (size_t i = 0; i < ANCHOR_TARGETS_MAX; i++) {
        if (anchoring->couriers[i].is_running)
            pthread_join(anchoring->couriers[i].thread, NULL);
        anchoring->couriers[i].is_running = false;
    }
}

void anchoring_close(struct anchoring *anchoring)
{
    if (anchoring == NULL)
        return;
    anchoring_stop(anchoring);
    for (size_t i = 0; i < ANCHOR_TARGETS_MAX; i++)
        courier_cleanup(&anchoring->couriers[i]);
    anchor_index_cleanup(&anchoring->index);
    anchor_heads_cleanup(&anchoring->heads);
    free(anchoring);
}
