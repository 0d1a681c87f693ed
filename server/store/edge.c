#include "server/store/edge.h"

void edge_init(struct edge *edge, uint64_t size)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        struct edge_tile *tile = &edge->tiles[level];
        uint64_t row_len = size >> (TILE_HEIGHT * level);

        tile->id = (struct tile_id){.level = level, .index = row_len / TILE_WIDTH};
        tile->count = tile_node_count((unsigned)(row_len % TILE_WIDTH));
        tile->changed = false;
    }
}

struct edge_tile *edge_append(struct edge *edge, const struct node *node)
{
    struct tile_id id = tile_of_node(node->id);
    struct edge_tile *tile = &edge->tiles[id.level];

    CHECK(id.index == tile->id.index && tile->count < TILE_NODES);
    CHECK(tile_node_position(node->id) == tile->count);
    tile->nodes[tile->count++] = node->hash;
    tile->changed = true;
    return tile->count == TILE_NODES ? tile : NULL;
}

void edge_tile_next(struct edge_tile *tile)
{
    tile->id.index++;
    tile->count = 0;
    tile->changed = false;
}

struct bytes edge_tile_bytes(const struct edge_tile *tile)
{
    return bytes_of(tile->nodes, tile->count * HASH_LEN);
}
