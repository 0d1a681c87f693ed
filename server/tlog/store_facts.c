#include "server/tlog/store_facts.h"

_Static_assert((int)FACT_KEY_LEN_MAX <= (int)STORE_FACT_KEY_LEN_MAX, "every key fits");

static bool get(struct facts_base *base, struct bytes key, struct buf *out, bool *out_found,
                struct err *err)
{
    struct store_facts *facts = (struct store_facts *)base;

    return store_get_fact(facts->store, key, out, out_found, err);
}

static const struct facts_base_ops store_ops = {.get = get};

void store_facts_init(struct store_facts *out, struct store *store)
{
    *out = (struct store_facts){.base = {.ops = &store_ops}, .store = store};
}
