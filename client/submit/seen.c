#include "client/submit/seen.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_PLACES = 1024 };

/* Digests are uniform already: eight of their bytes are a hash value. */
static struct seen_record *find_place(const struct seen *seen, const struct hash *digest)
{
    uint64_t start;
    size_t i;

    memcpy(&start, digest->bytes, sizeof(start));
    i = (size_t)start & (seen->place_count - 1);
    while (seen->places[i].is_used && !hash_equal(&seen->places[i].digest, digest))
        i = (i + 1) & (seen->place_count - 1);
    return &seen->places[i];
}

static void grow(struct seen *seen)
{
    struct seen old = *seen;

    seen->place_count = old.place_count == 0 ? FIRST_PLACES : 2 * old.place_count;
    seen->places = mem_alloc_array(seen->place_count, sizeof(*seen->places));
    for (size_t i = 0; i < old.place_count; i++) {
        if (old.places[i].is_used)
            *find_place(seen, &old.places[i].digest) = old.places[i];
    }
    free(old.places);
}

void seen_add(struct seen *seen, const struct hash *digest, struct outbox_item *item)
{
    struct seen_record *place;

    if (seen->used_count * 2 >= seen->place_count)
        grow(seen);
    place = find_place(seen, digest);
    if (!place->is_used) {
        place->is_used = true;
        place->digest = *digest;
        seen->used_count++;
    }
    place->count++;
    if (item != NULL)
        place->item = item;
}

const struct seen_record *seen_take(struct seen *seen, const struct hash *digest)
{
    struct seen_record *place;

    if (seen->place_count == 0)
        return NULL;
    place = find_place(seen, digest);
    if (!place->is_used || place->count == 0)
        return NULL;
    place->count--;
    return place;
}

void seen_cleanup(struct seen *seen)
{
    free(seen->places);
    *seen = (struct seen){0};
}
