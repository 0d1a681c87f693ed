/* Facts as the store in memory keeps them: rows sorted by key. */
#ifndef VOUCH_TESTS_SUPPORT_MEMORY_FACTS_H
#define VOUCH_TESTS_SUPPORT_MEMORY_FACTS_H

#include "server/store/store.h"

struct memory_fact {
    struct buf key;
    struct buf value;
};

struct memory_facts {
    struct memory_fact *rows;
    size_t count;
    size_t capacity;
};

void memory_facts_cleanup(struct memory_facts *facts);
struct memory_facts memory_facts_copy(const struct memory_facts *facts);

void memory_facts_put(struct memory_facts *facts, const struct store_fact *fact);
bool memory_facts_get(const struct memory_facts *facts, struct bytes key, struct bytes *out);
void memory_facts_scan(const struct memory_facts *facts, const struct store_fact_range *range,
                       store_fact_fn visit, void *context);

#endif
