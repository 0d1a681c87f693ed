#include "server/role/mirror/upload.h"

#include <inttypes.h>

#include "base/diag.h"

/* ---- answers ---- */

static void answer_problem(struct upload *upload, enum problem_kind kind, const char *detail)
{
    upload->is_answered = true;
    problem_set(&upload->answer.problem, kind, "%s", detail);
}

/* The client is not told what our disk has. */
static void answer_failure(struct upload *upload, const struct err *err)
{
    if (err->code == ERR_IO || err->code == ERR_CORRUPT || err->code == ERR_REFUSED)
        diag_error("upload-failed", "origin=%s: %s", followed_log_origin(upload->log), err->text);
    upload->is_answered = true;
    if (err->code == ERR_INVALID)
        problem_set(&upload->answer.problem, PROBLEM_INCONSISTENT, "Not kept: %s.", err->text);
    else if (err->code == ERR_BUSY)
        problem_set(&upload->answer.problem, PROBLEM_BUSY, "Not now: %s.", err->text);
    else
        problem_set(&upload->answer.problem, PROBLEM_INTERNAL, "The mirror could not keep this.");
}

static void answer_info(struct upload *upload, int status, uint64_t tree_size)
{
    upload->is_answered = true;
    upload->answer.status = status;
    add_entries_append_info(&upload->answer.body, tree_size, upload->log->tail->next);
}

static bool is_stopped(struct upload *upload)
{
    if (!atomic_load(&upload->log->stop))
        return false;
    answer_problem(upload, PROBLEM_BUSY, "The mirror is stopping, or no longer has this log.");
    return true;
}

/* ---- beginning ---- */

/* The copy's own checkpoint is known too, also where the pending ones were forgotten. */
static bool find_checkpoint(struct upload *upload, struct err *err)
{
    struct followed_log *log = upload->log;
    const struct ledger_state *state = &log->cosigned.state;
    bool found = pending_heads_find(&log->pending, upload->range.end, &upload->checkpoint,
                                    &upload->note);

    pthread_mutex_lock(&log->head_lock);
    if (!found && state->time_s != 0 && state->size == upload->range.end) {
        upload->checkpoint = (struct checkpoint){.size = state->size, .root = state->root};
        found = cosigned_head_read_note(&log->cosigned, &upload->note, err);
    }
    pthread_mutex_unlock(&log->head_lock);
    return found;
}

static void check_range(struct upload *upload)
{
    struct followed_log *log = upload->log;
    uint64_t next = log->tail->next;
    uint64_t end = upload->range.end < next ? upload->range.end : next;
    uint64_t newest;
    struct err err = {0};

    if (!pending_heads_newest(&log->pending, &newest))
        answer_problem(upload, PROBLEM_INCONSISTENT,
                       "The mirror has no checkpoint of this log yet: add-checkpoint comes first.");
    else if (!find_checkpoint(upload, &err) || upload->range.end < atomic_load(&log->size))
        answer_info(upload, 409, newest);
    else if (upload->range.begin > next ||
             (end > upload->range.begin && end - upload->range.begin > UPLOAD_EXCESS_MAX))
        answer_info(upload, 409, upload->range.end);
    if (err.code != ERR_NONE)
        diag_error("upload-failed", "origin=%s: %s", followed_log_origin(log), err.text);
}

void upload_begin(struct upload *out, struct followed_log *log,
                  const struct add_entries_head *head)
{
    struct err err = {0};

    out->log = log;
    out->range = head->upload;
    out->next = head->upload.begin;
    pthread_mutex_lock(&log->upload_lock);
    if (!is_stopped(out)) {
        if (copy_tail_raise(log->tail, atomic_load(&log->size), &err))
            check_range(out);
        else
            answer_failure(out, &err);
    }
    pthread_mutex_unlock(&log->upload_lock);
}

/* ---- packages ---- */

static void take_package(struct upload *upload, const struct add_entries_package *package,
                         const struct add_entries_place *place)
{
    struct followed_log *log = upload->log;
    struct err err = {0};

    pthread_mutex_lock(&log->upload_lock);
    if (!is_stopped(upload)) {
        if (copy_tail_add(log->tail, package, place, &upload->checkpoint, &err))
            upload->next = place->end;
        else
            answer_failure(upload, &err);
    }
    pthread_mutex_unlock(&log->upload_lock);
}

