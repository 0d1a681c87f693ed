#include "schemas/run/openings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/record_maker.h"

static void wipe(struct opening *items, size_t count)
{
    if (count > 0)
        explicit_bzero(items, count * sizeof(*items));
    free(items);
}

/* realloc would leave copies of keys behind. */
static struct opening *append(struct openings *openings)
{
    if (openings->count == openings->capacity) {
        size_t capacity = openings->capacity == 0 ? 16 : openings->capacity * 2;
        struct opening *items = mem_alloc_array(capacity, sizeof(*items));

        if (openings->count > 0)
            memcpy(items, openings->items, openings->count * sizeof(*items));
        wipe(openings->items, openings->count);
        openings->items = items;
        openings->capacity = capacity;
    }
    return &openings->items[openings->count++];
}

bool openings_commit(struct openings *openings, struct buf *out,
                     const struct payload_text *payload, struct run_random *random,
                     struct err *err)
{
    struct opening *opening = append(openings);

    if (!run_random_fill(random, opening->key, sizeof(opening->key), err))
        return false;
    snprintf(opening->path, sizeof(opening->path), "%s", payload->path);
    commitment_make(&opening->commitment, opening->key, payload->text);
    commitment_append(out, &opening->commitment, payload->media_type);
    return true;
}

void openings_append(struct buf *out, const struct openings *openings)
{
    dcbor_put_array(out, openings->count);
    for (size_t i = 0; i < openings->count; i++) {
        const struct opening *opening = &openings->items[i];
        struct record_maker maker = {0};

        record_maker_put_literal(&maker, "path", opening->path);
        record_maker_put_bytes(&maker, "digest", hash_bytes(&opening->commitment));
        record_maker_put_bytes(&maker, "opening_key", bytes_of(opening->key, OPENING_KEY_LEN));
        record_maker_finish(&maker, out);
    }
}

void openings_cleanup(struct openings *openings)
{
    wipe(openings->items, openings->count);
    *openings = (struct openings){0};
}
