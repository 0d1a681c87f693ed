#include "server/transport/outbox.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void append(struct errand_list *list, struct errand *errand)
{
    errand->next = NULL;
    if (list->first == NULL)
        list->first = errand;
    else
        list->last->next = errand;
    list->last = errand;
}

struct errand *errand_list_take_first(struct errand_list *list)
{
    struct errand *errand = list->first;

    if (errand != NULL)
        list->first = errand->next;
    return errand;
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
    outbox->staged = (struct errand_list){0};
    outbox_wake(outbox);
}

void outbox_stage(struct outbox **touched, struct errand *errand)
{
    struct outbox *outbox = errand->outbox;

    append(&outbox->staged, errand);
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

void outbox_deliver(struct errand *errand)
{
    struct outbox *outbox = errand->outbox;

    pthread_mutex_lock(&outbox->lock);
    append(&outbox->finished, errand);
    pthread_mutex_unlock(&outbox->lock);
    outbox_wake(outbox);
}

struct errand_list outbox_take(struct outbox *outbox)
{
    struct errand_list list;
    uint64_t count;
    ssize_t got = read(outbox->event_fd, &count, sizeof(count));

    (void)got; /* EAGAIN: nobody woke us, there may still be errands */
    pthread_mutex_lock(&outbox->lock);
    list = outbox->finished;
    outbox->finished = (struct errand_list){0};
    pthread_mutex_unlock(&outbox->lock);
    return list;
}
