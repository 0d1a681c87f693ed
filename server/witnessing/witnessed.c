#include "server/witnessing/witnessed.h"

#include <stdlib.h>

#include "base/diag.h"
#include "base/file.h"
#include "merkle/hash.h"
#include "server/tlog/tlog_read.h"

static void witnessed_view_free(struct snapshot *snapshot)
{
    struct witnessed_view *view = (struct witnessed_view *)snapshot;

    buf_cleanup(&view->checkpoint);
    free(view);
}

struct witnessed_view *witnessed_view_new(const struct rounds *rounds)
{
    const struct round *round = rounds_witnessed(rounds);
    struct witnessed_view *view = mem_alloc(sizeof(*view));

    snapshot_init(&view->snapshot, witnessed_view_free);
    view->needs_quorum = rounds->policy->has_quorum;
    view->exists = round != NULL;
    if (round == NULL)
        return view;
    view->head = round->head;
    view->witnessed_at_ms = round->witnessed_at_ms;
    view->cosigner_count = round->cosigner_count;
    buf_append_bytes(&view->checkpoint, bytes_of_buf(&round->note));
    hash_sha256(&view->checkpoint_hash, bytes_of_buf(&view->checkpoint));
    return view;
}

void witnessed_tell_tlog(struct snapshot_view *view, struct tlog *tlog)
{
    const struct witnessed_view *newest;
    struct seal_witnessed witnessed;

    if (view->cell == NULL)
        return;
    newest = (const struct witnessed_view *)snapshot_view_refresh(view);
    if (!newest->exists || !newest->needs_quorum)
        return;
    witnessed = (struct seal_witnessed){.size = newest->head.size,
                                        .witnessed_at_ms = newest->witnessed_at_ms,
                                        .checkpoint_hash = newest->checkpoint_hash};
    tlog_set_witnessed(tlog, &witnessed);
}

bool witnessed_save(const char *path, const struct witnessed_view *view, struct err *err)
{
    return file_write_durable(path, bytes_of_buf(&view->checkpoint), 0644, err);
}

/* Only heads that were signed have cosignatures, and the store has those all. */
static bool find_head(struct store_head *out, const struct conflict_log *log, struct bytes note,
                      struct err *err)
{
    struct checkpoint checkpoint;

    return checkpoint_open(&checkpoint, note, log->verifier, err) &&
           store_seek_head(log->store, out, checkpoint.size, err) &&
           ((out->size == checkpoint.size && hash_equal(&out->root, &checkpoint.root)) ||
            err_set(err, ERR_NOT_FOUND, "the store has no such head"));
}

static void restore(struct rounds *rounds, const struct conflict_log *log,
                    const struct store_head *head, struct bytes note)
{
    struct buf checkpoint = {0};

    tlog_append_checkpoint(&checkpoint, log->verifier->name, log->verifier->key_id, head);
    rounds_restore(rounds, head, bytes_of_buf(&checkpoint), note);
    buf_cleanup(&checkpoint);
}

bool witnessed_load(struct rounds *rounds, const char *path, const struct conflict_log *log,
                    struct err *err)
{
    struct err unfit = {0};
    struct buf note = {0};
    struct store_head head;

    if (!file_exists(path))
        return true;
    if (!file_read(&note, path, NOTE_LEN_MAX, err))
        return false;
    if (find_head(&head, log, bytes_of_buf(&note), &unfit))
        restore(rounds, log, &head, bytes_of_buf(&note));
    else
        diag_warn("witnessed-not-loaded", "%s: %s", path, unfit.text);
    buf_cleanup(&note);
    return true;
}
