/* The second half of the pipeline: a verified receipt for everything that was admitted. */
#ifndef VOUCH_CLIENT_SUBMIT_RECEIPTS_H
#define VOUCH_CLIENT_SUBMIT_RECEIPTS_H

#include "client/submit/pipeline.h"

/* Asks for receipts, as many at once as there are slots. */
MUST_USE bool receipts_start(struct pipeline *pipeline, uint64_t now_ns, struct err *err);

/*
 * Fetches the log's keys again when a receipt named an unknown one. The new set must still hold a
 * key of the old one, else the log is not the one this run began with: ERR_REFUSED.
 */
MUST_USE bool receipts_refresh_keys(struct pipeline *pipeline, struct err *err);

/* Retired keys stay published, so two key sets of one log have a key in common. */
bool receipts_same_log(const struct key_set *known, const struct key_set *fresh);

#endif
