#include "schemas/proof_item.h"

#include "schemas/dcbor.h"

static void put_hashes(struct buf *out, const struct proof *proof)
{
    dcbor_put_literal(out, "hashes");
    dcbor_put_array(out, proof->count);
    for (size_t i = 0; i < proof->count; i++)
        dcbor_put_bytes(out, hash_bytes(&proof->hashes[i]));
}

void proof_item_append_inclusion(struct buf *out, uint64_t index, uint64_t size,
                                 const struct proof *proof)
{
    dcbor_put_map(out, 3);
    dcbor_put_literal(out, "size");
    dcbor_put_uint(out, size);
    dcbor_put_literal(out, "index");
    dcbor_put_uint(out, index);
    put_hashes(out, proof);
}

void proof_item_append_consistency(struct buf *out, uint64_t old_size, uint64_t new_size,
                                   const struct proof *proof)
{
    dcbor_put_map(out, 3);
    put_hashes(out, proof);
    dcbor_put_literal(out, "new_size");
    dcbor_put_uint(out, new_size);
    dcbor_put_literal(out, "old_size");
    dcbor_put_uint(out, old_size);
}
