#include "server/witnessing/fork_file.h"

#include "base/clock.h"
#include "client/verify/fork_proof.h"
#include "merkle/prefix.h"
#include "server/tlog/tlog_read.h"

/* What the store's tree says its first old_size entries are; nothing between equal sizes. */
static bool read_path(struct proof *out, struct store *store, uint64_t old_size,
                      uint64_t new_size, struct err *err)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    size_t count;

    out->count = 0;
    if (old_size == 0 || old_size >= new_size)
        return true;
    count = prefix_plan(ids, old_size, new_size);
    if (!store_read_nodes(store, hashes, ids, count, err))
        return false;
    prefix_prove(out, old_size, new_size, hashes);
    return true;
}

static bool make(struct buf *out, const struct conflict_log *log, struct bytes ours,
                 const struct store_head *head, const struct fork_side *theirs, struct err *err)
{
    struct fork_side side = {.note = ours};
    struct checkpoint checkpoint;
    struct fork_proof proof;
    struct proof path;

    if (!checkpoint_open(&checkpoint, theirs->note, log->verifier, err) ||
        !read_path(&path, log->store, checkpoint.size, head->size, err) ||
        !fork_proof_make(&proof, theirs, &side, path.count > 0 ? &path : NULL, err))
        return false;
    fork_proof_append(out, &proof);
    return true;
}

bool fork_file_append(struct buf *out, const struct conflict_log *log, struct bytes note,
                      const char *observer, struct err *err)
{
    struct fork_side theirs = {.note = note,
                               .observer = observer,
                               .seen_s = clock_unix_ms(clock_system()) / 1000};
    struct store_head head;
    struct buf ours = {0};
    bool ok = store_read_head(log->store, &head, err);

    if (ok) {
        tlog_append_checkpoint(&ours, log->verifier->name, log->verifier->key_id, &head);
        ok = make(out, log, bytes_of_buf(&ours), &head, &theirs, err);
    }
    buf_cleanup(&ours);
    return ok;
}
