#include "server/tlog/reindex.h"

#include <inttypes.h>
#include <stdlib.h>

#include "schemas/rules/readmission.h"
#include "server/tlog/tlog_read.h"

/* Entries in a row that lie in one bundle, and their leaves in the tree. */
struct chunk {
    uint64_t begin;
    uint64_t end;
    struct buf bytes; /* as in the bundle */
    size_t offset;    /* of the entry to be taken next */
    struct node_id ids[TILE_WIDTH];
    struct hash leaves[TILE_WIDTH];
};

struct new_facts {
    struct facts_base base;
    struct store_reindex *target;
};

struct reindex {
    const struct reindex_options *options;
    enum log_kind kind;
    struct new_facts new_facts;
    struct readmission readmission; /* evidence logs */
    /* The commit that is being taken; in opaque logs only its range is known. */
    struct store_head head;
    struct buf seal_entry;
    struct seal seal;
    struct chunk chunk;
    struct store_key keys[2 * TILE_WIDTH]; /* of the chunk */
    size_t key_count;
    struct store_fact *facts;
    size_t facts_capacity;
};

static bool get_new_fact(struct facts_base *base, struct bytes key, struct buf *out,
                         bool *out_found, struct err *err)
{
    return store_reindex_get_fact(((struct new_facts *)base)->target, key, out, out_found, err);
}

static const struct facts_base_ops new_facts_ops = {.get = get_new_fact};

static void reindex_init(struct reindex *out, const struct reindex_options *options)
{
    out->options = options;
    out->new_facts = (struct new_facts){{&new_facts_ops}, options->target};
    if (out->kind == LOG_OPAQUE)
        return;
    readmission_init(&out->readmission, &out->new_facts.base);
    admission_keep_mentions(out->readmission.admission);
}

static void reindex_free(struct reindex *reindex)
{
    readmission_cleanup(&reindex->readmission);
    buf_cleanup(&reindex->seal_entry);
    buf_cleanup(&reindex->chunk.bytes);
    free(reindex->facts);
    free(reindex);
}

/* ---- entries ---- */

static bool read_chunk(struct reindex *reindex, uint64_t begin, struct err *err)
{
    struct chunk *chunk = &reindex->chunk;
    uint64_t bundle_end = begin - begin % TILE_WIDTH + TILE_WIDTH;

    chunk->begin = begin;
    chunk->end = bundle_end < reindex->head.size ? bundle_end : reindex->head.size;
    chunk->offset = 0;
    buf_clear(&chunk->bytes);
    for (uint64_t i = begin; i < chunk->end; i++)
        chunk->ids[i - begin] = (struct node_id){.level = 0, .index = i};
    return store_read_entries(reindex->options->store, &chunk->bytes, begin, chunk->end, err) &&
           store_read_nodes(reindex->options->store, chunk->leaves, chunk->ids,
                            (size_t)(chunk->end - begin), err);
}

/* The entry at index, which follows the one taken before, as the tree has it. */
static bool next_entry(struct chunk *chunk, struct bytes *out, uint64_t index, struct err *err)
{
    struct bytes rest = bytes_slice(bytes_of_buf(&chunk->bytes), chunk->offset, chunk->bytes.len);
    struct hash leaf;

    if (rest.len < 2 || read_be16(rest.data) > rest.len - 2)
        return err_set(err, ERR_CORRUPT, "its length is wrong");
    *out = bytes_slice(rest, 2, 2 + (size_t)read_be16(rest.data));
    chunk->offset += 2 + out->len;
    hash_leaf(&leaf, *out);
    return hash_equal(&leaf, &chunk->leaves[index - chunk->begin]) ||
           err_set(err, ERR_CORRUPT, "its bytes are not those in the tree");
}

static void add_key(struct reindex *reindex, enum store_index index, const struct hash *hash,
                    uint64_t entry_index)
{
    reindex->keys[reindex->key_count++] =
        (struct store_key){.index = index, .hash = *hash, .entry_index = entry_index};
}

static bool take_statement(struct reindex *reindex, struct bytes entry, uint64_t index,
                           struct err *err)
{
    const struct seal *seal = &reindex->seal;
    struct admission_verdict verdict;
    struct problem problem = {0};
    struct statement statement;

    if (!statement_decode(&statement, entry, &problem))
        return err_set(err, ERR_CORRUPT, "it is no statement: %s", problem.detail);
    add_key(reindex, STORE_BY_SID, &statement.sid, index);
    return index == reindex->head.size - 1 || /* the seal */
           readmission_take(&reindex->readmission, &verdict, seal, index - seal->first_index,
                            &statement, err);
}

