#include "tools/load/post.h"

#include <string.h>

#include "base/file.h"

enum { BODY_FILE_LEN_MAX = 8 * 1024 * 1024 };

bool post_prepare(struct work *work, struct err *err)
{
    const struct work_options *options = &work->options;
    struct buf body = {0};

    if (options->path == NULL || options->body_path == NULL || options->expected == NULL)
        return err_set(err, ERR_INVALID, "--path, --body-file and --expect are needed");
    if (!file_read(&body, options->body_path, BODY_FILE_LEN_MAX, err))
        return false;
    work_append_post_head(work, &work->bodies, options->path, options->body_type, body.len);
    buf_append_bytes(&work->bodies, bytes_of_buf(&body));
    buf_cleanup(&body);
    return true;
}

bool post_next(struct work *work, size_t connection, struct buf *request)
{
    (void)connection;
    buf_append_bytes(request, bytes_of_buf(&work->bodies));
    return true;
}

bool post_check(struct work *work, size_t connection, const struct reply *reply, struct err *err)
{
    const char *expected = work->options.expected;

    (void)connection;
    if (reply->status != 200 ||
        memmem(reply->body.data, reply->body.len, expected, strlen(expected)) == NULL)
        return err_set(err, ERR_INVALID, "status %d, no \"%s\"", reply->status, expected);
    return true;
}
