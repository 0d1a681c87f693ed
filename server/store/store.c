#include "server/store/store.h"

#include <inttypes.h>

#include "base/file.h"

/* Nodes that are complete in a tree of this size: every leaf, and one more for every pair. */
static uint64_t complete_nodes(uint64_t size)
{
    return 2 * size - (uint64_t)__builtin_popcountll(size);
}

/* Whether nodes are those that become complete between the two sizes, in frontier_append's order.
 */
static bool nodes_are_in_order(const struct store_commit *commit)
{
    size_t at = 0;

    if (commit->node_count !=
        complete_nodes(commit->head.size) - complete_nodes(commit->expected.size))
        return false;
    for (uint64_t leaf = commit->expected.size; leaf < commit->head.size; leaf++) {
        unsigned levels = (unsigned)__builtin_ctzll(~leaf);

        for (unsigned level = 0; level <= levels; level++, at++) {
            struct node_id id = commit->nodes[at].id;

            if (id.level != level || id.index != leaf >> level)
                return false;
        }
    }
    return true;
}

static void check_facts(const struct store_fact *facts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK(facts[i].key.len >= 1 && facts[i].key.len <= STORE_FACT_KEY_LEN_MAX);
        CHECK(i == 0 || bytes_compare(facts[i - 1].key, facts[i].key) < 0);
    }
}

static void check_commit(const struct store_commit *commit)
{
    CHECK(commit->expected.size < commit->head.size && commit->head.size <= TREE_SIZE_MAX);
    CHECK(commit->head.epoch == commit->expected.epoch);
    CHECK(commit->head.previous_size == commit->expected.size);
    CHECK(commit->entry_count == commit->head.size - commit->expected.size);
    CHECK(nodes_are_in_order(commit));
    for (size_t i = 0; i < commit->entry_count; i++)
        CHECK(commit->entries[i].len <= STORE_ENTRY_LEN_MAX);
    for (size_t i = 0; i < commit->key_count; i++)
        CHECK(commit->keys[i].entry_index < commit->head.size);
    check_facts(commit->facts, commit->fact_count);
}

bool store_read_card(struct store *store, struct store_identity_card *out, struct err *err)
{
    return store->ops->read_card(store, out, err);
}

bool store_read_head(struct store *store, struct store_head *out, struct err *err)
{
    return store->ops->read_head(store, out, err);
}

bool store_seek_head(struct store *store, struct store_head *out, uint64_t size, struct err *err)
{
    return store->ops->seek_head(store, out, size, err);
}

bool store_read_nodes(struct store *store, struct hash *out, const struct node_id *ids,
                      size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        CHECK(ids[i].level < TILE_LEVELS * TILE_HEIGHT);
    return store->ops->read_nodes(store, out, ids, count, err);
}

bool store_locate_entries(struct store *store, struct store_extent *out, uint64_t begin,
                          uint64_t end, struct err *err)
{
    CHECK(begin < end && begin / TILE_WIDTH == (end - 1) / TILE_WIDTH);
    buf_clear(&out->bytes);
    return store->ops->locate_entries(store, out, begin, end, err);
}

bool store_read_entries(struct store *store, struct buf *out, uint64_t begin, uint64_t end,
                        struct err *err)
{
    struct store_extent extent = {.fd = -1};
    size_t before = out->len;
    bool ok = store_locate_entries(store, &extent, begin, end, err);

    if (ok && extent.fd < 0) {
        buf_append_bytes(out, bytes_of_buf(&extent.bytes));
    } else if (ok) {
        uint8_t *to = buf_extend(out, (size_t)extent.len);

        ok = file_pread_all(extent.fd, to, (size_t)extent.len, extent.offset, err) ||
             err_wrap(err, "entries %" PRIu64 " to %" PRIu64, begin, end);
    }
    if (!ok)
        out->len = before;
    buf_cleanup(&extent.bytes);
    return ok;
}

bool store_find(struct store *store, struct store_key *keys, size_t count, struct err *err)
{
    return store->ops->find(store, keys, count, err);
}

bool store_get_fact(struct store *store, struct bytes key, struct buf *out, bool *out_found,
                    struct err *err)
{
    size_t before = out->len;

    CHECK(key.len >= 1 && key.len <= STORE_FACT_KEY_LEN_MAX);
    if (store->ops->get_fact(store, key, out, out_found, err))
        return true;
    out->len = before;
    return err_wrap(err, "read a fact");
}

bool store_scan_facts(struct store *store, const struct store_fact_range *range,
                      store_fact_fn visit, void *context, struct err *err)
{
    CHECK(range->prefix.len <= STORE_FACT_KEY_LEN_MAX && range->from.len <= STORE_FACT_KEY_LEN_MAX);
    return store->ops->scan_facts(store, range, visit, context, err) ||
           err_wrap(err, "scan facts");
}

bool store_read_facts_size(struct store *store, uint64_t *out, struct err *err)
{
    return store->ops->read_facts_size(store, out, err);
}

bool store_commit(struct store *store, const struct store_commit *commit, struct err *err)
{
    check_commit(commit);
    return store->ops->commit(store, commit, err);
}

bool store_stats(struct store *store, struct store_stats *out, struct err *err)
{
    return store->ops->stats(store, out, err);
}

void store_close(struct store *store)
{
    if (store != NULL)
        store->ops->close(store);
}

bool store_head_same_place(const struct store_head *a, const struct store_head *b)
{
    return a->epoch == b->epoch && a->size == b->size && hash_equal(&a->root, &b->root);
}

bool store_set_fenced(struct err *err, const struct store_head *held,
                      const struct store_head *expected)
{
    return err_set(err, ERR_REFUSED,
                   "fenced: the store holds size %" PRIu64 " in epoch %" PRIu64
                   ", the commit extends size %" PRIu64 " in epoch %" PRIu64 "%s",
                   held->size, held->epoch, expected->size, expected->epoch,
                   hash_equal(&held->root, &expected->root) ? "" : ", and the roots differ");
}