static bool take_chunk(struct reindex *reindex, struct err *err)
{
    struct chunk *chunk = &reindex->chunk;
    struct store_reindex_rows rows = {.keys = reindex->keys};

    reindex->key_count = 0;
    for (uint64_t index = chunk->begin; index < chunk->end; index++) {
        struct bytes entry;

        if (!next_entry(chunk, &entry, index, err))
            return err_wrap(err, "entry %" PRIu64, index);
        add_key(reindex, STORE_BY_LEAF_HASH, &chunk->leaves[index - chunk->begin], index);
        if (reindex->kind == LOG_EVIDENCE && !take_statement(reindex, entry, index, err))
            return err_wrap(err, "entry %" PRIu64, index);
    }
    rows.key_count = reindex->key_count;
    return store_reindex_add(reindex->options->target, &rows, err);
}

/* ---- commits ---- */

static bool read_seal(struct reindex *reindex, struct err *err)
{
    const struct store_head *head = &reindex->head;
    struct cose_sign1 statement;

    buf_clear(&reindex->seal_entry);
    if (!tlog_read_entry(reindex->options->store, &reindex->seal_entry, NULL, head->size - 1, err))
        return false;
    if (!cose_sign1_decode(&statement, bytes_of_buf(&reindex->seal_entry), err) ||
        !seal_decode(&reindex->seal, statement.payload, err) ||
        reindex->seal.first_index != head->previous_size ||
        reindex->seal.entry_count != head->size - 1 - head->previous_size)
        return err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is not the seal of its commit",
                       head->size - 1);
    return true;
}

static bool add_facts(struct reindex *reindex, struct err *err)
{
    struct store_reindex_rows rows = {0};
    const struct fact_change *changes = facts_changes(reindex->readmission.facts, &rows.fact_count);

    if (rows.fact_count > reindex->facts_capacity) {
        reindex->facts_capacity = rows.fact_count;
        reindex->facts =
            mem_realloc_array(reindex->facts, rows.fact_count, sizeof(*reindex->facts));
    }
    for (size_t i = 0; i < rows.fact_count; i++)
        reindex->facts[i] = (struct store_fact){changes[i].key, changes[i].value};
    rows.facts = reindex->facts;
    return store_reindex_add(reindex->options->target, &rows, err);
}

static bool end_commit(struct reindex *reindex, struct err *err)
{
    if (!readmission_check(&reindex->readmission, &reindex->seal, err) || !add_facts(reindex, err))
        return err_wrap(err, "seal %" PRIu64, reindex->head.size - 1);
    readmission_next(&reindex->readmission);
    return true;
}

/* The commit whose first entry is at begin. */
static bool take_commit(struct reindex *reindex, uint64_t begin, struct err *err)
{
    bool is_sealed = reindex->kind == LOG_EVIDENCE;

    if (!store_seek_head(reindex->options->store, &reindex->head, begin + 1, err))
        return false;
    if (reindex->head.previous_size != begin)
        return err_set(err, ERR_CORRUPT, "no head extends size %" PRIu64, begin);
    if (is_sealed && !read_seal(reindex, err))
        return false;
    for (uint64_t next = begin; next < reindex->head.size; next = reindex->chunk.end) {
        if (!read_chunk(reindex, next, err) || !take_chunk(reindex, err))
            return false;
    }
    return !is_sealed || end_commit(reindex, err);
}

static bool take_all(struct reindex *reindex, uint64_t size, struct err *err)
{
    const struct reindex_options *options = reindex->options;

    for (uint64_t done = 0; done < size; done = reindex->head.size) {
        if (!take_commit(reindex, done, err))
            return false;
        if (options->progress != NULL)
            options->progress(options->context, reindex->head.size, size);
    }
    return true;
}

bool reindex_run(const struct reindex_options *options, uint64_t *out_size, struct err *err)
{
    struct reindex *reindex = mem_alloc(sizeof(*reindex));
    struct store_identity_card card;
    struct store_head newest;
    bool ok = store_read_card(options->store, &card, err) &&
              store_read_head(options->store, &newest, err);

    if (ok) {
        reindex->kind = card.kind;
        reindex_init(reindex, options);
        ok = take_all(reindex, newest.size, err);
    }
    if (ok)
        *out_size = newest.size;
    reindex_free(reindex);
    return ok || err_wrap(err, "reindex");
}
