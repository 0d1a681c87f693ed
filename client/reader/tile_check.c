#include "client/reader/tile_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/reader/tile_chain.h"
#include "client/verify/audit.h"
#include "schemas/tile_path.h"

static void report_tile(struct report *report, const struct cached_tile *tile)
{
    struct tile_path path = {.tile = tile->id, .width = tile->width};
    struct buf name = {0};

    tile_path_append(&name, &path);
    report_add(report, "tiles", FINDING_FAILED, VERDICT_INVALID,
               "%s is damaged: it is not what the files below it give", buf_text(&name));
    buf_cleanup(&name);
}

/* Whether an edge tile of leaf hashes is what its bundle gives. */
static bool fits_bundle(struct fetcher *fetcher, const struct cached_tile *edge)
{
    struct fetch_reply reply = {0};
    struct err ignored = {0};
    bool fits = tile_fetch(fetcher, &reply, edge->id, edge->width, true, &ignored);
    struct bytes rest = bytes_of_buf(&reply.body);

    for (unsigned i = 0; fits && i < edge->width; i++) {
        struct bytes entry;
        struct hash leaf;

        fits = bundle_next(&rest, &entry, &ignored);
        if (fits)
            hash_leaf(&leaf, entry);
        fits = fits && hash_equal(&leaf, &edge->hashes[i]);
    }
    buf_cleanup(&reply.body);
    return fits;
}

/* Whether each hash of an edge tile is the root of the full tile below. */
static bool fits_tiles(struct fetcher *fetcher, const struct cached_tile *edge)
{
    struct cached_tile below;
    struct err ignored = {0};
    struct hash root;

    for (unsigned i = 0; i < edge->width; i++) {
        struct tile_id id = {.level = edge->id.level - 1,
                             .index = edge->id.index * TILE_WIDTH + i};

        if (!tile_read(fetcher, &below, id, TILE_WIDTH, &ignored))
            return false;
        tile_row_root(&root, below.hashes, TILE_WIDTH);
        if (!hash_equal(&root, &edge->hashes[i]))
            return false;
    }
    return true;
}

/* The edge does not lead to the root; what lies below tells which tile of it is to blame. */
static void explain_edge(struct report *report, const struct tile_chain *chain)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        const struct cached_tile *edge = &chain->edges[level];

        if (edge->width == 0 || (level == 0 ? fits_bundle(chain->fetcher, edge)
                                            : fits_tiles(chain->fetcher, edge)))
            continue;
        report_tile(report, edge);
        return;
    }
    report_add(report, "tiles", FINDING_FAILED, VERDICT_INVALID,
               "the tiles are those of another tree than the signed head's");
}

static void report_failure(struct report *report, const struct err *err)
{
    if (err->code == ERR_CORRUPT)
        report_add(report, "tiles", FINDING_FAILED, VERDICT_INVALID, "%s", err->text);
    else
        report_add(report, "tiles", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE, "%s", err->text);
}

/* Every tile above the leaves is passed on the way to those. */
static bool get_all(struct tile_chain *chain, struct err *err)
{
    struct tile_id id = {.level = 0};

    for (; tile_width(id, chain->size) > 0; id.index++) {
        if (tile_chain_get(chain, id, err) == NULL)
            return false;
    }
    return true;
}

void tile_check_all(struct report *report, struct fetcher *fetcher, const struct checkpoint *head)
{
    struct tile_chain *chain = mem_alloc(sizeof(*chain));
    struct err err = {0};

    if (!tile_chain_open(chain, fetcher, head, &err)) {
        if (err.code == ERR_CORRUPT)
            explain_edge(report, chain);
        else
            report_failure(report, &err);
    } else if (!get_all(chain, &err)) {
        report_failure(report, &err);
    } else {
        report_add(report, "tiles", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "every tile is covered by the signed head of size %" PRIu64, head->size);
    }
    free(chain);
}
