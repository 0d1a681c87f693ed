#include "tests/support/facts_below.h"

#include <string.h>

static bool get(struct facts_base *base, struct bytes key, struct buf *out, bool *out_found,
                struct err *err)
{
    struct facts_below *below = (struct facts_below *)base;
    struct fact_key fact_key = {.len = (uint8_t)key.len};
    struct bytes value;

    (void)err;
    CHECK(key.len <= sizeof(fact_key.bytes));
    memcpy(fact_key.bytes, key.data, key.len);
    *out_found = facts_get(below->facts, &fact_key, &value);
    if (*out_found)
        buf_append_bytes(out, value);
    return true;
}

void facts_below_init(struct facts_below *out, struct facts *facts)
{
    static const struct facts_base_ops ops = {get};

    *out = (struct facts_below){.base = {&ops}, .facts = facts};
}
