/* What vouchd does to a log that is not being served. */
#ifndef VOUCH_SERVER_OFFLINE_H
#define VOUCH_SERVER_OFFLINE_H

#include "server/config.h"
#include "server/issuer_argument.h"
#include "server/store/store_reindex.h"

/* Rewrites the database of the log's store so that nothing outdated takes space in it. */
MUST_USE bool offline_compact(const struct config *config, struct err *err);

/*
 * Makes indexes and facts again from the entries, in a database that then takes the place of the
 * log's. Whatever happens on the way, the log opens as before until that moment.
 */
MUST_USE bool offline_reindex(const struct config *config, struct err *err);

/* As offline_reindex, but only compares what it made with what is there. */
MUST_USE bool offline_check_index(const struct config *config,
                                  struct store_reindex_differences *out, struct err *err);

/* The log says that it trusts these issuers from now on: one more entry. */
MUST_USE bool offline_trust(const struct config *config, struct issuer_argument *issuers,
                            size_t count, struct err *err);

#endif
