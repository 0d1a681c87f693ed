#include "server/role/mirror/filer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server/role/mirror/unpack.h"

struct filer {
    struct snapshot_cell *logs;
    pthread_t thread;
    /* any thread, under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct filing *first;
    struct filing **last_next;
    bool is_stopping;
};

void filer_submit(struct filer *filer, struct filing *filing)
{
    filing->next = NULL;
    pthread_mutex_lock(&filer->lock);
    *filer->last_next = filing;
    filer->last_next = &filing->next;
    pthread_mutex_unlock(&filer->lock);
    pthread_cond_signal(&filer->wake);
}

/* NULL: the thread shall end. */
static struct filing *take(struct filer *filer)
{
    struct filing *filing;

    pthread_mutex_lock(&filer->lock);
    while (filer->first == NULL && !filer->is_stopping)
        pthread_cond_wait(&filer->wake, &filer->lock);
    filing = filer->first;
    if (filing != NULL)
        filer->first = filing->next;
    if (filer->first == NULL)
        filer->last_next = &filer->first;
    pthread_mutex_unlock(&filer->lock);
    return filing;
}

/* A body as far as it is unpacked and not taken yet: never much more than a package. */
struct intake {
    struct unpack *unpack;
    struct buf unpacked;
    bool is_at_end;
};

static bool unpack_more(struct intake *intake, struct err *err)
{
    bool has = false;
    bool ok = unpack_next(intake->unpack, &intake->unpacked, &has, err);

    intake->is_at_end = !has;
    return ok;
}

static void forget_taken(struct intake *intake, struct bytes rest)
{
    if (rest.len > 0)
        memmove(intake->unpacked.data, rest.data, rest.len);
    intake->unpacked.len = rest.len;
}

static bool read_head(struct intake *intake, struct add_entries_head *out, struct err *err)
{
    struct bytes rest;
    enum add_entries_taken taken;

    do {
        if (!unpack_more(intake, err))
            return false;
        rest = bytes_of_buf(&intake->unpacked);
        taken = add_entries_take_head(out, &rest, err);
    } while (taken == ADD_ENTRIES_CUT && !intake->is_at_end);
    out->ticket = (struct bytes){0}; /* this mirror gives none */
    forget_taken(intake, rest);
    if (taken == ADD_ENTRIES_CUT)
        return err_set(err, ERR_INVALID, "it is too short");
    return taken == ADD_ENTRIES_TAKEN;
}

/* What was unpacked before the body turns out to be broken is kept like that of a cut one. */
static void take_packages(struct intake *intake, struct upload *upload)
{
    struct err err = {0};

    while (!upload->is_answered) {
        struct bytes rest = bytes_of_buf(&intake->unpacked);

        upload_take(upload, &rest);
        forget_taken(intake, rest);
        if (upload->next == upload->range.end && rest.len > 0)
            break; /* more than there can be */
        if (intake->is_at_end || upload->is_answered || !unpack_more(intake, &err))
            break;
    }
    upload_end(upload, bytes_of_buf(&intake->unpacked));
}

static void file(struct filer *filer, struct filing *filing, struct intake *intake)
{
    struct log_set *set = (struct log_set *)snapshot_cell_hold(filer->logs);
    struct problem *problem = &filing->answer.problem;
    struct upload upload = {0};
    struct add_entries_head head;
    struct followed_log *log;
    struct err err = {0};

    if (!read_head(intake, &head, &err)) {
        problem_set(problem, PROBLEM_PARAMETER, "This does not begin as add-entries does: %s.",
                    err.text);
    } else if ((log = log_set_find_origin(set, head.origin)) == NULL) {
        problem_set(problem, PROBLEM_NOT_FOUND, "No log of this origin is mirrored here.");
    } else {
        upload_begin(&upload, log, &head);
        take_packages(intake, &upload);
        filing->answer = upload.answer;
        upload.answer = (struct upload_answer){0};
    }
    upload_cleanup(&upload);
    snapshot_release(&set->snapshot);
}

static void *run(void *argument)
{
    struct filer *filer = argument;
    struct filing *filing;

    pthread_setname_np(pthread_self(), "vouchd-filer");
    while ((filing = take(filer)) != NULL) {
        struct intake intake = {.unpack = unpack_open(filing->body, filing->is_gzip)};

        file(filer, filing, &intake);
        unpack_close(intake.unpack);
        buf_cleanup(&intake.unpacked);
        outbox_deliver(&filing->errand);
    }
    return NULL;
}

bool filer_start(struct filer **out, struct snapshot_cell *logs, struct err *err)
{
    struct filer *filer = mem_alloc(sizeof(*filer));
    int error;

    filer->logs = logs;
    filer->last_next = &filer->first;
    CHECK(pthread_mutex_init(&filer->lock, NULL) == 0);
    CHECK(pthread_cond_init(&filer->wake, NULL) == 0);
    error = pthread_create(&filer->thread, NULL, run, filer);
    if (error != 0) {
        free(filer);
        return err_set_errno(err, ERR_IO, error, "start the filing thread");
    }
    *out = filer;
    return true;
}

void filer_stop(struct filer *filer)
{
    if (filer == NULL)
        return;
    pthread_mutex_lock(&filer->lock);
    filer->is_stopping = true;
    pthread_mutex_unlock(&filer->lock);
    pthread_cond_signal(&filer->wake);
    pthread_join(filer->thread, NULL);
    pthread_cond_destroy(&filer->wake);
    pthread_mutex_destroy(&filer->lock);
    free(filer);
}
