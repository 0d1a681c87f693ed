#include "client/monitor/monitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "client/monitor/monitor_parts.h"
#include "client/reader/audit_explain.h"
#include "client/verify/fork_proof.h"

bool monitor_open(struct monitor **out, const struct monitor_options *options, struct err *err)
{
    struct monitor *monitor = mem_alloc(sizeof(*monitor));

    monitor->options = *options;
    if (!monitor_load(monitor, err)) {
        monitor_close(monitor);
        return false;
    }
    monitor->figures.head_size = monitor->newest.checkpoint.size;
    monitor->figures.verified_size = monitor->saved.frontier.size;
    *out = monitor;
    return true;
}

void monitor_close(struct monitor *monitor)
{
    if (monitor == NULL)
        return;
    for (unsigned i = 0; i < MONITOR_FORKS_MAX; i++)
        free(monitor->forks[i]);
    replay_free(monitor->replay);
    record_fields_cleanup(&monitor->fields);
    buf_cleanup(&monitor->newest_note);
    buf_cleanup(&monitor->note);
    monitor_forget_seen(monitor);
    free(monitor);
}

bool monitor_is_over(const struct monitor *monitor)
{
    return monitor->options.is_over != NULL && monitor->options.is_over(monitor->options.context);
}

const struct monitor_figures *monitor_figures(const struct monitor *monitor)
{
    return &monitor->figures;
}

const char *monitor_origin(const struct monitor *monitor)
{
    return monitor->options.origin != NULL ? monitor->options.origin
                                           : monitor->newest.checkpoint.origin;
}

struct bytes monitor_shown_note(const struct monitor *monitor)
{
    return monitor->is_shown ? bytes_of_buf(&monitor->note) : (struct bytes){0};
}

void monitor_accept_head(struct monitor *monitor)
{
    bool is_larger = monitor->newest_note.len == 0 ||
                     monitor->head.checkpoint.size > monitor->newest.checkpoint.size;

    monitor->newest = monitor->head;
    buf_clear(&monitor->newest_note);
    buf_append_bytes(&monitor->newest_note, bytes_of_buf(&monitor->note));
    monitor->figures.head_size = monitor->head.checkpoint.size;
    monitor->figures.consistent_heads++;
    monitor->is_changed = true;
    if (is_larger) {
        monitor->new_head_ms = clock_unix_ms(monitor->options.clock);
        monitor->grown_ms = monitor->now_ms;
    }
}

/* ---- heads that cannot both be ---- */

/* False where the proof cannot be made or kept. */
static bool write_proof(const struct monitor *monitor, const struct proof *path,
                        struct alert *alert, struct err *err)
{
    uint64_t now_s = clock_unix_ms(monitor->options.clock) / 1000;
    struct fork_side accepted = {.note = bytes_of_buf(&monitor->newest_note),
                                 .observer = "monitor",
                                 .seen_s = monitor->new_head_ms / 1000};
    struct fork_side shown = {
        .note = bytes_of_buf(&monitor->note), .observer = "monitor", .seen_s = now_s};
    char *name = mem_format("%s/%" PRIu64 "-%" PRIu64 ".fork-proof",
                            keeper_directory(monitor->options.keeper),
                            monitor->newest.checkpoint.size, monitor->head.checkpoint.size);
    struct buf text = {0};
    struct fork_proof proof;
    bool ok = fork_proof_make(&proof, &accepted, &shown, path, err);

    if (ok) {
        fork_proof_append(&text, &proof);
        ok = file_write_durable(name, bytes_of_buf(&text), 0644, err);
        alert_set_fork(alert, &proof, ok ? name : NULL);
    }
    buf_cleanup(&text);
    free(name);
    return ok;
}

void monitor_raise_fork(struct monitor *monitor, const struct proof *path)
{
    struct err err = {0};
    struct alert *alert;

    monitor->figures.inconsistent_heads++;
    alert = look_raise(&monitor->look, ALERT_INCONSISTENT_HEAD, 0,
                       "the log signed a head of size %" PRIu64 " and one of size %" PRIu64
                       " that are not of one tree: the proof is %s/%" PRIu64 "-%" PRIu64
                       ".fork-proof",
                       monitor->newest.checkpoint.size, monitor->head.checkpoint.size,
                       keeper_directory(monitor->options.keeper), monitor->newest.checkpoint.size,
                       monitor->head.checkpoint.size);
    if (monitor->open[ALERT_INCONSISTENT_HEAD].is_open ||
        write_proof(monitor, path, alert, &err))
        return;
    snprintf(alert->text, sizeof(alert->text),
             "the log signed a head of size %" PRIu64 " and one of size %" PRIu64
             " that are not of one tree; the proof could not be kept: %s",
             monitor->newest.checkpoint.size, monitor->head.checkpoint.size, err.text);
}

void monitor_take_fork(struct monitor *monitor, unsigned number, const struct fork_proof *proof,
                       const char *path)
{
    CHECK(number < MONITOR_FORKS_MAX);
    if (monitor->forks[number] == NULL)
        monitor->forks[number] = mem_alloc(sizeof(*monitor->forks[number]));
    alert_say_fork(monitor->forks[number], proof, path);
}

/* ---- the head ---- */

static bool fetch_head(struct monitor *monitor)
{
    struct fetch_request request = {
        .path = "checkpoint", .accept = "text/plain", .reply_len_max = NOTE_LEN_MAX};
    struct fetch_reply reply = {0};
    struct err err = {0};
    bool ok = fetch_call(monitor->options.fetcher, &reply, &request, 0, &err);

    buf_clear(&monitor->note);
    buf_append_bytes(&monitor->note, bytes_of_buf(&reply.body));
    buf_cleanup(&reply.body);
    if (!ok)
        look_raise(&monitor->look, ALERT_UNREACHABLE, 0, "%s", err.text);
    else
        look_clear(&monitor->look, ALERT_UNREACHABLE);
    return ok;
}

