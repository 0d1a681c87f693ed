#include "server/http/parked.h"

#include <stdlib.h>

enum { BUCKETS_FIRST = 256 }; /* a power of two */

/* A job in the bucket of one of its keys. */
struct wait_link {
    uint64_t key;
    struct job *job;
    struct wait_link *next;
    struct wait_link **place; /* what points here */
};

struct parked {
    struct job *first; /* of all that is parked */
    size_t count;
    struct wait_link **buckets;
    size_t bucket_count;
    size_t link_count;
};

void wait_cleanup(struct wait *wait)
{
    CHECK(wait->links == NULL);
    free(wait->keys);
    *wait = (struct wait){0};
}

struct parked *parked_new(void)
{
    struct parked *parked = mem_alloc(sizeof(*parked));

    parked->bucket_count = BUCKETS_FIRST;
    parked->buckets = mem_alloc_array(parked->bucket_count, sizeof(*parked->buckets));
    return parked;
}

void parked_free(struct parked *parked)
{
    if (parked == NULL)
        return;
    CHECK(parked->count == 0);
    free(parked->buckets);
    free(parked);
}

size_t parked_count(const struct parked *parked)
{
    return parked->count;
}

static void put_link(struct parked *parked, struct wait_link *link)
{
    struct wait_link **bucket = &parked->buckets[link->key & (parked->bucket_count - 1)];

    link->next = *bucket;
    link->place = bucket;
    if (link->next != NULL)
        link->next->place = &link->next;
    *bucket = link;
}

static void drop_link(struct wait_link *link)
{
    *link->place = link->next;
    if (link->next != NULL)
        link->next->place = link->place;
}

static void grow(struct parked *parked)
{
    struct wait_link **old = parked->buckets;
    size_t old_count = parked->bucket_count;

    parked->bucket_count *= 2;
    parked->buckets = mem_alloc_array(parked->bucket_count, sizeof(*parked->buckets));
    for (size_t i = 0; i < old_count; i++) {
        while (old[i] != NULL) {
            struct wait_link *link = old[i];

            old[i] = link->next;
            put_link(parked, link);
        }
    }
    free(old);
}

void parked_add(struct parked *parked, struct job *job)
{
    struct wait *wait = job->wait;

    wait->links = mem_alloc_array(wait->key_count, sizeof(*wait->links));
    for (size_t i = 0; i < wait->key_count; i++) {
        wait->links[i] = (struct wait_link){.key = wait->keys[i], .job = job};
        put_link(parked, &wait->links[i]);
    }
    parked->link_count += wait->key_count;
    while (parked->link_count > parked->bucket_count)
        grow(parked);
    wait->previous = NULL;
    job->next = parked->first;
    if (job->next != NULL)
        job->next->wait->previous = job;
    parked->first = job;
    parked->count++;
}

static void take(struct parked *parked, struct job *job, struct job_list *out)
{
    struct wait *wait = job->wait;

    for (size_t i = 0; i < wait->key_count; i++)
        drop_link(&wait->links[i]);
    parked->link_count -= wait->key_count;
    free(wait->links);
    wait->links = NULL;
    if (wait->previous != NULL)
        wait->previous->next = job->next;
    else
        parked->first = job->next;
    if (job->next != NULL)
        job->next->wait->previous = wait->previous;
    parked->count--;
    job_list_append(out, job);
}

/* The first link in the bucket of key that has it. */
static struct wait_link *find_link(const struct parked *parked, uint64_t key)
{
    struct wait_link *link = parked->buckets[key & (parked->bucket_count - 1)];

    while (link != NULL && link->key != key)
        link = link->next;
    return link;
}

void parked_take_changed(struct parked *parked, const uint64_t *keys, size_t count,
                         struct job_list *out)
{
    for (size_t i = 0; i < count && parked->count > 0; i++) {
        struct wait_link *link;

        while ((link = find_link(parked, keys[i])) != NULL)
            take(parked, link->job, out);
    }
}

void parked_take_expired(struct parked *parked, uint64_t now_ns, struct job_list *out)
{
    struct job *next;

    for (struct job *job = parked->first; job != NULL; job = next) {
        next = job->next;
        if (job->wait->deadline_ns <= now_ns)
            take(parked, job, out);
    }
}
