/* The rows that follow from the entries alone: the indexes by hash, and the facts. */
#ifndef VOUCH_SERVER_STORE_DERIVED_ROWS_H
#define VOUCH_SERVER_STORE_DERIVED_ROWS_H

#include "base/database/database.h"
#include "server/store/format.h"

void derived_rows_put_keys(struct database_batch *batch, const struct store_key *keys,
                           size_t count);
void derived_rows_put_facts(struct database_batch *batch, const struct store_fact *facts,
                            size_t count);

/* The first bytes of their keys, each a kind of row; ends with 0. */
extern const char DERIVED_ROWS_KINDS[];

#endif
