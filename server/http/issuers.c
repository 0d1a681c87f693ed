#include "server/http/issuers.h"

#include <stdlib.h>
#include <string.h>

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

struct issuers *issuers_new(void)
{
    struct issuers *issuers = mem_alloc(sizeof(*issuers));

    snapshot_init(&issuers->snapshot, issuers_free);
    return issuers;
}

bool issuers_add_take(struct issuers *issuers, const char *name, struct public_key *key,
                      struct err *err)
{
    struct issuer *item;

    if (issuers->count == ISSUERS_MAX)
        return err_set(err, ERR_INVALID, "more than %d issuer keys", ISSUERS_MAX);
    for (size_t i = 0; i < issuers->count; i++) {
        if (public_key_equal(issuers->items[i].key, key))
            return err_set(err, ERR_INVALID, "issuers %s and %s have the same key",
                           issuers->items[i].name, name);
    }
    issuers->items = mem_realloc_array(issuers->items, issuers->count + 1, sizeof(*issuers->items));
    item = &issuers->items[issuers->count++];
    item->name = mem_copy_text(name);
    item->key = key;
    return true;
}

static int compare_issuers(const void *a, const void *b)
{
    const struct issuer *left = a;
    const struct issuer *right = b;

    return memcmp(public_key_thumbprint(left->key)->bytes, public_key_thumbprint(right->key)->bytes,
                  HASH_LEN);
}

void issuers_finish(struct issuers *issuers)
{
    if (issuers->count > 1)
        qsort(issuers->items, issuers->count, sizeof(*issuers->items), compare_issuers);
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
