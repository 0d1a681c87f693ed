/* The flags of one entry, taken from the seal of its commit. */
#ifndef VOUCH_SERVER_HTTP_ENTRY_FLAGS_H
#define VOUCH_SERVER_HTTP_ENTRY_FLAGS_H

#include "server/store/store.h"

/*
 * Appends the map {"RULE/code": [record numbers]} to out, or nothing when the entry has no flag.
 * head is the one of the entry's commit; evidence logs.
 */
MUST_USE bool entry_flags_append(struct buf *out, struct store *store,
                                 const struct store_head *head, uint64_t index, struct err *err);

#endif
