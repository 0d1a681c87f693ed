/* A directory elsewhere: mounted, synchronised or write-once. Nothing in it is ever overwritten. */
#include "server/anchoring/anchor_target.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

/* A signed head up to the log's own signature, which is the first: cosignatures come later. */
static struct bytes without_cosignatures(struct bytes note)
{
    const uint8_t *text_end = memmem(note.data, note.len, "\n\n", 2);
    size_t begin = text_end == NULL ? note.len : (size_t)(text_end - note.data) + 2;
    const uint8_t *line_end = memchr(note.data + begin, '\n', note.len - begin);

    return line_end == NULL ? note : bytes_of(note.data, (size_t)(line_end - note.data) + 1);
}

/* It may be there from before a crash, with other cosignatures. */
static bool is_there(const char *path, struct bytes note, struct err *err)
{
    struct buf content = {0};
    bool ok = file_read(&content, path, NOTE_LEN_MAX, err);

    if (ok && !bytes_equal(without_cosignatures(bytes_of_buf(&content)),
                           without_cosignatures(note)))
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
