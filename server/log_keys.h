/* The private keys of a log, and the issuers it trusts, as the configuration names them. */
#ifndef VOUCH_SERVER_LOG_KEYS_H
#define VOUCH_SERVER_LOG_KEYS_H

#include "schemas/key.h"
#include "server/config.h"
#include "server/http/issuers.h"
#include "server/store/store.h"

struct log_keys {
    struct signer *checkpoint;
    struct signer *receipt; /* NULL in opaque logs, like log */
    struct signer *log;
};

/* Refuses keys of the wrong type and the same key for two purposes. */
MUST_USE bool log_keys_open(struct log_keys *out, const struct config *config, enum log_kind kind,
                            struct err *err);
void log_keys_close(struct log_keys *keys); /* accepts a zeroed struct */

/* The configured issuers; refuses (ERR_REFUSED) one that has a key of the log itself. */
MUST_USE bool log_keys_load_issuers(struct issuers **out, const struct log_keys *keys,
                                    const struct config *config, struct err *err);

#endif
