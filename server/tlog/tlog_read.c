#include "server/tlog/tlog_read.h"

#include <inttypes.h>

#include "merkle/frontier.h"
#include "schemas/note.h"
#include "server/tlog/head.h"

bool tlog_read_inclusion(struct store *store, struct proof *out, uint64_t index, uint64_t size,
                         struct err *err)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    size_t count = inclusion_plan(ids, index, size);

    if (!store_read_nodes(store, hashes, ids, count, err))
        return err_wrap(err, "inclusion of %" PRIu64 " in %" PRIu64, index, size);
    inclusion_prove(out, index, size, hashes);
    return true;
}

bool tlog_read_consistency(struct store *store, struct proof *out, uint64_t old_size,
                           uint64_t new_size, struct err *err)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    size_t count = consistency_plan(ids, old_size, new_size);

    if (!store_read_nodes(store, hashes, ids, count, err))
        return err_wrap(err, "consistency of %" PRIu64 " with %" PRIu64, old_size, new_size);
    consistency_prove(out, old_size, new_size, hashes);
    return true;
}

bool tlog_read_root(struct store *store, struct hash *out, uint64_t size, struct err *err)
{
    struct frontier frontier;
    struct node_id ids[64];
    struct hash hashes[64];
    size_t count = frontier_plan(ids, size);

    if (!store_read_nodes(store, hashes, ids, count, err))
        return err_wrap(err, "root of %" PRIu64, size);
    frontier_load(&frontier, size, hashes);
    frontier_root(&frontier, out);
    return true;
}

bool tlog_read_tile(struct store *store, struct buf *out, struct tile_id tile, unsigned width,
                    struct err *err)
{
    struct node_id ids[TILE_WIDTH];
    struct hash hashes[TILE_WIDTH];
    struct node_id first = tile_first_node(tile);

    CHECK(width >= 1 && width <= TILE_WIDTH);
    for (unsigned i = 0; i < width; i++)
        ids[i] = (struct node_id){.level = first.level, .index = first.index + i};
    if (!store_read_nodes(store, hashes, ids, width, err))
        return err_wrap(err, "tile %" PRIu64 " on level %u", tile.index, tile.level);
    buf_append(out, hashes, width * sizeof(hashes[0]));
    return true;
}

/* The one entry in a bundle that must hold one, without its length. */
static bool open_bundle_of_one(struct bytes *out, struct bytes bundle)
{
    if (bundle.len < 2 || read_be16(bundle.data) != bundle.len - 2)
        return false;
    *out = bytes_slice(bundle, 2, bundle.len);
    return true;
}

bool tlog_read_entry(struct store *store, struct buf *out, struct hash *out_leaf_hash,
                     uint64_t index, struct err *err)
{
    struct node_id id = {.level = 0, .index = index};
    struct buf bundle = {0};
    struct bytes entry;
    struct hash in_tree;
    struct hash computed;
    bool ok = store_read_entries(store, &bundle, index, index + 1, err) &&
              store_read_nodes(store, &in_tree, &id, 1, err);

    if (ok && !open_bundle_of_one(&entry, bytes_of_buf(&bundle)))
        ok = err_set(err, ERR_CORRUPT, "its length is wrong");
    if (ok) {
        hash_leaf(&computed, entry);
        ok = hash_equal(&computed, &in_tree) ||
             err_set(err, ERR_CORRUPT, "its bytes are not those in the tree");
    }
    if (ok) {
        buf_append_bytes(out, entry);
        if (out_leaf_hash != NULL)
            *out_leaf_hash = computed;
    }
    buf_cleanup(&bundle);
    return ok || err_wrap(err, "entry %" PRIu64, index);
}

void tlog_append_checkpoint(struct buf *out, const char *origin, uint32_t key_id,
                            const struct store_head *head)
{
    head_append_text(out, origin, head);
    buf_append_byte(out, '\n');
    note_append_signature(out, origin, key_id,
                          bytes_of(head->checkpoint_signature, STORE_SIGNATURE_LEN));
}
