/* The private keys of a log, as the configuration names them. */
#ifndef VOUCH_SERVER_LOG_KEYS_H
#define VOUCH_SERVER_LOG_KEYS_H

#include "schemas/key.h"
#include "server/config.h"
#include "server/store/store.h"

struct log_keys {
    struct signer *checkpoint;
    struct signer *receipt; /* NULL in opaque logs, like what follows */
    struct signer *log;
    struct signer *intake;
};

/* Refuses keys of the wrong type and the same key for two purposes. */
MUST_USE bool log_keys_open(struct log_keys *out, const struct config *config, enum log_kind kind,
                            struct err *err);
void log_keys_close(struct log_keys *keys); /* accepts a zeroed struct */

#endif
