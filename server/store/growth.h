/*
 * How the tree on disk grows, node by node, and how an opening gets back what no file holds: the
 * right edge, and tiles that were written but perhaps never reached the disk.
 */
#ifndef VOUCH_SERVER_STORE_GROWTH_H
#define VOUCH_SERVER_STORE_GROWTH_H

#include "server/store/reader.h"

/*
 * Brings edge and tile files from tiles_size, up to which full tiles are on disk, to the head.
 * Reads the entries in between, at most one tile each of the levels above, and syncs nothing.
 * ERR_CORRUPT when what it reads does not lead to the head's root.
 */
MUST_USE bool growth_rebuild(const struct reader *reader, uint64_t tiles_size,
                           const struct store_head *head, struct err *err);

/* Adds a complete node to the edge; a tile it completes goes to its file. */
MUST_USE bool growth_append(const struct reader *reader, const struct node *node, struct err *err);

#endif
