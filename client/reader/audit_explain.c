#include "client/reader/audit_explain.h"

#include <inttypes.h>
#include <string.h>

#include "client/reader/log_reader.h"
#include "client/reader/prefix_reader.h"
#include "client/verify/audit.h"
#include "merkle/prefix.h"

enum history history_compare(struct fetcher *fetcher, const struct checkpoint *old_head,
                             const struct checkpoint *new_head, struct proof *out_path)
{
    struct hash old_root;
    struct hash new_root;
    struct proof proof = {0};
    struct err err = {0};

    CHECK(old_head->size <= new_head->size);
    if (old_head->size == 0)
        return HISTORY_EXTENDS;
    if (old_head->size == new_head->size)
        return hash_equal(&old_head->root, &new_head->root) ? HISTORY_EXTENDS : HISTORY_OTHER;
    if (!log_read_prefix(fetcher, &proof, old_head->size, new_head->size, &err))
        return err.code == ERR_BUSY ? HISTORY_UNREACHABLE : HISTORY_UNSERVED;
    if (!prefix_roots(&old_root, &new_root, old_head->size, new_head->size, &proof) ||
        !hash_equal(&new_root, &new_head->root))
        return HISTORY_UNPROVEN;
    if (out_path != NULL)
        *out_path = proof;
    return hash_equal(&old_root, &old_head->root) ? HISTORY_EXTENDS : HISTORY_OTHER;
}

void audit_explain_history(struct report *report, struct fetcher *fetcher,
                           const struct checkpoint *remembered, const struct checkpoint *head)
{
    uint64_t old_size = remembered->size;

    switch (history_compare(fetcher, remembered, head, NULL)) {
    case HISTORY_EXTENDS:
        report_add(report, "history", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "the head extends the remembered one of size %" PRIu64, old_size);
        break;
    case HISTORY_OTHER:
        report_add(report, "history", FINDING_FAILED, VERDICT_DIVERGES,
                   "the log signed another tree of size %" PRIu64 " than it shows now: history "
                   "was rewritten",
                   old_size);
        break;
    case HISTORY_UNPROVEN:
        report_add(report, "history", FINDING_FAILED, VERDICT_INVALID,
                   "the tiles do not lead to the signed root, nor from the remembered head of "
                   "size %" PRIu64,
                   old_size);
        break;
    case HISTORY_UNSERVED:
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INVALID,
                   "the log does not serve the tiles that would show it");
        break;
    case HISTORY_UNREACHABLE:
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INVALID,
                   "the log does not answer when it is asked for the tiles that would show it");
        break;
    }
}

static bool read_both(struct fetcher *fetcher, struct fetch_reply *entries,
                      struct fetch_reply *tile, struct tile_id id, unsigned width,
                      struct err *err)
{
    return tile_fetch(fetcher, entries, id, width, true, err) &&
           tile_fetch(fetcher, tile, id, width, false, err) &&
           tile->body.len >= (size_t)width * HASH_LEN;
}

/* How many entries from the first on are those of the tile; *out_leaf: what the next should be. */
static unsigned count_fitting(struct bytes entries, struct bytes tile, unsigned width,
                              struct hash *out_leaf)
{
    struct err ignored = {0};

    for (unsigned i = 0; i < width; i++) {
        struct bytes entry;
        struct hash leaf;

        memcpy(out_leaf->bytes, tile.data + (size_t)i * HASH_LEN, HASH_LEN);
        if (!bundle_next(&entries, &entry, &ignored))
            return i;
        hash_leaf(&leaf, entry);
        if (!hash_equal(&leaf, out_leaf))
            return i;
    }
    return width;
}

/* A tile is the truth when one of its hashes has a proof: the others are what proves it. */
enum bundle_truth bundle_compare(struct fetcher *fetcher, const struct checkpoint *head,
                                 uint64_t bundle, uint64_t *out_index)
{
    struct tile_id id = {.level = 0, .index = bundle};
    unsigned width = tile_width(id, head->size);
    enum bundle_truth truth = BUNDLE_UNSERVED;
    struct fetch_reply entries = {0};
    struct fetch_reply tile = {0};
    struct err err = {0};
    struct proof proof;
    struct hash leaf;
    unsigned fitting;

    if (read_both(fetcher, &entries, &tile, id, width, &err)) {
        fitting = count_fitting(bytes_of_buf(&entries.body), bytes_of_buf(&tile.body), width,
                                &leaf);
        *out_index = bundle * TILE_WIDTH + (fitting < width ? fitting : width - 1);
        if (!log_prove_inclusion(fetcher, &proof, head, *out_index, &leaf, &err))
            truth = fitting < width ? BUNDLE_UNLIKE_TILE : BUNDLE_TILE_CHANGED;
        else
            truth = fitting < width ? BUNDLE_ENTRY_CHANGED : BUNDLE_FITS;
    }
    if (err.code == ERR_BUSY)
        truth = BUNDLE_UNREACHABLE;
    buf_cleanup(&entries.body);
    buf_cleanup(&tile.body);
    return truth;
}

/* True when there is something to report. */
static bool report_bundle(struct report *report, enum bundle_truth truth, uint64_t bundle,
                          uint64_t index)
{
    switch (truth) {
    case BUNDLE_FITS:
    case BUNDLE_TILE_CHANGED:
        return false;
    case BUNDLE_ENTRY_CHANGED:
        report_add(report, "entries", FINDING_FAILED, VERDICT_INVALID,
                   "entry %" PRIu64 " is damaged: it is not the one that the signed head covers",
                   index);
        return true;
    case BUNDLE_UNLIKE_TILE:
        report_add(report, "entries", FINDING_FAILED, VERDICT_INVALID,
                   "entry %" PRIu64 " is not the one in its tile, and the tile does not fit the "
                   "signed head",
                   index);
        return true;
    case BUNDLE_UNSERVED:
    case BUNDLE_UNREACHABLE:
        report_add(report, "entries", FINDING_UNDECIDABLE, VERDICT_INVALID,
                   "bundle %" PRIu64 " cannot be compared with its tile", bundle);
        return true;
    }
    return false;
}

void audit_explain_entries(struct report *report, struct fetcher *fetcher,
                           const struct checkpoint *head, uint64_t begin)
{
    for (uint64_t bundle = begin / TILE_WIDTH; bundle * TILE_WIDTH < head->size; bundle++) {
        uint64_t index = 0;
        enum bundle_truth truth = bundle_compare(fetcher, head, bundle, &index);

        if (report_bundle(report, truth, bundle, index))
            return;
    }
    report_add(report, "entries", FINDING_FAILED, VERDICT_INVALID,
               "every entry is the one in its tile, and yet they do not lead to the signed root: "
               "the tiles, or the state this began from, are wrong");
}
