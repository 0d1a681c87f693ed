#include "server/http/issuers.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/rules/principals.h"

static void issuers_free(struct snapshot *snapshot)
{
    struct issuers *issuers = (struct issuers *)snapshot;

    for (size_t i = 0; i < issuers->count; i++) {
        free(issuers->items[i].name);
        public_key_free(issuers->items[i].key);
    }
    free(issuers->items);
    free(issuers);
}

static int compare_issuers(const void *a, const void *b)
{
    const struct issuer *left = a;
    const struct issuer *right = b;

    return memcmp(public_key_thumbprint(left->key)->bytes, public_key_thumbprint(right->key)->bytes,
                  HASH_LEN);
}

/* What a scan of the facts fills. */
struct loading {
    struct issuers *issuers;
    struct err err;
};

static void add(struct issuers *issuers, struct bytes name, struct public_key *key)
{
    if (issuers->count == issuers->capacity) {
        issuers->capacity = issuers->capacity == 0 ? 16 : issuers->capacity * 2;
        issuers->items =
            mem_realloc_array(issuers->items, issuers->capacity, sizeof(*issuers->items));
    }
    issuers->items[issuers->count++] = (struct issuer){
        .name = mem_format("%.*s", (int)name.len, (const char *)name.data), .key = key};
}

static bool add_fact(void *context, const struct store_fact *fact)
{
    struct loading *loading = context;
    struct public_key *key = NULL;
    struct issuer_key row;

    if (!issuer_key_decode(&row, fact->value))
        return err_set(&loading->err, ERR_CORRUPT, "the key of an issuer is damaged");
    if (!public_key_from_cose(&key, row.cose_key, &loading->err))
        return err_wrap(&loading->err, "the key of issuer %.*s", (int)row.issuer.len,
                        (const char *)row.issuer.data);
    add(loading->issuers, row.issuer, key);
    return true;
}

bool issuers_load(struct issuers **out, struct store *store, struct err *err)
{
    static const uint8_t prefix[] = {FACT_KEY};
    struct store_fact_range range = {.prefix = bytes_of(prefix, sizeof(prefix))};
    struct loading loading = {.issuers = mem_alloc(sizeof(*loading.issuers))};
    struct issuers *issuers = loading.issuers;
    bool ok;

    snapshot_init(&issuers->snapshot, issuers_free);
    ok = store_scan_facts(store, &range, add_fact, &loading, err);
    if (ok && loading.err.code != ERR_NONE) {
        *err = loading.err;
        ok = false;
    }
    if (!ok) {
        snapshot_release(&issuers->snapshot);
        return err_wrap(err, "load the issuers");
    }
    if (issuers->count > 1)
        qsort(issuers->items, issuers->count, sizeof(*issuers->items), compare_issuers);
    *out = issuers;
    return true;
}

const struct issuer *issuers_find(const struct issuers *issuers, struct bytes kid)
{
    size_t begin = 0;
    size_t end = issuers->count;

    if (kid.len != HASH_LEN)
        return NULL;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        const struct issuer *item = &issuers->items[middle];
        int order = memcmp(kid.data, public_key_thumbprint(item->key)->bytes, HASH_LEN);

        if (order == 0)
            return item;
        if (order < 0)
            end = middle;
        else
            begin = middle + 1;
    }
    return NULL;
}
