#include "client/gossip/exchange.h"

#include <string.h>

#include "client/verify/fork_proof.h"
#include "schemas/checkpoint_list.h"

/* The end of a fork proof that text begins with: its header, then a checkpoint, then another. */
static bool skip_fork_proof(struct bytes *rest, struct err *err)
{
    const uint8_t *header_end = memmem(rest->data, rest->len, "\n\n", 2);
    struct bytes note;

    if (header_end == NULL)
        return err_set(err, ERR_INVALID, "the header of a fork proof has no end");
    *rest = bytes_slice(*rest, (size_t)(header_end - rest->data) + 2, rest->len);
    return checkpoint_list_next(rest, &note, err) && checkpoint_list_next(rest, &note, err);
}

bool exchange_next(struct bytes *rest, struct bytes *out_item, bool *out_is_fork, struct err *err)
{
    struct bytes all = *rest;
    size_t len;

    *out_is_fork = fork_proof_begins(all);
    if (!*out_is_fork)
        return checkpoint_list_next(rest, out_item, err);
    if (!skip_fork_proof(rest, err))
        return false;
    /* Without the empty line before the next item. */
    len = rest->len == 0 ? all.len : all.len - rest->len - 1;
    *out_item = bytes_slice(all, 0, len);
    return true;
}

bool exchange_take(struct pool *pool, size_t source, struct bytes text,
                   struct exchange_counts *out, struct err *err)
{
    struct bytes rest = text;

    *out = (struct exchange_counts){0};
    if (text.len > EXCHANGE_LEN_MAX)
        return err_set(err, ERR_INVALID, "more than %d bytes", EXCHANGE_LEN_MAX);
    for (size_t count = 0; rest.len > 0; count++) {
        struct bytes item;
        bool is_fork;

        if (count == EXCHANGE_ITEMS_MAX)
            return err_set(err, ERR_INVALID, "more than %d items", EXCHANGE_ITEMS_MAX);
        if (!exchange_next(&rest, &item, &is_fork, err))
            return err_wrap(err, "item %zu", count + 1);
        out->results[is_fork ? pool_add_fork(pool, source, item)
                             : pool_add(pool, source, item)]++;
    }
    return true;
}
