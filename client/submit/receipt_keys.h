/* The log's receipt keys for a receipts directory: given by the user, or asked for and kept. */
#ifndef VOUCH_CLIENT_SUBMIT_RECEIPT_KEYS_H
#define VOUCH_CLIENT_SUBMIT_RECEIPT_KEYS_H

#include "client/fetch/fetch.h"
#include "client/submit/outbox.h"
#include "schemas/key_set.h"

/* Files with receipt keys, borrowed; none: the log is asked. */
struct key_files {
    const char *const *paths;
    size_t count;
};

/*
 * Fills out with the keys of the files; without files with the log's, which are kept in the
 * directory. A directory belongs to one log: ERR_REFUSED when the keys kept in it are not among the
 * log's any more.
 */
MUST_USE bool receipt_keys_load(struct key_set *out, const struct outbox *outbox,
                                struct fetcher *fetcher, const struct key_files *files,
                                unsigned retry_ms, struct err *err);

#endif
