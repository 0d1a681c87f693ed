#include "server/tlog/draft.h"

#include "merkle/consistency.h"

void draft_begin(struct draft *draft, const struct frontier *base)
{
    draft->base = *base;
    draft->frontier = *base;
    draft->entry_count = 0;
    draft->node_count = 0;
    draft->key_count = 0;
}

static void append_key(struct draft *draft, enum store_index index, const struct hash *hash,
                       uint64_t entry_index)
{
    draft->keys[draft->key_count++] =
        (struct store_key){.index = index, .hash = *hash, .entry_index = entry_index};
}

void draft_append(struct draft *draft, struct bytes entry, const struct hash *leaf_hash,
                  const struct hash *sid)
{
    uint64_t index = draft->frontier.size;

    CHECK(draft->entry_count < DRAFT_ENTRIES_MAX);
    draft->entries[draft->entry_count++] = entry;
    draft->node_count +=
        frontier_append(&draft->frontier, draft->nodes + draft->node_count, leaf_hash);
    append_key(draft, STORE_BY_LEAF_HASH, leaf_hash, index);
    if (sid != NULL)
        append_key(draft, STORE_BY_SID, sid, index);
}

/* Nodes that are complete in a tree of this size: every leaf, and one more for every pair. */
static uint64_t complete_nodes(uint64_t size)
{
    return 2 * size - (uint64_t)__builtin_popcountll(size);
}

/* The hash of a node that is in the old tree's right edge, or new in the draft. */
static const struct hash *find_node(const struct draft *draft, struct node_id id)
{
    uint64_t last_leaf = ((id.index + 1) << id.level) - 1;
    uint64_t position;

    if (last_leaf < draft->base.size) {
        CHECK((draft->base.size >> id.level) == id.index + 1);
        return &draft->base.nodes[id.level];
    }
    /* A node is complete as soon as its last leaf is there, that many levels above it. */
    position = complete_nodes(last_leaf) - complete_nodes(draft->base.size) + id.level;
    CHECK(position < draft->node_count && draft->nodes[position].id.index == id.index);
    return &draft->nodes[position].hash;
}

bool draft_extends(const struct draft *draft, const struct hash *old_root,
                   const struct hash *new_root)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    struct proof proof;
    uint64_t old_size = draft->base.size;
    uint64_t new_size = draft->frontier.size;
    size_t count = consistency_plan(ids, old_size, new_size);

    for (size_t i = 0; i < count; i++)
        hashes[i] = *find_node(draft, ids[i]);
    consistency_prove(&proof, old_size, new_size, hashes);
    return consistency_check(old_size, old_root, new_size, new_root, &proof);
}

struct store_commit draft_commit(const struct draft *draft, const struct store_head *expected,
                                 const struct store_head *head)
{
    return (struct store_commit){
        .expected = *expected,
        .head = *head,
        .entries = draft->entries,
        .entry_count = draft->entry_count,
        .nodes = draft->nodes,
        .node_count = draft->node_count,
        .keys = draft->keys,
        .key_count = draft->key_count,
    };
}
