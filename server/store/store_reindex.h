/*
 * A second database beside a store's own, in which everything that follows from the entries is
 * written again, and which then takes the place of the first in one step. Until then the store is
 * as it was: giving up, or being killed, leaves at most a directory that the next attempt removes.
 */
#ifndef VOUCH_SERVER_STORE_STORE_REINDEX_H
#define VOUCH_SERVER_STORE_STORE_REINDEX_H

#include "server/store/store_leveldb.h"

struct store_reindex;

/* Begins with no rows; the store may be open, and its entries be read meanwhile. */
MUST_USE bool store_reindex_begin(struct store_reindex **out,
                                  const struct store_leveldb_options *options, struct err *err);

/* Without store_reindex_finish: gives up. Accepts NULL. */
void store_reindex_close(struct store_reindex *reindex);

/* As store_get_fact, of the facts added so far. */
MUST_USE bool store_reindex_get_fact(struct store_reindex *reindex, struct bytes key,
                                     struct buf *out, bool *out_found, struct err *err);

/* What follows from the next entries; a fact that is added again gets the new value. */
struct store_reindex_rows {
    const struct store_key *keys;
    size_t key_count;
    const struct store_fact *facts;
    size_t fact_count;
};
MUST_USE bool store_reindex_add(struct store_reindex *reindex,
                                const struct store_reindex_rows *rows, struct err *err);

/* How the store's rows differ from those added. */
struct store_reindex_differences {
    uint64_t missing; /* the store lacks it */
    uint64_t changed; /* the store has another value */
    uint64_t foreign; /* only the store has it */
};

/*
 * Both for when the rows of all entries below size have been added and the store was closed:
 * ERR_BUSY when somebody has opened it, ERR_REFUSED when it does not have this size.
 */
MUST_USE bool store_reindex_compare(struct store_reindex *reindex, uint64_t size,
                                    struct store_reindex_differences *out, struct err *err);
MUST_USE bool store_reindex_finish(struct store_reindex *reindex, uint64_t size, struct err *err);

#endif
