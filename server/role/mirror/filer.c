#include "server/role/mirror/filer.h"

#include <pthread.h>
#include <stdlib.h>

struct filer {
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

static void *run(void *argument)
{
    struct filer *filer = argument;
    struct filing *filing;

    pthread_setname_np(pthread_self(), "vouchd-filer");
    while ((filing = take(filer)) != NULL) {
        upload_begin(&filing->upload, filing->log, &filing->head);
        upload_take(&filing->upload, &filing->rest);
        upload_end(&filing->upload, filing->rest);
        outbox_deliver(&filing->errand);
    }
    return NULL;
}

bool filer_start(struct filer **out, struct err *err)
{
    struct filer *filer = mem_alloc(sizeof(*filer));
    int error;

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
