/* Tiles and old entries, which a log serves to others too: they must still lead to its head. */
#include <inttypes.h>

#include "client/monitor/monitor_parts.h"
#include "client/reader/audit_explain.h"
#include "client/reader/log_reader.h"

bool monitor_raise_bundle(struct monitor *monitor, uint64_t bundle)
{
    struct look *look = &monitor->look;
    struct alert *alert = NULL;
    uint64_t index = bundle * TILE_WIDTH;

    switch (bundle_compare(monitor->options.fetcher, &monitor->head.checkpoint, bundle, &index)) {
    case BUNDLE_FITS:
        return false;
    case BUNDLE_ENTRY_CHANGED:
        alert = look_raise(look, ALERT_CHANGED_ENTRY, index,
                           "entry %" PRIu64 " is not the one that the signed head covers", index);
        break;
    case BUNDLE_UNLIKE_TILE:
        alert = look_raise(look, ALERT_CHANGED_TILE, bundle,
                           "the leaf hash of entry %" PRIu64 " in its tile is neither that of the "
                           "entry nor one that leads to the signed head",
                           index);
        break;
    case BUNDLE_TILE_CHANGED:
        alert = look_raise(look, ALERT_CHANGED_TILE, bundle,
                           "the tiles above entry %" PRIu64 " do not lead to the signed head",
                           index);
        break;
    case BUNDLE_UNSERVED:
        alert = look_raise(look, ALERT_MISSING_ENTRIES, bundle,
                           "the log does not serve the entries or the tile of bundle %" PRIu64,
                           bundle);
        break;
    case BUNDLE_UNREACHABLE:
        look_raise(look, ALERT_UNREACHABLE, 0, "the log does not answer when it is asked for tiles");
        break;
    }
    if (alert != NULL) {
        alert->has_index = true;
        alert->index = index;
    }
    return true;
}

/* One hash of a tile that leads to the head speaks for all of them: they are what proves it. */
static bool check_tile(struct monitor *monitor, struct tile_reader *tiles, uint64_t bundle)
{
    struct node_id id = {.level = 0, .index = bundle * TILE_WIDTH};
    struct proof proof;
    struct hash leaf;
    struct err err = {0};
    struct alert *alert;

    if (tile_reader_nodes(tiles, &leaf, &id, 1, &err) &&
        log_prove_inclusion_from(tiles, &proof, &monitor->head.checkpoint, id.index, &leaf, &err))
        return true;
    if (err.code == ERR_BUSY)
        look_raise(&monitor->look, ALERT_UNREACHABLE, 0, "%s", err.text);
    else if (err.code == ERR_CORRUPT) {
        alert = look_raise(&monitor->look, ALERT_CHANGED_TILE, bundle,
                           "the tile of entry %" PRIu64 " or one above it is not that of the "
                           "entries, which lead to the signed head",
                           id.index);
        alert->has_index = true;
        alert->index = id.index;
    } else
        look_raise(&monitor->look, ALERT_MISSING_ENTRIES, bundle, "%s", err.text);
    return false;
}

void monitor_check_tiles(struct monitor *monitor, uint64_t old_size)
{
    uint64_t size = monitor->head.checkpoint.size;
    uint64_t bundle = old_size / TILE_WIDTH;
    struct tile_reader tiles;

    if (size == 0)
        return;
    if ((size - 1) / TILE_WIDTH >= bundle + TILES_CHECKED_MAX)
        bundle = (size - 1) / TILE_WIDTH - TILES_CHECKED_MAX + 1;
    tile_reader_init(&tiles, monitor->options.fetcher, size);
    while (bundle * TILE_WIDTH < size && check_tile(monitor, &tiles, bundle))
        bundle++;
    if (bundle * TILE_WIDTH < size)
        monitor->next_recheck = bundle;
    tile_reader_cleanup(&tiles);
}

/* Where one does not fit, it is looked at again in each poll, until it does. */
void monitor_recheck(struct monitor *monitor)
{
    uint64_t size = monitor->sealed.frontier.size;
    uint64_t count = size / TILE_WIDTH + (size % TILE_WIDTH != 0);

    if (size != monitor->head.checkpoint.size)
        return; /* a poll that is stuck has looked at entries enough */
    for (unsigned i = 0; i < monitor->options.rechecked_per_poll && i < count; i++) {
        if (monitor->next_recheck >= count)
            monitor->next_recheck = 0;
        monitor->figures.bundles_rechecked++;
        if (monitor_raise_bundle(monitor, monitor->next_recheck))
            return;
        monitor->next_recheck++;
    }
}
