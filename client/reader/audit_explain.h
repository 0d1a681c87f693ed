/* Why an audit's root is not the signed one: which entry is damaged, or whether history changed. */
#ifndef VOUCH_CLIENT_READER_AUDIT_EXPLAIN_H
#define VOUCH_CLIENT_READER_AUDIT_EXPLAIN_H

#include "client/fetch/fetch.h"
#include "client/verify/head.h"

/*
 * Reports under "history" whether the log's tiles show that head extends the remembered one: they
 * do; they show that it does not (diverges); or they do not tell.
 */
void audit_explain_history(struct report *report, struct fetcher *fetcher,
                           const struct checkpoint *remembered, const struct checkpoint *head);

/*
 * Reports under "entries" the first entry in [begin, head->size) that is not the one its leaf
 * hash in the log's tiles says, where the tile in turn fits the signed root.
 */
void audit_explain_entries(struct report *report, struct fetcher *fetcher,
                           const struct checkpoint *head, uint64_t begin);

#endif
