#include "merkle/node.h"

uint64_t largest_power_below(uint64_t size)
{
    CHECK(size >= 2);
    return (uint64_t)1 << (63 - __builtin_clzll(size - 1));
}

struct entry_range range_descend(struct entry_range *rest, uint64_t index)
{
    uint64_t middle = rest->begin + largest_power_below(rest->end - rest->begin);
    struct entry_range left = {.begin = rest->begin, .end = middle};
    struct entry_range right = {.begin = middle, .end = rest->end};

    *rest = index < middle ? left : right;
    return index < middle ? right : left;
}

void ranges_reverse(struct entry_range *ranges, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct entry_range swapped = ranges[i];

        ranges[i] = ranges[count - 1 - i];
        ranges[count - 1 - i] = swapped;
    }
}

size_t range_plan(struct node_id *out, struct entry_range range)
{
    uint64_t begin = range.begin;
    size_t count = 0;

    CHECK(range.begin <= range.end && range.end <= TREE_SIZE_MAX);
    while (begin < range.end) {
        unsigned level = (unsigned)(63 - __builtin_clzll(range.end - begin));

        out[count++] = (struct node_id){.level = level, .index = begin >> level};
        begin += (uint64_t)1 << level;
    }
    return count;
}

void range_combine(struct hash *out, const struct hash *hashes, size_t count)
{
    struct hash combined;

    CHECK(count >= 1);
    combined = hashes[count - 1];
    for (size_t i = count - 1; i > 0; i--)
        hash_node(&combined, &hashes[i - 1], &combined);
    *out = combined;
}
