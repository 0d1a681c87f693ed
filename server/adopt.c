#include "server/adopt.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "server/log_parts.h"
#include "server/tlog/head_file.h"
#include "server/witnessing/confirm.h"

static bool confirm(struct log_parts *log, const struct config *config, struct err *err)
{
    struct witnessing_options options =
        log_parts_witnessing_options(config, log->store, &log->keys);
    struct err reason = {0};

    witnessing_recall(&reason, &options);
    if (reason.code != ERR_NONE) {
        *err = reason;
        return false;
    }
    return witnessing_confirm(&options, tlog_head(log->tlog), ADOPT_PATIENCE_MS, err);
}

static bool adopt(struct log_parts *log, const struct config *config, struct err *err)
{
    const char *reason = tlog_read_only_reason(log->tlog);

    if (reason == NULL)
        return err_set(err, ERR_INVALID, "the store is what was published last: nothing to adopt");
    if (!confirm(log, config, err) || !tlog_adopt(log->tlog, err))
        return false;
    diag_info("adopted", "size=%" PRIu64, tlog_head(log->tlog)->size);
    return true;
}

/* A head file that says nothing: the log opens with it, and signs nothing. */
static bool create_empty_head_file(const char *path, struct err *err)
{
    struct buf zeros = {0};
    bool ok;

    buf_extend(&zeros, HEAD_FILE_LEN);
    for (size_t i = 0; i < zeros.len; i++)
        zeros.data[i] = 0;
    ok = file_create_durable(path, bytes_of_buf(&zeros), 0600, err);
    buf_cleanup(&zeros);
    return ok;
}

bool adopt_store(const struct config *config, struct err *err)
{
    bool had_head_file = file_exists(config->head_file);
    struct log_parts log = {0};
    bool ok = (had_head_file || create_empty_head_file(config->head_file, err)) &&
              log_parts_open(&log, config, err) && adopt(&log, config, err);

    log_parts_close(&log);
    if (!ok && !had_head_file)
        unlink(config->head_file);
    return ok;
}
