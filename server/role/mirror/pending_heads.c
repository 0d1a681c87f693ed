#include "server/role/mirror/pending_heads.h"

void pending_heads_init(struct pending_heads *out)
{
    *out = (struct pending_heads){0};
    CHECK(pthread_mutex_init(&out->lock, NULL) == 0);
}

void pending_heads_cleanup(struct pending_heads *pending)
{
    for (size_t i = 0; i < PENDING_HEADS_MAX; i++)
        buf_cleanup(&pending->heads[i].note);
    pthread_mutex_destroy(&pending->lock);
}

static struct pending_head *find(struct pending_heads *pending, uint64_t size)
{
    for (size_t i = 0; i < PENDING_HEADS_MAX && i < pending->count; i++) {
        if (pending->heads[i].checkpoint.size == size)
            return &pending->heads[i];
    }
    return NULL;
}

void pending_heads_add(struct pending_heads *pending, const struct checkpoint *checkpoint,
                       struct bytes note)
{
    pthread_mutex_lock(&pending->lock);
    if (find(pending, checkpoint->size) == NULL) {
        struct pending_head *head = &pending->heads[pending->count++ % PENDING_HEADS_MAX];

        head->checkpoint = *checkpoint;
        buf_clear(&head->note);
        buf_append_bytes(&head->note, note);
    }
    pthread_mutex_unlock(&pending->lock);
}

bool pending_heads_newest(struct pending_heads *pending, uint64_t *out_size)
{
    bool has;

    *out_size = 0;
    pthread_mutex_lock(&pending->lock);
    has = pending->count > 0;
    for (size_t i = 0; i < PENDING_HEADS_MAX && i < pending->count; i++) {
        if (pending->heads[i].checkpoint.size > *out_size)
            *out_size = pending->heads[i].checkpoint.size;
    }
    pthread_mutex_unlock(&pending->lock);
    return has;
}

bool pending_heads_find(struct pending_heads *pending, uint64_t size, struct checkpoint *out,
                        struct buf *out_note)
{
    const struct pending_head *head;

    pthread_mutex_lock(&pending->lock);
    head = find(pending, size);
    if (head != NULL) {
        *out = head->checkpoint;
        buf_append_bytes(out_note, bytes_of_buf(&head->note));
    }
    pthread_mutex_unlock(&pending->lock);
    return head != NULL;
}
