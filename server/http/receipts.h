/* Receipts for requests: built into the request's scratch buffer. */
#ifndef VOUCH_SERVER_HTTP_RECEIPTS_H
#define VOUCH_SERVER_HTTP_RECEIPTS_H

#include "server/http/service.h"

/*
 * The receipt of the entry at index in the newest published head; of a request that has waited for
 * witnesses, and not in vain, in the newest witnessed one.
 */
MUST_USE bool receipts_build_newest(struct request *request, uint64_t index, struct err *err);

/*
 * The head that was signed at exactly this size; a problem naming the next one otherwise. size is
 * at most the published one.
 */
MUST_USE bool receipts_find_head(struct request *request, struct store_head *out, uint64_t size,
                                 struct problem *problem);

/* Looks up an entry by its id (path parameter 0) among the published ones. */
MUST_USE bool receipts_find_entry(struct request *request, uint64_t *out_index,
                                  struct problem *problem);

#endif
