/* Columns of tables: texts of others, written with plain_text.h, padded or cut to a width. */
#ifndef VOUCH_CLIENT_CELL_H
#define VOUCH_CLIENT_CELL_H

#include "base/bytes.h"

/* Appends text in at most columns columns, cut with "..." (columns >= 3) where it is longer. */
void cell_append(struct buf *out, struct bytes text, size_t columns);

/* The same, padded with blanks to exactly columns columns. */
void cell_append_padded(struct buf *out, struct bytes text, size_t columns);

/* How many columns the whole text takes, counted to columns_max at most. */
size_t cell_columns(struct bytes text, size_t columns_max);

#endif
