#include "tests/support/memory_facts.h"

#include <stdlib.h>
#include <string.h>

/* The number of rows whose keys are before key. */
static size_t lower_bound(const struct memory_facts *facts, struct bytes key)
{
    size_t begin = 0;
    size_t end = facts->count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;

        if (bytes_compare(bytes_of_buf(&facts->rows[middle].key), key) < 0)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

static bool is_at(const struct memory_facts *facts, size_t at, struct bytes key)
{
    return at < facts->count && bytes_equal(bytes_of_buf(&facts->rows[at].key), key);
}

static void insert(struct memory_facts *facts, size_t at, struct bytes key)
{
    if (facts->count == facts->capacity) {
        facts->capacity = facts->capacity == 0 ? 64 : facts->capacity * 2;
        facts->rows = mem_realloc_array(facts->rows, facts->capacity, sizeof(*facts->rows));
    }
    memmove(facts->rows + at + 1, facts->rows + at, (facts->count - at) * sizeof(*facts->rows));
    facts->rows[at] = (struct memory_fact){0};
    buf_append_bytes(&facts->rows[at].key, key);
    facts->count++;
}

void memory_facts_put(struct memory_facts *facts, const struct store_fact *fact)
{
    size_t at = lower_bound(facts, fact->key);

    if (!is_at(facts, at, fact->key))
        insert(facts, at, fact->key);
    buf_clear(&facts->rows[at].value);
    buf_append_bytes(&facts->rows[at].value, fact->value);
}

bool memory_facts_get(const struct memory_facts *facts, struct bytes key, struct bytes *out)
{
    size_t at = lower_bound(facts, key);

    if (!is_at(facts, at, key))
        return false;
    *out = bytes_of_buf(&facts->rows[at].value);
    return true;
}

void memory_facts_scan(const struct memory_facts *facts, const struct store_fact_range *range,
                       store_fact_fn visit, void *context)
{
    bool has_from = bytes_compare(range->from, range->prefix) > 0;
    size_t at = lower_bound(facts, has_from ? range->from : range->prefix);

    for (; at < facts->count; at++) {
        struct store_fact fact = {bytes_of_buf(&facts->rows[at].key),
                                  bytes_of_buf(&facts->rows[at].value)};

        if (!bytes_start_with(fact.key, range->prefix) || !visit(context, &fact))
            return;
    }
}

struct memory_facts memory_facts_copy(const struct memory_facts *facts)
{
    struct memory_facts copy = {0};

    for (size_t i = 0; i < facts->count; i++) {
        struct store_fact fact = {bytes_of_buf(&facts->rows[i].key),
                                  bytes_of_buf(&facts->rows[i].value)};

        memory_facts_put(&copy, &fact);
    }
    return copy;
}

void memory_facts_cleanup(struct memory_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        buf_cleanup(&facts->rows[i].key);
        buf_cleanup(&facts->rows[i].value);
    }
    free(facts->rows);
    *facts = (struct memory_facts){0};
}