static bool judge_head(struct monitor *monitor)
{
    const struct checkpoint *head = &monitor->head.checkpoint;
    const char *known = monitor_origin(monitor);
    struct look *look = &monitor->look;
    struct err err = {0};

    if (!head_open(&monitor->head, bytes_of_buf(&monitor->note), monitor->options.policy, &err))
        look_raise(look, ALERT_BAD_HEAD, 0, "%s", err.text);
    else if (!monitor->head.is_signed)
        look_raise(look, ALERT_BAD_HEAD, 1, "no log of the policy signed the head of size %" PRIu64
                   " of %s", head->size, head->origin);
    else if (known[0] != '\0' && strcmp(known, head->origin) != 0)
        look_raise(look, ALERT_BAD_HEAD, 2, "the log %s shows a head of the log %s", known,
                   head->origin);
    else
        look_clear(look, ALERT_BAD_HEAD);
    return !look->is_raised[ALERT_BAD_HEAD];
}

static void judge_quorum(struct monitor *monitor)
{
    if (monitor->head.quorum_met)
        look_clear(&monitor->look, ALERT_QUORUM_LOST);
    else
        look_raise(&monitor->look, ALERT_QUORUM_LOST, 0,
                   "%zu valid cosignatures on the head of size %" PRIu64
                   " do not meet the policy's quorum%s",
                   monitor->head.cosigner_count, monitor->head.checkpoint.size,
                   head_unverifiable_text(&monitor->head));
}

/* The log may have been rolled back, or what it shows is old: tiles may tell whether it is more. */
static void judge_smaller(struct monitor *monitor)
{
    const struct checkpoint *newest = &monitor->newest.checkpoint;
    const struct checkpoint *head = &monitor->head.checkpoint;
    struct proof path = {0};

    look_raise(&monitor->look, ALERT_SHRINKING_HEAD, 0,
               "the log shows a head of size %" PRIu64 ", but had signed one of size %" PRIu64
               ": it went back, or shows an old one",
               head->size, newest->size);
    if (history_compare(monitor->options.fetcher, head, newest, &path) == HISTORY_OTHER)
        monitor_raise_fork(monitor, &path);
}

/* ---- time ---- */

/* What passed before this run is taken from the other clock, which may have been set meanwhile. */
static void begin_time(struct monitor *monitor)
{
    uint64_t unix_ms = clock_unix_ms(monitor->options.clock);
    uint64_t age_ms = unix_ms > monitor->new_head_ms ? unix_ms - monitor->new_head_ms : 0;

    monitor->grown_ms = age_ms < monitor->now_ms ? monitor->now_ms - age_ms : 0;
    monitor->has_polled = true;
}

static void judge_age(struct monitor *monitor)
{
    uint64_t age_ms = monitor->now_ms - monitor->grown_ms;

    monitor->figures.head_age_ms = age_ms;
    if (monitor->options.stale_after_ms == 0)
        return;
    if (age_ms <= monitor->options.stale_after_ms)
        look_clear(&monitor->look, ALERT_STALE_HEAD);
    else
        look_raise(&monitor->look, ALERT_STALE_HEAD, 0,
                   "no new head for %" PRIu64 " minutes; the newest has size %" PRIu64,
                   age_ms / 60000, monitor->newest.checkpoint.size);
}

/* ---- a poll ---- */

static bool look_at_tree(struct monitor *monitor, struct err *err)
{
    const struct checkpoint *newest = &monitor->newest.checkpoint;
    const struct checkpoint *head = &monitor->head.checkpoint;

    if (head->size < newest->size) {
        judge_smaller(monitor);
        return true;
    }
    look_clear(&monitor->look, ALERT_SHRINKING_HEAD);
    if (monitor->newest_note.len > 0 && head->size == newest->size &&
        !hash_equal(&head->root, &newest->root)) {
        monitor_raise_fork(monitor, NULL);
        return true;
    }
    if (!monitor_follow(monitor, err))
        return false;
    monitor_recheck(monitor);
    return true;
}

static bool look_at_log(struct monitor *monitor, struct err *err)
{
    monitor->is_shown = fetch_head(monitor) && judge_head(monitor);
    if (monitor->is_shown) {
        judge_quorum(monitor);
        if (!look_at_tree(monitor, err))
            return false;
    }
    judge_age(monitor);
    return true;
}

static void count_poll(struct monitor *monitor)
{
    bool is_good = true;

    monitor->figures.polls++;
    for (enum alert_kind kind = 0; kind < ALERT_KIND_COUNT; kind++)
        is_good = is_good && !monitor->look.is_raised[kind] &&
                  !(alert_kind_is_lasting(kind) && monitor->open[kind].is_open);
    if (is_good)
        monitor->figures.last_success_ms = clock_unix_ms(monitor->options.clock);
}

bool monitor_poll(struct monitor *monitor, uint64_t now_ms, struct err *err)
{
    monitor->look = (struct look){0};
    monitor->head = (struct head){0};
    monitor->now_ms = now_ms;
    if (!monitor->has_polled)
        begin_time(monitor);
    if (!monitor_acknowledge(monitor, err) ||
        (monitor->options.fetcher != NULL && !look_at_log(monitor, err)))
        return false;
    if (monitor_is_over(monitor))
        monitor->look = (struct look){0}; /* requests may have failed because it was ended */
    monitor_settle(monitor);
    count_poll(monitor);
    return !monitor->is_changed || monitor_save(monitor, err);
}
