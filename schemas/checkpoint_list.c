#include "schemas/checkpoint_list.h"

#include <string.h>

void checkpoint_list_append(struct buf *out, size_t begin, struct bytes note)
{
    if (out->len > begin)
        buf_append_byte(out, '\n');
    buf_append_bytes(out, note);
}

/* Where the next empty line is, from `from` on: behind the line before it. False: there is none. */
static bool find_empty_line(size_t *out, struct bytes text, size_t from)
{
    const uint8_t *found = memmem(text.data + from, text.len - from, "\n\n", 2);

    if (found == NULL)
        return false;
    *out = (size_t)(found - text.data) + 1;
    return true;
}

bool checkpoint_list_next(struct bytes *rest, struct bytes *out_note, struct err *err)
{
    size_t text_end;
    size_t note_end;

    if (rest->len == 0 || !find_empty_line(&text_end, *rest, 0))
        return err_set(err, ERR_INVALID, "a checkpoint without an empty line");
    if (find_empty_line(&note_end, *rest, text_end + 1)) {
        *out_note = bytes_slice(*rest, 0, note_end);
        *rest = bytes_slice(*rest, note_end + 1, rest->len);
        if (rest->len == 0)
            return err_set(err, ERR_INVALID, "an empty line after the last checkpoint");
    } else {
        *out_note = *rest;
        *rest = (struct bytes){0};
    }
    return true;
}
