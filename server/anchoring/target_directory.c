/* A directory elsewhere: mounted, synchronised or write-once. Nothing in it is ever overwritten. */
#include "server/anchoring/anchor_target.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"

/* It may be there from before a crash. */
static bool is_there(const char *path, struct bytes note, struct err *err)
{
    struct buf content = {0};
    bool ok = file_read(&content, path, NOTE_LEN_MAX, err);

    if (ok && !bytes_equal(bytes_of_buf(&content), note))
        ok = err_set(err, ERR_REFUSED, "%s: holds something else", path);
    buf_cleanup(&content);
    return ok;
}

/* The directory is not made: where a disk is not mounted, that is an error. */
bool anchor_to_directory(struct anchor_success *out, const struct anchor_attempt *attempt,
                         struct err *err)
{
    struct buf name = {0};
    char *path;
    bool ok;

    anchor_append_object_name(&name, attempt->head);
    path = mem_format("%s/%s", attempt->target->options->path, buf_text(&name));
    ok = file_exists(path) ? is_there(path, attempt->note, err)
                           : file_create_durable(path, attempt->note, 0444, err);
    if (ok)
        text_append_percent(&out->location, bytes_of_text(path), "/");
    free(path);
    buf_cleanup(&name);
    return ok;
}
