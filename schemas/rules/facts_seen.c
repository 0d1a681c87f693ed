#include "schemas/rules/facts_seen.h"

#include <string.h>

static bool get_below(struct facts_base *base, struct bytes key, struct buf *out, bool *out_found,
                      struct err *err)
{
    struct facts_seen *seen = (struct facts_seen *)base;
    struct fact_key full = {.len = (uint8_t)key.len};
    struct bytes value;

    CHECK(key.len <= sizeof(full.bytes));
    memcpy(full.bytes, key.data, key.len);
    *out_found = facts_get(seen->below, &full, &value);
    if (*out_found)
        buf_append_bytes(out, value);
    return facts_check(seen->below, err);
}

static const struct facts_base_ops ops = {.get = get_below};

void facts_seen_init(struct facts_seen *out, struct facts *below)
{
    *out = (struct facts_seen){.base = {&ops}, .below = below};
    out->facts = facts_new(&out->base);
}

void facts_seen_cleanup(struct facts_seen *seen)
{
    facts_free(seen->facts);
    seen->facts = NULL;
}

size_t facts_seen_count(const struct facts_seen *seen)
{
    return facts_known_count(seen->facts);
}

uint64_t facts_seen_key(const struct facts_seen *seen, size_t i)
{
    return fact_key_short(facts_known_key(seen->facts, i));
}