/* What follows the last package that was kept is passed over, as in a request that was cut off. */
static void answer_broken(struct upload *upload, const struct err *err)
{
    pthread_mutex_lock(&upload->log->upload_lock);
    if (upload->next == upload->range.begin)
        answer_problem(upload, PROBLEM_PARAMETER, err->text);
    else if (!is_stopped(upload))
        answer_info(upload, 202, upload->range.end);
    pthread_mutex_unlock(&upload->log->upload_lock);
}

void upload_take(struct upload *upload, struct bytes *rest)
{
    while (!upload->is_answered && upload->next < upload->range.end) {
        struct add_entries_place place = add_entries_place_of(upload->range, upload->next);
        struct add_entries_package package;
        struct err err = {0};
        enum add_entries_taken taken = add_entries_take_package(&package, rest, &place, &err);

        if (taken == ADD_ENTRIES_TAKEN)
            take_package(upload, &package, &place);
        else if (taken == ADD_ENTRIES_BROKEN)
            answer_broken(upload, &err);
        else
            break;
    }
}

/* ---- the end ---- */

/* The lines that this mirror's keys have in a checkpoint it cosigned. */
static bool append_own_lines(struct buf *out, const struct followed_log *log, struct bytes text,
                             struct err *err)
{
    struct note note;

    if (!note_parse(&note, text, err))
        return false;
    for (size_t i = 0; i < note.signature_count; i++) {
        if (cosigner_is_named(log->options.cosigner, &note.signatures[i]))
            buf_append_bytes(out, note_signature_line(&note, i));
    }
    return true;
}

/* Under both locks; note gets the checkpoint with the mirror's signatures. */
static bool publish(struct upload *upload, struct buf *note, struct err *err)
{
    struct followed_log *log = upload->log;
    uint64_t size = upload->checkpoint.size;

    if (size == atomic_load(&log->size) && log->cosigned.state.time_s != 0 &&
        log->cosigned.state.size == size)
        return cosigned_head_read_note(&log->cosigned, note, err);
    buf_append_bytes(note, bytes_of_buf(&upload->note));
    if (!copy_tail_close_tree(log->tail, &upload->checkpoint, err) ||
        !cosigned_head_sign(&log->cosigned, note, err) ||
        !copy_files_replace(&log->copy->files, "checkpoint", bytes_of_buf(note), err))
        return false;
    atomic_store(&log->size, size);
    diag_info("mirrored", "origin=%s size=%" PRIu64, followed_log_origin(log), size);
    return true;
}

static void finish(struct upload *upload)
{
    struct followed_log *log = upload->log;
    struct buf note = {0};
    struct err err = {0};
    uint64_t newest;

    pthread_mutex_lock(&log->head_lock);
    /* What was cosigned counts, also where the disk failed before it was shown. */
    if (upload->range.end < atomic_load(&log->size) ||
        upload->range.end < log->cosigned.state.size) {
        pending_heads_newest(&log->pending, &newest);
        answer_info(upload, 409, newest);
    } else if (publish(upload, &note, &err) &&
               append_own_lines(&upload->answer.body, log, bytes_of_buf(&note), &err)) {
        upload->answer.status = 200;
        upload->is_answered = true;
    } else {
        answer_failure(upload, &err);
    }
    pthread_mutex_unlock(&log->head_lock);
    buf_cleanup(&note);
}

void upload_end(struct upload *upload, struct bytes rest)
{
    pthread_mutex_lock(&upload->log->upload_lock);
    if (upload->is_answered || is_stopped(upload)) {
        /* nothing more */
    } else if (upload->next < upload->range.end && upload->next > upload->range.begin) {
        answer_info(upload, 202, upload->range.end);
    } else if (upload->next < upload->range.end) {
        answer_problem(upload, PROBLEM_PARAMETER,
                       "The request ended before its first package of entries was there.");
    } else if (rest.len > 0) {
        answer_problem(upload, PROBLEM_PARAMETER, "Something follows the last package of entries.");
    } else {
        finish(upload);
    }
    pthread_mutex_unlock(&upload->log->upload_lock);
}

void upload_cleanup(struct upload *upload)
{
    buf_cleanup(&upload->note);
    buf_cleanup(&upload->answer.body);
}
