#include "client/submit/receipt_keys.h"

#include <stdlib.h>

#include "base/file.h"
#include "client/reader/log_reader.h"
#include "client/submit/receipts.h"
#include "client/trust_files.h"

static bool keys_from_directory(struct key_set *out, const struct outbox *outbox, struct err *err)
{
    char *path = outbox_path(outbox, "scitt-keys", "");
    bool ok = !file_exists(path) || key_file_load(out, path, err);

    free(path);
    return ok;
}

static bool keys_from_log(struct key_set *out, const struct outbox *outbox,
                          struct fetcher *fetcher, unsigned retry_ms, struct err *err)
{
    struct key_set kept = {0};
    struct buf body = {0};
    bool ok = keys_from_directory(&kept, outbox, err) &&
              log_read_keys(fetcher, out, &body, retry_ms, err);

    if (ok && kept.count > 0 && !receipts_same_log(&kept, out))
        ok = err_set(err, ERR_REFUSED,
                     "%s holds receipts of another log: its keys are not this log's",
                     outbox->directory);
    ok = ok && outbox_keep_keys(outbox, bytes_of_buf(&body), err);
    key_set_cleanup(&kept);
    buf_cleanup(&body);
    return ok;
}

bool receipt_keys_load(struct key_set *out, const struct outbox *outbox, struct fetcher *fetcher,
                       const struct key_files *files, unsigned retry_ms, struct err *err)
{
    for (size_t i = 0; i < files->count; i++) {
        if (!key_file_load(out, files->paths[i], err))
            return false;
    }
    return files->count > 0 || keys_from_log(out, outbox, fetcher, retry_ms, err);
}
