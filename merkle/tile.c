#include "merkle/tile.h"

struct tile_id tile_of_node(struct node_id node)
{
    unsigned height = node.level % TILE_HEIGHT;

    return (struct tile_id){.level = node.level / TILE_HEIGHT,
                            .index = node.index >> (TILE_HEIGHT - height)};
}

size_t tile_node_position(struct node_id node)
{
    unsigned height = node.level % TILE_HEIGHT;
    uint64_t in_row = node.index & (((uint64_t)TILE_WIDTH >> height) - 1);
    uint64_t last_leaf = ((in_row + 1) << height) - 1;

    /* 2n - popcount(n) nodes are complete before leaf n; then this node's own subtree. */
    return (size_t)(2 * last_leaf) - (size_t)__builtin_popcountll(last_leaf) + height;
}

size_t tile_node_count(unsigned width)
{
    size_t count = 2 * (size_t)width - (size_t)__builtin_popcount(width);

    CHECK(width <= TILE_WIDTH);
    return width == TILE_WIDTH ? count - 1 : count;
}

unsigned tile_width(struct tile_id tile, uint64_t size)
{
    uint64_t row_len = size >> (TILE_HEIGHT * tile.level);
    uint64_t begin = tile.index * TILE_WIDTH;

    CHECK(tile.level < TILE_LEVELS);
    if (tile.index > UINT64_MAX / TILE_WIDTH || begin >= row_len)
        return 0;
    return row_len - begin < TILE_WIDTH ? (unsigned)(row_len - begin) : TILE_WIDTH;
}

struct node_id tile_first_node(struct tile_id tile)
{
    return (struct node_id){.level = TILE_HEIGHT * tile.level, .index = tile.index * TILE_WIDTH};
}
