#include "tools/fsck/walk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fsck/heads.h"
#include "tools/fsck/index.h"
#include "tools/fsck/tile_files.h"
#include "tools/fsck/tiles.h"

enum { ENTRY_LEN_MAX = 65535 };

struct walk {
    struct database *database;
    const struct walk_options *options;
    struct report *report;
    struct card_row card;
    struct state_row state;
    struct tiles tiles;
    struct tile_files tile_files;
    struct heads heads;
    struct index_check index;
    int segment_fd;
    uint32_t segment;
    uint64_t segment_end; /* where the next bundle must begin */
    uint8_t *bundle;      /* the bytes of one */
};

/* How many entries lie below the tiles of a level up to and including this one. The last level has
 * no full tile in a tree that can be. */
static uint64_t entries_below(unsigned level, uint64_t index)
{
    return level == TILES_LEVELS - 1 ? UINT64_MAX : (index + 1) << (8 * (level + 1));
}

/* Beyond the size that the state names, tiles need not have reached the disk. */
static bool compare_tile(void *context, unsigned level, uint64_t index, const struct digest *nodes,
                         size_t node_count)
{
    struct walk *walk = context;

    if (entries_below(level, index) > walk->state.tiles_size)
        return true;
    walk->report->tiles++;
    if (!tile_files_hold(&walk->tile_files, level, index, nodes, node_count))
        report_problem(walk->report, "tile %u/%" PRIu64 " is not what its entries give", level, index);
    return true;
}

static void check_tile_files(struct walk *walk)
{
    int missing = tile_files_open(&walk->tile_files, walk->options->tiles_directory);

    if (missing >= 0)
        report_problem(walk->report, "the tiles of level %d cannot be opened", missing);
    if (walk->state.tiles_size > walk->state.size || walk->state.tiles_size % TILES_WIDTH != 0)
        report_problem(walk->report, "the state has an impossible size of the tiles");
}

static bool open_segment(struct walk *walk, uint32_t number)
{
    char path[4096];

    if (walk->segment_fd >= 0)
        close(walk->segment_fd);
    snprintf(path, sizeof(path), "%s/%06" PRIu32 ".entries", walk->options->segments_directory, number);
    walk->segment_fd = open(path, O_RDONLY | O_CLOEXEC);
    walk->segment = number;
    walk->segment_end = 0;
    if (walk->segment_fd < 0)
        report_problem(walk->report, "segment %s cannot be opened", path);
    return walk->segment_fd >= 0;
}

/* A bundle lies right behind the one before it, or at the beginning of the next segment. */
static bool check_place(struct walk *walk, const struct bundle_row *bundle, uint64_t number)
{
    bool next_segment = walk->segment_fd >= 0 && bundle->segment == walk->segment + 1;

    if (walk->segment_fd < 0 || next_segment) {
        if (!open_segment(walk, walk->segment_fd < 0 ? 0 : bundle->segment))
            return false;
    }
    if (bundle->segment == walk->segment && bundle->offset == walk->segment_end)
        return true;
    report_problem(walk->report, "bundle %" PRIu64 " does not follow the one before it", number);
    return false;
}

static bool read_all(int fd, uint8_t *out, size_t len, uint64_t offset)
{
    while (len > 0) {
        ssize_t got = pread(fd, out, len, (off_t)offset);

        if (got <= 0)
            return false;
        out += got;
        offset += (uint64_t)got;
        len -= (size_t)got;
    }
    return true;
}

/* Heads are each compared with the entries below them, so a head that is stored is one it had. */
static void check_anchor(struct walk *walk, const struct message *message)
{
    struct anchor_fields anchor;
    struct head_row head;

    if (!message_parse_anchor(&anchor, message->payload))
        return;
    walk->report->anchors++;
    if (anchor.size > walk->tiles.size || !database_read_head(walk->database, &head, anchor.size) ||
        !digest_same(&head.root, &anchor.root))
        report_problem(walk->report,
                       "entry %" PRIu64 " says that a head of size %" PRIu64
                       " was anchored, which the log never had",
                       walk->tiles.size, anchor.size);
}

static void check_entry(struct walk *walk, const uint8_t *entry, size_t len)
{
    uint64_t index = walk->tiles.size;
    struct message message;
    struct digest leaf;
    struct digest identity = {{0}};
    bool parsed = false;

    digest_of_leaf(&leaf, entry, len);
    if (!walk->card.opaque) {
        parsed = message_parse(&message, entry, len);
        if (parsed) {
            message_identity(&identity, &message);
            check_anchor(walk, &message);
        } else {
            report_problem(walk->report, "entry %" PRIu64 " is not a statement", index);
        }
    }
    index_check_add(&walk->index, &leaf, parsed ? &identity : NULL);
    heads_entry(&walk->heads, index, &leaf, parsed ? &message : NULL);
    if (!tiles_append(&walk->tiles, &leaf))
        abort(); /* compare_tile never stops */
    walk->report->entries++;
    walk->report->bytes += len;
}

