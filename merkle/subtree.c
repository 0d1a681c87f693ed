#include "merkle/subtree.h"

bool subtree_is_valid(struct entry_range range)
{
    uint64_t width = range.end - range.begin;
    uint64_t power = 1;

    if (range.begin >= range.end || range.end > TREE_SIZE_MAX)
        return false;
    while (power < width)
        power <<= 1;
    return range.begin % power == 0;
}

/* Places in one level: of the range's first and last entry, and of the tree's last. */
struct places {
    uint64_t first;
    uint64_t last;
    uint64_t edge;
};

static void step_up(struct places *places)
{
    places->first >>= 1;
    places->last >>= 1;
    places->edge >>= 1;
}

/* To the level of the largest subtree that ends the range: its hash is the proof's first, or the
 * range's own when it is the whole range. */
static void climb_to_start(struct places *places)
{
    if (places->last == places->edge) {
        while (places->first != places->last)
            step_up(places);
        return;
    }
    while (places->first != places->last && (places->last & 1) != 0)
        step_up(places);
}

bool subtree_check(struct entry_range range, const struct hash *hash, uint64_t size,
                   const struct hash *root, const struct proof *proof)
{
    struct places places = {range.begin, range.end - 1, size - 1};
    struct hash of_range = *hash;
    struct hash of_tree;
    size_t i = 0;

    if (!subtree_is_valid(range) || range.end > size || size > TREE_SIZE_MAX)
        return false;
    climb_to_start(&places);
    if (places.first != places.last) {
        if (proof->count == 0)
            return false;
        of_range = proof->hashes[i++];
    }
    of_tree = of_range;
    for (; i < proof->count; i++) {
        if (places.edge == 0)
            return false;
        if ((places.last & 1) != 0 || places.last == places.edge) {
            if (places.first < places.last)
                hash_node(&of_range, &proof->hashes[i], &of_range);
            hash_node(&of_tree, &proof->hashes[i], &of_tree);
            while ((places.last & 1) == 0)
                step_up(&places);
        } else {
            hash_node(&of_tree, &of_tree, &proof->hashes[i]);
        }
        step_up(&places);
    }
    return places.edge == 0 && hash_equal(&of_range, hash) && hash_equal(&of_tree, root);
}
