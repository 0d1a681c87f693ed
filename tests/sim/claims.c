#include "tests/sim/claims.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tests/support/log_fixture.h"

/* Room for headers, signature and the record without its padding, below the largest entry. */
enum { PADDING_LEN_MAX = STORE_ENTRY_LEN_MAX - 600 };

void claims_cleanup(struct claims *claims)
{
    for (size_t i = 0; i < claims->count; i++) {
        for (size_t j = 0; j < claims->items[i]->variant_count; j++)
            buf_cleanup(&claims->items[i]->variants[j].entry);
        free(claims->items[i]);
    }
    free(claims->items);
    *claims = (struct claims){0};
}

static const struct claim_variant *add_variant(const struct claims *claims, struct claim *claim)
{
    struct claim_variant *variant = &claim->variants[claim->variant_count++];

    if (claims->kind == LOG_EVIDENCE) {
        log_statement_append(&variant->entry, claims->issuer, claim->number, claim->padding_len);
    } else if (claim->number > 0) { /* the first one is the empty entry */
        buf_append_format(&variant->entry, "claim %" PRIu64 " ", claim->number);
        for (size_t i = 0; i < claim->padding_len; i++)
            buf_append_byte(&variant->entry, 'p');
    }
    log_submission_init(&variant->submission, claims->kind, bytes_of_buf(&variant->entry));
    return variant;
}

struct claim *claims_add(struct claims *claims, struct rng *rng)
{
    struct claim *claim = mem_alloc(sizeof(*claim));

    claim->number = claims->count;
    claim->padding_len = rng_below(rng, 400) == 0 ? PADDING_LEN_MAX : rng_below(rng, 60);
    add_variant(claims, claim);
    claims->items = mem_realloc_array(claims->items, claims->count + 1, sizeof(*claims->items));
    claims->items[claims->count++] = claim;
    return claim;
}

const struct claim_variant *claim_draw_variant(const struct claims *claims, struct claim *claim,
                                               struct rng *rng)
{
    if (claims->kind == LOG_EVIDENCE && claim->variant_count < CLAIM_VARIANTS_MAX &&
        rng_below(rng, 4) == 0)
        return add_variant(claims, claim);
    return &claim->variants[rng_below(rng, claim->variant_count)];
}

void claim_acknowledge(struct claims *claims, struct claim *claim, uint64_t index,
                       const struct place *place)
{
    require(place, !claim->is_acknowledged || claim->index == index,
            "claim %" PRIu64 " was at index %" PRIu64 " and is now at %" PRIu64, claim->number,
            claim->index, index);
    if (claim->is_acknowledged)
        return;
    claim->is_acknowledged = true;
    claim->index = index;
    claims->acknowledged_count++;
}

const struct claim_variant *claim_find_variant(const struct claim *claim,
                                               const struct hash *leaf_hash)
{
    for (size_t i = 0; i < claim->variant_count; i++) {
        if (hash_equal(&claim->variants[i].submission.leaf_hash, leaf_hash))
            return &claim->variants[i];
    }
    return NULL;
}
