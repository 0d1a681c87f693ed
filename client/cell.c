#include "client/cell.h"

#include "client/plain_text.h"

static const char CUT[] = "...";

enum { CUT_COLUMNS = sizeof(CUT) - 1 };

size_t cell_columns(struct bytes text, size_t columns_max)
{
    struct buf shown = {0};
    size_t columns = 0;

    while (text.len > 0 && columns < columns_max) {
        buf_clear(&shown);
        columns += plain_text_next(&shown, &text);
    }
    buf_cleanup(&shown);
    return columns < columns_max ? columns : columns_max;
}

/* Appends the characters that fit; the answer is how many columns they take. */
static size_t append_fitting(struct buf *out, struct bytes text, size_t columns)
{
    struct buf shown = {0};
    size_t used = 0;

    while (text.len > 0) {
        size_t wanted;

        buf_clear(&shown);
        wanted = plain_text_next(&shown, &text);
        if (used + wanted > columns)
            break;
        buf_append_bytes(out, bytes_of_buf(&shown));
        used += wanted;
    }
    buf_cleanup(&shown);
    return used;
}

static size_t append(struct buf *out, struct bytes text, size_t columns)
{
    CHECK(columns >= CUT_COLUMNS);
    if (cell_columns(text, columns + 1) <= columns)
        return append_fitting(out, text, columns);
    columns = append_fitting(out, text, columns - CUT_COLUMNS);
    buf_append_text(out, CUT);
    return columns + CUT_COLUMNS;
}

void cell_append(struct buf *out, struct bytes text, size_t columns)
{
    append(out, text, columns);
}

void cell_append_padded(struct buf *out, struct bytes text, size_t columns)
{
    size_t used = append(out, text, columns);

    buf_append_format(out, "%*s", (int)(columns - used), "");
}
