#include "server/http/outbox.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

void job_list_append(struct job_list *list, struct job *job)
{
    job->next = NULL;
    if (list->first == NULL)
        list->first = job;
    else
        list->last->next = job;
    list->last = job;
}

struct job *job_list_take_first(struct job_list *list)
{
    struct job *job = list->first;

    if (job != NULL)
        list->first = job->next;
    return job;
}

bool outbox_init(struct outbox *outbox, struct err *err)
{
    *outbox = (struct outbox){.event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (outbox->event_fd < 0)
        return err_set_errno(err, ERR_IO, errno, "create an event descriptor");
    CHECK(pthread_mutex_init(&outbox->lock, NULL) == 0);
    return true;
}

void outbox_cleanup(struct outbox *outbox)
{
    close(outbox->event_fd);
    pthread_mutex_destroy(&outbox->lock);
}

void outbox_wake(struct outbox *outbox)
{
    uint64_t one = 1;
    ssize_t written = write(outbox->event_fd, &one, sizeof(one));

    (void)written; /* fails only when the counter is full, and then the thread is awake */
}

static void flush(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    if (outbox->finished.first == NULL)
        outbox->finished = outbox->staged;
    else if (outbox->staged.first != NULL) {
        outbox->finished.last->next = outbox->staged.first;
        outbox->finished.last = outbox->staged.last;
    }
    pthread_mutex_unlock(&outbox->lock);
    outbox->staged = (struct job_list){0};
    outbox_wake(outbox);
}

void outbox_stage(struct outbox **touched, struct job *job)
{
    struct outbox *outbox = job->outbox;

    job_list_append(&outbox->staged, job);
    if (!outbox->is_staged) {
        outbox->is_staged = true;
        outbox->next_staged = *touched;
        *touched = outbox;
    }
}

void outbox_flush_all(struct outbox *touched)
{
    while (touched != NULL) {
        struct outbox *next = touched->next_staged;

        touched->is_staged = false;
        flush(touched);
        touched = next;
    }
}

struct job_list outbox_take(struct outbox *outbox)
{
    struct job_list list;
    uint64_t count;
    ssize_t got = read(outbox->event_fd, &count, sizeof(count));

    (void)got; /* EAGAIN: nobody woke us, there may still be jobs */
    pthread_mutex_lock(&outbox->lock);
    list = outbox->finished;
    outbox->finished = (struct job_list){0};
    pthread_mutex_unlock(&outbox->lock);
    return list;
}
