#include "server/evidence/mention_search.h"

enum { BITMAP_LEN = 8 };

struct walk {
    struct store *store;
    const struct mention_search *search;
    struct mention_found *out;
    size_t count_max;
    size_t block_count;
    struct buf scratch;
    struct err *err;
    bool has_failed;
};

static bool fail(struct walk *walk)
{
    walk->has_failed = true;
    return false;
}

static bool read_bitmap(struct walk *walk, uint64_t *out, struct bytes value)
{
    if (value.len != BITMAP_LEN) {
        err_set(walk->err, ERR_CORRUPT, "the index of mentions is not what was written");
        return fail(walk);
    }
    *out = read_be64(value.data);
    return true;
}

/* Leaves the bits that another term has in the same block. */
static bool intersect(struct walk *walk, uint64_t *bitmap, const struct fact_key *term,
                      uint64_t block)
{
    struct fact_key key = fact_key_item(term, block);
    uint64_t other = 0;
    bool found;

    buf_clear(&walk->scratch);
    if (!store_get_fact(walk->store, bytes_of(key.bytes, key.len), &walk->scratch, &found,
                        walk->err))
        return fail(walk);
    if (found && !read_bitmap(walk, &other, bytes_of_buf(&walk->scratch)))
        return false;
    *bitmap &= other;
    return true;
}

/* Goes one further than asked for, so that `next` is only set when there is one. */
static bool take_bits(struct walk *walk, uint64_t bitmap, uint64_t block)
{
    struct mention_found *out = walk->out;

    for (; bitmap != 0; bitmap &= bitmap - 1) {
        uint64_t index = block * MENTION_BLOCK + (unsigned)__builtin_ctzll(bitmap);

        if (index < walk->search->begin)
            continue;
        if (index >= walk->search->end)
            return false;
        if (out->count == walk->count_max) {
            out->next = index;
            return false;
        }
        out->indexes[out->count++] = index;
    }
    return true;
}

/* One block of the first term. False ends the scan. */
static bool visit(void *context, const struct store_fact *fact)
{
    struct walk *walk = context;
    const struct mention_search *search = walk->search;
    size_t list_len = search->terms[0].len;
    uint64_t block;
    uint64_t bitmap;

    if (fact->key.len != list_len + 8) {
        err_set(walk->err, ERR_CORRUPT, "the index of mentions has a key of another length");
        return fail(walk);
    }
    block = read_be64(fact->key.data + list_len);
    if (block > (search->end - 1) / MENTION_BLOCK)
        return false;
    if (walk->block_count++ == MENTION_BLOCKS_MAX) {
        walk->out->next = block * MENTION_BLOCK;
        return false;
    }
    if (!read_bitmap(walk, &bitmap, fact->value))
        return false;
    for (size_t i = 1; i < search->term_count && bitmap != 0; i++) {
        if (!intersect(walk, &bitmap, &search->terms[i], block))
            return false;
    }
    return take_bits(walk, bitmap, block);
}

bool mention_search_run(struct store *store, struct mention_found *out,
                        const struct mention_search *search, size_t count_max, struct err *err)
{
    struct walk walk = {
        .store = store, .search = search, .out = out, .count_max = count_max, .err = err};
    const struct fact_key *term = &search->terms[0];
    struct fact_key from = fact_key_item(term, search->begin / MENTION_BLOCK);
    struct store_fact_range range = {.prefix = bytes_of(term->bytes, term->len),
                                     .from = bytes_of(from.bytes, from.len)};
    bool ok = true;

    CHECK(search->term_count >= 1 && search->term_count <= MENTION_TERMS_MAX);
    CHECK(count_max >= 1 && count_max <= MENTION_FOUND_MAX);
    out->count = 0;
    out->next = search->end;
    if (search->begin < search->end)
        ok = store_scan_facts(store, &range, visit, &walk, err) && !walk.has_failed;
    if (out->next > search->end)
        out->next = search->end;
    buf_cleanup(&walk.scratch);
    return ok;
}
