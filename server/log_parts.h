/* The parts of a log below HTTP, opened in their order: store, keys, schema, head file, log core. */
#ifndef VOUCH_SERVER_LOG_PARTS_H
#define VOUCH_SERVER_LOG_PARTS_H

#include "schemas/record_schema.h"
#include "server/log_keys.h"
#include "server/store/store_leveldb.h"
#include "server/tlog/tlog.h"
#include "server/witnessing/witnessing.h"

struct log_parts {
    struct store *store;
    struct store_identity_card card;
    struct log_keys keys;
    struct record_schema *record_schema; /* NULL in opaque logs */
    struct head_cell *head_cell;
    struct tlog *tlog;
};

/* On failure everything is closed again. */
MUST_USE bool log_parts_open(struct log_parts *out, const struct config *config, struct err *err);
void log_parts_close(struct log_parts *parts); /* accepts a zeroed struct */

struct store_leveldb_options log_parts_store_options(const struct config *config);

/* store: NULL when it is not needed. */
struct witnessing_options log_parts_witnessing_options(const struct config *config,
                                                       struct store *store,
                                                       const struct log_keys *keys);

MUST_USE bool log_parts_load_schema(struct record_schema **out, const struct config *config,
                                    struct err *err);

#endif
