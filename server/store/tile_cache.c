#include "server/store/tile_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * One place a tile can be in. Tiles of the lowest level, of which there are many, have places of
 * their own, so that they do not drive out the ones above, which every proof passes through.
 */
struct slot {
    struct tile_id id;
    size_t count;       /* nodes; 0: empty */
    struct hash *nodes; /* room for TILE_NODES; NULL until first used */
};

enum { LOCKS = 64, SLOTS_MIN = LOCKS };

struct tile_cache {
    pthread_mutex_t locks[LOCKS]; /* lock i guards the slots whose number is i modulo LOCKS */
    size_t slot_count;            /* of each half */
    struct slot *lowest;
    struct slot *upper;
};

struct tile_cache *tile_cache_new(size_t memory_bytes)
{
    struct tile_cache *cache = mem_alloc(sizeof(*cache));
    size_t slots = memory_bytes / (TILE_NODES * HASH_LEN) / 2;

    cache->slot_count = slots < SLOTS_MIN ? SLOTS_MIN : slots;
    cache->lowest = mem_alloc_array(cache->slot_count, sizeof(*cache->lowest));
    cache->upper = mem_alloc_array(cache->slot_count, sizeof(*cache->upper));
    for (size_t i = 0; i < LOCKS; i++)
        CHECK(pthread_mutex_init(&cache->locks[i], NULL) == 0);
    return cache;
}

static void free_slots(struct slot *slots, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(slots[i].nodes);
    free(slots);
}

void tile_cache_free(struct tile_cache *cache)
{
    if (cache == NULL)
        return;
    free_slots(cache->lowest, cache->slot_count);
    free_slots(cache->upper, cache->slot_count);
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&cache->locks[i]);
    free(cache);
}

/* The number of the slot of a tile; the levels above the lowest begin at different numbers. */
static size_t slot_number(const struct tile_cache *cache, struct tile_id tile)
{
    size_t offset = tile.level * (cache->slot_count / TILE_LEVELS);

    return (size_t)(tile.index % cache->slot_count + offset) % cache->slot_count;
}

static struct slot *slot_at(struct tile_cache *cache, struct tile_id tile, size_t number)
{
    return tile.level == 0 ? &cache->lowest[number] : &cache->upper[number];
}

static bool slot_holds(const struct slot *slot, struct tile_id tile)
{
    return slot->count > 0 && slot->id.level == tile.level && slot->id.index == tile.index;
}

bool tile_cache_read(struct tile_cache *cache, struct hash *out, const struct node_id *ids,
                     size_t count)
{
    struct tile_id tile = tile_of_node(ids[0]);
    size_t number = slot_number(cache, tile);
    struct slot *slot = slot_at(cache, tile, number);
    bool found;

    pthread_mutex_lock(&cache->locks[number % LOCKS]);
    found = slot_holds(slot, tile);
    for (size_t i = 0; found && i < count; i++) {
        size_t position = tile_node_position(ids[i]);

        found = position < slot->count;
        if (found)
            out[i] = slot->nodes[position];
    }
    pthread_mutex_unlock(&cache->locks[number % LOCKS]);
    return found;
}

void tile_cache_put(struct tile_cache *cache, struct tile_id tile, struct bytes nodes)
{
    size_t count = nodes.len / HASH_LEN;
    size_t number = slot_number(cache, tile);
    struct slot *slot = slot_at(cache, tile, number);

    CHECK(count <= TILE_NODES);
    pthread_mutex_lock(&cache->locks[number % LOCKS]);
    if (count > 0 && (!slot_holds(slot, tile) || slot->count < count)) {
        if (slot->nodes == NULL)
            slot->nodes = mem_alloc_array(TILE_NODES, sizeof(*slot->nodes));
        memcpy(slot->nodes, nodes.data, count * HASH_LEN);
        slot->count = count;
        slot->id = tile;
    }
    pthread_mutex_unlock(&cache->locks[number % LOCKS]);
}