static bool check_bundle(struct walk *walk, const struct bundle_row *bundle, uint64_t number)
{
    size_t len = 0;
    const uint8_t *at = walk->bundle;

    for (unsigned i = 0; i < bundle->count; i++)
        len += 2 + (size_t)bundle->lens[i];
    if (!check_place(walk, bundle, number))
        return false;
    if (!read_all(walk->segment_fd, walk->bundle, len, bundle->offset)) {
        report_problem(walk->report, "segment %" PRIu32 " ends within bundle %" PRIu64,
                       bundle->segment, number);
        return false;
    }
    walk->segment_end += len;
    for (unsigned i = 0; i < bundle->count; i++) {
        heads_before_entry(&walk->heads, &walk->tiles);
        if ((size_t)(at[0] << 8 | at[1]) != bundle->lens[i])
            report_problem(walk->report, "entry %" PRIu64 " has another length in its segment",
                           walk->tiles.size);
        check_entry(walk, at + 2, bundle->lens[i]);
        at += 2 + bundle->lens[i];
    }
    return true;
}

static void walk_bundles(struct walk *walk)
{
    uint64_t bundle_count = walk->state.size / BUNDLE_ENTRIES_MAX + (walk->state.size % BUNDLE_ENTRIES_MAX != 0);
    struct bundle_row bundle;

    for (uint64_t number = 0; number < bundle_count; number++) {
        uint64_t left = walk->state.size - number * BUNDLE_ENTRIES_MAX;
        unsigned expected = left < BUNDLE_ENTRIES_MAX ? (unsigned)left : BUNDLE_ENTRIES_MAX;

        if (!database_read_bundle(walk->database, &bundle, number) || bundle.count != expected) {
            report_problem(walk->report, "bundle %" PRIu64 " is missing or malformed", number);
            return;
        }
        if (!check_bundle(walk, &bundle, number))
            return;
    }
    if (bundle_count > 0 &&
        (walk->segment != walk->state.segment || walk->segment_end != walk->state.segment_len))
        report_problem(walk->report, "the last segment does not end where the state says");
}

/* What they must say is for a replay of the entries to tell; here they are all readable. */
static void count_facts(struct walk *walk)
{
    struct rows *rows = rows_open(walk->database, 'f');
    struct span key;
    struct span value;
    char text[256];

    while (rows_next(rows, &key, &value))
        walk->report->facts++;
    if (!rows_close(rows, text))
        report_problem(walk->report, "the facts cannot be read: %s", text);
    if (walk->state.facts_size != walk->state.size)
        report_problem(walk->report,
                       "the facts are those of size %" PRIu64 ": vouchd reindex makes them again",
                       walk->state.facts_size);
}

static void walk_all(struct walk *walk)
{
    walk_bundles(walk);
    heads_before_entry(&walk->heads, &walk->tiles);
    heads_finish(&walk->heads, walk->state.size);
    if (walk->tiles.size != walk->state.size) {
        report_problem(walk->report, "%" PRIu64 " entries could be read, there should be %" PRIu64,
                       walk->tiles.size, walk->state.size);
        return;
    }
    index_check_run(&walk->index, walk->database, 'l', walk->report);
    if (!walk->card.opaque)
        index_check_run(&walk->index, walk->database, 'i', walk->report);
    count_facts(walk);
}

void walk_log(struct database *database, const struct walk_options *options, struct card_row *card,
              struct report *report)
{
    struct walk walk = {.database = database, .options = options, .report = report, .segment_fd = -1};

    walk.tiles.on_tile = compare_tile;
    walk.tiles.context = &walk;
    if (!database_read_card(database, &walk.card) || !database_read_state(database, &walk.state)) {
        report_problem(report, "the identity card or the state is missing or malformed");
        return;
    }
    *card = walk.card;
    walk.bundle = malloc((size_t)BUNDLE_ENTRIES_MAX * (2 + ENTRY_LEN_MAX));
    if (walk.bundle == NULL)
        abort();
    index_check_init(&walk.index, walk.card.opaque);
    check_tile_files(&walk);
    heads_init(&walk.heads, database, &walk.card, report, options);
    walk_all(&walk);
    heads_cleanup(&walk.heads);
    index_check_cleanup(&walk.index);
    if (walk.segment_fd >= 0)
        close(walk.segment_fd);
    tile_files_close(&walk.tile_files);
    free(walk.bundle);
}
