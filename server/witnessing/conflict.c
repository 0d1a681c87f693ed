#include "server/witnessing/conflict.h"

#include <inttypes.h>

#include "base/file.h"
#include "server/tlog/tlog_read.h"

static bool compare_roots(struct err *out_reason, const struct conflict_log *log,
                          const struct checkpoint *checkpoint, struct err *err)
{
    struct hash root;

    if (!tlog_read_root(log->store, &root, checkpoint->size, err))
        return err_wrap(err, "compare with the signed head of size %" PRIu64, checkpoint->size);
    if (!hash_equal(&root, &checkpoint->root))
        err_set(out_reason, ERR_REFUSED,
                "this log signed another tree of size %" PRIu64 " than the store holds",
                checkpoint->size);
    return true;
}

/* What is committed, not what is published: a head may be seen by others before this thread is
 * told of it. */
bool conflict_judge(struct err *out_reason, const struct conflict_log *log, struct bytes note,
                    struct err *err)
{
    struct checkpoint checkpoint;
    struct store_head head;

    if (!checkpoint_open(&checkpoint, note, log->verifier, err) ||
        !store_read_head(log->store, &head, err))
        return false;
    if (checkpoint.size <= head.size)
        return compare_roots(out_reason, log, &checkpoint, err);
    err_set(out_reason, ERR_REFUSED,
            "this log signed a head of size %" PRIu64 ", the store holds size %" PRIu64
            ": it went back in time",
            checkpoint.size, head.size);
    return true;
}

bool conflict_judge_file(struct err *out_reason, const struct conflict_log *log, const char *path,
                         struct err *err)
{
    struct buf note = {0};
    bool ok = true;

    if (file_exists(path))
        ok = file_read(&note, path, NOTE_LEN_MAX, err) &&
             conflict_judge(out_reason, log, bytes_of_buf(&note), err);
    buf_cleanup(&note);
    if (out_reason->code != ERR_NONE)
        err_wrap(out_reason, "%s", path);
    return ok || err_wrap(err, "%s", path);
}
