#include "schemas/run/openings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/key.h"
#include "schemas/record_maker.h"

bool openings_commit(struct openings *openings, struct buf *out, const char *path,
                     struct bytes text, struct bytes media_type, struct err *err)
{
    struct opening *opening;

    openings->items =
        mem_realloc_array(openings->items, openings->count + 1, sizeof(*openings->items));
    opening = &openings->items[openings->count];
    memset(opening, 0, sizeof(*opening));
    if (!(openings->make_key == NULL ? random_fill : openings->make_key)(
            opening->key, sizeof(opening->key), err))
        return err_wrap(err, "make an opening key");
    snprintf(opening->path, sizeof(opening->path), "%s", path);
    commitment_make(&opening->commitment, opening->key, text);
    commitment_append(out, &opening->commitment, media_type);
    openings->count++;
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
    for (size_t i = 0; i < openings->count; i++)
        explicit_bzero(&openings->items[i], sizeof(openings->items[i]));
    free(openings->items);
    openings->items = NULL;
    openings->count = 0;
}
