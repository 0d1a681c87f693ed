/* What vouchd does to a log that is not being served. */
#ifndef VOUCH_SERVER_OFFLINE_H
#define VOUCH_SERVER_OFFLINE_H

#include "server/config.h"
#include "server/issuer_argument.h"

/* Rewrites the database of the log's store so that nothing outdated takes space in it. */
MUST_USE bool offline_compact(const struct config *config, struct err *err);

/* The log says that it trusts these issuers from now on: one more entry. */
MUST_USE bool offline_trust(const struct config *config, struct issuer_argument *issuers,
                            size_t count, struct err *err);

#endif
