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

/* The newest head of the source that has most of them. */
static struct seen_head *most_greedy(struct head_set *set)
{
    struct seen_head *found = NULL;
    size_t found_count = 0;

    for (size_t i = 0; i < set->count; i++) {
        size_t count = count_of_source(set, set->heads[i].source);

        if (count >= found_count) {
            found = &set->heads[i];
            found_count = count;
        }
    }
    return found;
}

bool head_set_put_take(struct head_set *set, struct seen_head *head)
{
    size_t own_count = count_of_source(set, head->source);

    if (own_count >= HEAD_SET_SHARE_MAX)
        return false;
    if (set->count == HEAD_SET_MAX) {
        struct seen_head *greedy = most_greedy(set);

        if (count_of_source(set, greedy->source) <= own_count + 1)
            return false;
        head_set_remove(set, greedy);
    }
    set->heads[set->count++] = *head;
    *head = (struct seen_head){0};
    return true;
}

void head_set_share(struct head_set *set, struct seen_head *head, size_t source)
{
    if (count_of_source(set, source) < count_of_source(set, head->source))
        head->source = source;
}

void head_set_remove(struct head_set *set, struct seen_head *head)
{
    size_t place = (size_t)(head - set->heads);

    seen_head_cleanup(head);
    set->count--;
    memmove(head, head + 1, (set->count - place) * sizeof(*head));
    set->heads[set->count] = (struct seen_head){0};
}
