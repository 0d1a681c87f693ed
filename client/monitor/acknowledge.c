#include "client/monitor/acknowledge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

static char *path_of(const char *directory, uint64_t number)
{
    return mem_format("%s/acknowledge-%" PRIu64, directory, number);
}

bool acknowledge_ask(const char *directory, uint64_t number, const char *reason, struct err *err)
{
    struct bytes text = bytes_of_text(reason);
    char *mark = mem_format("%s/database/CURRENT", directory);
    char *path = path_of(directory, number);
    bool ok;

    if (text.len > ACKNOWLEDGE_REASON_LEN_MAX || !text_is_utf8(text))
        ok = err_set(err, ERR_INVALID, "a reason is at most %d bytes of UTF-8",
                     ACKNOWLEDGE_REASON_LEN_MAX);
    else if (!file_exists(mark))
        ok = err_set(err, ERR_NOT_FOUND, "%s is not the directory of a monitor", directory);
    else
        ok = file_write_durable(path, text, 0600, err);
    free(mark);
    free(path);
    return ok;
}

bool acknowledge_is_asked(const char *directory, uint64_t number, struct buf *out_reason)
{
    char *path = path_of(directory, number);
    struct err ignored = {0};
    bool is_asked = file_exists(path) &&
                    file_read(out_reason, path, ACKNOWLEDGE_REASON_LEN_MAX, &ignored);

    free(path);
    return is_asked;
}

void acknowledge_forget(const char *directory, uint64_t number)
{
    char *path = path_of(directory, number);

    (void)unlink(path);
    free(path);
}
