/* Prefix proofs (merkle/prefix.h) made from a log's tiles. */
#ifndef VOUCH_CLIENT_READER_PREFIX_READER_H
#define VOUCH_CLIENT_READER_PREFIX_READER_H

#include "client/fetch/fetch.h"
#include "merkle/node.h"

/*
 * What the tiles of new_size say of their first old_size entries; 0 < old_size < new_size. Nothing
 * is verified: the caller follows the path and compares its end with a signed root.
 */
MUST_USE bool log_read_prefix(struct fetcher *fetcher, struct proof *out, uint64_t old_size,
                              uint64_t new_size, struct err *err);

#endif
