#include "server/store/edge.h"

void edge_init(struct edge *edge)
{
    CHECK(pthread_mutex_init(&edge->lock, NULL) == 0);
    edge_begin(edge, 0);
}

void edge_cleanup(struct edge *edge)
{
    pthread_mutex_destroy(&edge->lock);
}

void edge_begin(struct edge *edge, uint64_t size)
{
    pthread_mutex_lock(&edge->lock);
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t row_len = size >> (TILE_HEIGHT * level);

        edge->tiles[level].id = (struct tile_id){.level = level, .index = row_len / TILE_WIDTH};
        edge->tiles[level].count = 0;
    }
    pthread_mutex_unlock(&edge->lock);
}

/* How many hashes the bottom row has: the inverse of tile_node_count. */
static unsigned row_width(size_t count)
{
    unsigned width = (unsigned)(count / 2);

    while (tile_node_count(width) < count)
        width++;
    return width;
}

void edge_append_row(struct edge *edge, unsigned level, const struct hash *hash)
{
    struct edge_tile *tile = &edge->tiles[level];
    unsigned position;

    pthread_mutex_lock(&edge->lock);
    position = row_width(tile->count);
    CHECK(position + 1 < TILE_WIDTH);
    tile->nodes[tile->count++] = *hash;
    /* Each trailing one bit of its position closes a subtree: its root follows its right child. */
    for (unsigned height = 1; (position >> (height - 1) & 1) != 0; height++) {
        const struct hash *right = &tile->nodes[tile->count - 1];
        const struct hash *left = right - (((size_t)1 << height) - 1);

        hash_node(&tile->nodes[tile->count], left, right);
        tile->count++;
    }
    pthread_mutex_unlock(&edge->lock);
}

const struct edge_tile *edge_append(struct edge *edge, const struct node *node)
{
    struct tile_id id = tile_of_node(node->id);
    struct edge_tile *tile = &edge->tiles[id.level];

    CHECK(id.index == tile->id.index && tile->count < TILE_NODES);
    CHECK(tile_node_position(node->id) == tile->count);
    pthread_mutex_lock(&edge->lock);
    tile->nodes[tile->count++] = node->hash;
    pthread_mutex_unlock(&edge->lock);
    return tile->count == TILE_NODES ? tile : NULL;
}

void edge_next(struct edge *edge, unsigned level)
{
    pthread_mutex_lock(&edge->lock);
    edge->tiles[level].id.index++;
    edge->tiles[level].count = 0;
    pthread_mutex_unlock(&edge->lock);
}

bool edge_read(struct edge *edge, struct hash *out, const struct node_id *ids, size_t count)
{
    struct tile_id id = tile_of_node(ids[0]);
    const struct edge_tile *tile = &edge->tiles[id.level];
    bool found;

    pthread_mutex_lock(&edge->lock);
    found = tile->id.index == id.index;
    for (size_t i = 0; found && i < count; i++) {
        size_t position = tile_node_position(ids[i]);

        found = position < tile->count;
        if (found)
            out[i] = tile->nodes[position];
    }
    pthread_mutex_unlock(&edge->lock);
    return found;
}
