#include "merkle/frontier.h"

size_t frontier_plan(struct node_id *out, uint64_t size)
{
    return range_plan(out, (struct entry_range){.begin = 0, .end = size});
}

void frontier_load(struct frontier *frontier, uint64_t size, const struct hash *hashes)
{
    struct node_id ids[64];
    size_t count = frontier_plan(ids, size);

    *frontier = (struct frontier){.size = size};
    for (size_t i = 0; i < count; i++)
        frontier->nodes[ids[i].level] = hashes[i];
}

size_t frontier_append(struct frontier *frontier, struct node *out_nodes, const struct hash *leaf)
{
    struct hash hash = *leaf;
    uint64_t index = frontier->size;
    unsigned level = 0;

    CHECK(frontier->size < TREE_SIZE_MAX);
    out_nodes[0] = (struct node){.id = {.level = 0, .index = index}, .hash = hash};
    while ((index & 1) != 0) {
        hash_node(&hash, &frontier->nodes[level], &hash);
        index >>= 1;
        level++;
        out_nodes[level] = (struct node){.id = {.level = level, .index = index}, .hash = hash};
    }
    frontier->nodes[level] = hash;
    frontier->size++;
    return (size_t)level + 1;
}

void frontier_root(const struct frontier *frontier, struct hash *out)
{
    struct hash hashes[64];
    struct node_id ids[64];
    size_t count = frontier_plan(ids, frontier->size);

    if (count == 0) {
        hash_empty_root(out);
        return;
    }
    for (size_t i = 0; i < count; i++)
        hashes[i] = frontier->nodes[ids[i].level];
    range_combine(out, hashes, count);
}
