#include "merkle/prefix.h"

#include <string.h>

#include "merkle/consistency.h"

/* Whether the first `size` entries are one complete subtree, whose node is then their root. */
static bool is_one_node(uint64_t size)
{
    return (size & (size - 1)) == 0;
}

size_t prefix_plan(struct node_id *out, uint64_t old_size, uint64_t new_size)
{
    size_t count = 0;

    CHECK(old_size > 0 && old_size < new_size);
    if (is_one_node(old_size))
        out[count++] = (struct node_id){.level = (unsigned)__builtin_ctzll(old_size)};
    return count + consistency_plan(out + count, old_size, new_size);
}

void prefix_prove(struct proof *out, uint64_t old_size, uint64_t new_size,
                  const struct hash *hashes)
{
    struct proof rest;

    CHECK(old_size > 0 && old_size < new_size);
    if (!is_one_node(old_size)) {
        consistency_prove(out, old_size, new_size, hashes);
        return;
    }
    consistency_prove(&rest, old_size, new_size, hashes + 1);
    out->count = rest.count + 1;
    out->hashes[0] = hashes[0];
    memcpy(out->hashes + 1, rest.hashes, rest.count * sizeof(rest.hashes[0]));
}

bool prefix_roots(struct hash *out_old, struct hash *out_new, uint64_t old_size, uint64_t new_size,
                  const struct proof *proof)
{
    struct proof rest;

    if (old_size == 0 || old_size >= new_size || proof->count == 0 ||
        proof->count > PROOF_HASHES_MAX)
        return false;
    if (!is_one_node(old_size))
        return consistency_roots(out_old, out_new, old_size, &proof->hashes[0], new_size, proof);
    rest.count = proof->count - 1;
    memcpy(rest.hashes, proof->hashes + 1, rest.count * sizeof(rest.hashes[0]));
    return consistency_roots(out_old, out_new, old_size, &proof->hashes[0], new_size, &rest);
}
