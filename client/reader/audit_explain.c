#include "client/reader/audit_explain.h"

#include <inttypes.h>
#include <string.h>

#include "client/fetch/tile_reader.h"
#include "client/reader/log_reader.h"
#include "client/verify/audit.h"
#include "merkle/consistency.h"

/* The proof that the log's own tiles give; false when they cannot be had. */
static bool proof_from_tiles(struct proof *out, struct fetcher *fetcher, uint64_t old_size,
                             uint64_t new_size)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    size_t count = consistency_plan(ids, old_size, new_size);
    struct tile_reader reader;
    struct err ignored = {0};
    bool ok;

    tile_reader_init(&reader, fetcher, new_size);
    ok = tile_reader_nodes(&reader, hashes, ids, count, &ignored);
    tile_reader_cleanup(&reader);
    if (ok)
        consistency_prove(out, old_size, new_size, hashes);
    return ok;
}

void audit_explain_history(struct report *report, struct fetcher *fetcher,
                           const struct checkpoint *remembered, const struct checkpoint *head)
{
    uint64_t old_size = remembered->size;
    struct hash old_root;
    struct hash new_root;
    struct proof proof;

    if (!proof_from_tiles(&proof, fetcher, old_size, head->size)) {
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INVALID,
                   "the log does not serve the tiles that would show it");
        return;
    }
    if (consistency_check(old_size, &remembered->root, head->size, &head->root, &proof)) {
        report_add(report, "history", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "the head extends the remembered one of size %" PRIu64, old_size);
        return;
    }
    if (consistency_roots(&old_root, &new_root, old_size, &remembered->root, head->size, &proof) &&
        hash_equal(&new_root, &head->root))
        report_add(report, "history", FINDING_FAILED, VERDICT_DIVERGES,
                   "the log signed another tree of size %" PRIu64 " than it shows now: history "
                   "was rewritten",
                   old_size);
    else
        report_add(report, "history", FINDING_FAILED, VERDICT_INVALID,
                   "the tiles do not lead to the signed root, nor from the remembered head of "
                   "size %" PRIu64,
                   old_size);
}

/* A tile's leaf hash is the truth when it has a proof to the signed root. */
static void report_entry(struct report *report, struct fetcher *fetcher,
                         const struct checkpoint *head, uint64_t index, const struct hash *leaf)
{
    struct err ignored = {0};
    struct proof proof;

    if (log_prove_inclusion(fetcher, &proof, head, index, leaf, &ignored))
        report_add(report, "entries", FINDING_FAILED, VERDICT_INVALID,
                   "entry %" PRIu64 " is damaged: it is not the one that the signed head covers",
                   index);
    else
        report_add(report, "entries", FINDING_FAILED, VERDICT_INVALID,
                   "entry %" PRIu64 " is not the one in its tile, and the tile does not fit the "
                   "signed head",
                   index);
}

/* Looks for the first difference within one bundle; true when it was found and reported. */
static bool compare_bundle(struct report *report, struct fetcher *fetcher,
                           const struct checkpoint *head, uint64_t bundle)
{
    struct tile_id id = {.level = 0, .index = bundle};
    unsigned width = tile_width(id, head->size);
    struct fetch_reply entries = {0};
    struct fetch_reply tile = {0};
    struct err err = {0};
    struct bytes rest;
    bool found = false;

    if (!tile_fetch(fetcher, &entries, id, width, true, &err) ||
        !tile_fetch(fetcher, &tile, id, width, false, &err) ||
        tile.body.len < (size_t)width * HASH_LEN) {
        report_add(report, "entries", FINDING_UNDECIDABLE, VERDICT_INVALID,
                   "bundle %" PRIu64 " cannot be compared with its tile", bundle);
        found = true;
    }
    rest = bytes_of_buf(&entries.body);
    for (unsigned i = 0; i < width && !found; i++) {
        struct hash expected;
        struct hash leaf;
        struct bytes entry;

        memcpy(expected.bytes, tile.body.data + (size_t)i * HASH_LEN, HASH_LEN);
        if (!bundle_next(&rest, &entry, &err))
            break;
        hash_leaf(&leaf, entry);
        if (hash_equal(&leaf, &expected))
            continue;
        report_entry(report, fetcher, head, bundle * TILE_WIDTH + i, &expected);
        found = true;
    }
    buf_cleanup(&entries.body);
    buf_cleanup(&tile.body);
    return found;
}

void audit_explain_entries(struct report *report, struct fetcher *fetcher,
                           const struct checkpoint *head, uint64_t begin)
{
    for (uint64_t bundle = begin / TILE_WIDTH; bundle * TILE_WIDTH < head->size; bundle++) {
        if (compare_bundle(report, fetcher, head, bundle))
            return;
    }
    report_add(report, "entries", FINDING_FAILED, VERDICT_INVALID,
               "every entry is the one in its tile, and yet they do not lead to the signed root: "
               "the tiles, or the state this began from, are wrong");
}
