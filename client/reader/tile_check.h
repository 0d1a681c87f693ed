/* Whether the tiles of a copy are those of the signed tree, and which one is not. */
#ifndef VOUCH_CLIENT_READER_TILE_CHECK_H
#define VOUCH_CLIENT_READER_TILE_CHECK_H

#include "client/fetch/fetch.h"
#include "client/verify/head.h"

/*
 * Reads every tile of the tree that head signs and reports under "tiles" that all of them are
 * covered by it, or the first one that is damaged (invalid) or missing (incomplete).
 */
void tile_check_all(struct report *report, struct fetcher *fetcher, const struct checkpoint *head);

#endif
