#include "client/gossip/head_set.h"

#include <string.h>

void seen_head_cleanup(struct seen_head *head)
{
    buf_cleanup(&head->note);
    *head = (struct seen_head){0};
}

void head_set_cleanup(struct head_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        seen_head_cleanup(&set->heads[i]);
    set->count = 0;
}

struct seen_head *head_set_find(struct head_set *set, uint64_t size, const struct hash *root)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->heads[i].size == size && hash_equal(&set->heads[i].root, root))
            return &set->heads[i];
    }
    return NULL;
}

static size_t count_of_source(const struct head_set *set, size_t source)
{
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++)
        count += set->heads[i].source == source ? 1 : 0;
    return count;
}

static bool has_one_sponsor(const struct seen_head *head)
{
    return (head->sponsors & (head->sponsors - 1)) == 0;
}

/* Of the source with most heads: the newest that nobody else has brought, or else the newest. */
static struct seen_head *most_dispensable(struct head_set *set)
{
    struct seen_head *found = NULL;
    size_t found_count = 0;

    for (size_t i = 0; i < set->count; i++) {
        struct seen_head *head = &set->heads[i];
        size_t count = count_of_source(set, head->source);

        if (count > found_count ||
            (count == found_count && has_one_sponsor(head) >= has_one_sponsor(found))) {
            found = head;
            found_count = count;
        }
    }
    return found;
}

/* A clock that went back is no reason to wait. */
static bool has_stayed(const struct seen_head *head, uint64_t now_ms)
{
    return now_ms < head->seen_ms || now_ms - head->seen_ms >= HEAD_SET_STAY_MS;
}

static bool make_room_in_share(struct head_set *set, const struct seen_head *head)
{
    struct seen_head *oldest = set->heads;

    while (oldest->source != head->source)
        oldest++;
    if (!has_stayed(oldest, head->seen_ms))
        return false;
    head_set_remove(set, oldest);
    return true;
}

static bool make_room_in_set(struct head_set *set, size_t own_count)
{
    struct seen_head *dispensable = most_dispensable(set);

    if (count_of_source(set, dispensable->source) <= own_count + 1)
        return false;
    head_set_remove(set, dispensable);
    return true;
}

bool head_set_put_take(struct head_set *set, struct seen_head *head)
{
    size_t own_count = count_of_source(set, head->source);

    CHECK(head->source < HEAD_SET_SOURCES_MAX);
    if (own_count >= HEAD_SET_SHARE_MAX) {
        if (!make_room_in_share(set, head))
            return false;
    } else if (set->count == HEAD_SET_MAX && !make_room_in_set(set, own_count)) {
        return false;
    }
    seen_head_sponsor(head, head->source);
    set->heads[set->count++] = *head;
    *head = (struct seen_head){0};
    return true;
}

void seen_head_sponsor(struct seen_head *head, size_t source)
{
    head->sponsors |= (uint64_t)1 << source;
}

void head_set_remove(struct head_set *set, struct seen_head *head)
{
    size_t place = (size_t)(head - set->heads);

    seen_head_cleanup(head);
    set->count--;
    memmove(head, head + 1, (set->count - place) * sizeof(*head));
    set->heads[set->count] = (struct seen_head){0};
}
