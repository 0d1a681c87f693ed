#include "client/tail/stream_check.h"

#include <inttypes.h>

/* The right edge of the tree of this size, as its tiles have it: the next checkpoint judges it. */
static bool load_frontier(struct stream_check *check, uint64_t size, struct err *err)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    struct tile_reader tiles;
    bool ok;

    if (check->has_frontier)
        return true;
    tile_reader_init(&tiles, check->fetcher, size);
    ok = tile_reader_nodes(&tiles, hashes, ids, frontier_plan(ids, size), err);
    tile_reader_cleanup(&tiles);
    if (ok)
        frontier_load(&check->frontier, size, hashes);
    check->has_frontier = ok;
    return ok;
}

static bool check_entry(struct stream_check *check, const struct row *row, struct err *err)
{
    struct node nodes[PLAN_NODES_MAX];

    if (!check->is_whole)
        return true;
    if (!load_frontier(check, row->index, err))
        return false;
    frontier_append(&check->frontier, nodes, &row->entry_id);
    return true;
}

static bool read_checkpoint(const struct stream_check *check, struct checkpoint *out,
                            const struct told *told, struct err *err)
{
    struct bytes root = field_bytes(field_get(told->checkpoint, "root"));
    struct head head;

    if (!head_open(&head, field_text(field_get(told->checkpoint, "checkpoint")), check->policy,
                   err))
        return false;
    *out = head.checkpoint;
    if (!head.is_signed)
        return err_set(err, ERR_CORRUPT,
                       "the checkpoint of size %" PRIu64 " is not signed by a log you trust",
                       told->size);
    return (out->size == told->size && bytes_equal(root, hash_bytes(&out->root))) ||
           err_set(err, ERR_CORRUPT, "the checkpoint of size %" PRIu64 " is of another tree",
                   told->size);
}

/* A failure to read tiles leaves everything as it was. */
static bool check_history(struct stream_check *check, const struct checkpoint *checkpoint,
                          struct err *err)
{
    struct proof proof;
    struct hash root;

    if (!check->is_whole)
        return !check->has_last || log_prove_consistency(check->fetcher, &proof, &check->last,
                                                         checkpoint, err);
    if (!load_frontier(check, checkpoint->size, err))
        return false;
    frontier_root(&check->frontier, &root);
    return hash_equal(&root, &checkpoint->root) ||
           err_set(err, ERR_CORRUPT,
                   "the entries shown do not lead to the signed checkpoint of size %" PRIu64,
                   checkpoint->size);
}

bool stream_check_told(struct stream_check *check, const struct told *told, struct err *err)
{
    struct checkpoint checkpoint;

    if (told->is_entry)
        return check_entry(check, &told->row, err);
    if (!read_checkpoint(check, &checkpoint, told, err) ||
        !check_history(check, &checkpoint, err))
        return false;
    check->last = checkpoint;
    check->has_last = true;
    return true;
}
