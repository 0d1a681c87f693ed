#include "client/reader/log_reader.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "client/verify/audit.h"
#include "merkle/consistency.h"
#include "merkle/inclusion.h"
#include "schemas/receipt.h"
#include "schemas/statement.h"

enum { KEYS_REPLY_LEN_MAX = 65536, STATEMENT_REPLY_LEN_MAX = 4 * STATEMENT_LEN_MAX };

bool log_read_head(struct fetcher *fetcher, struct head *out, struct buf *out_note,
                   const char *path, const struct policy *policy, struct err *err)
{
    struct fetch_reply reply;
    bool ok = fetch_get(fetcher, &reply, path, "text/plain", NOTE_LEN_MAX, err) &&
              head_open(out, bytes_of_buf(&reply.body), policy, err);

    if (ok)
        buf_append_bytes(out_note, bytes_of_buf(&reply.body));
    buf_cleanup(&reply.body);
    return ok;
}

bool log_read_keys(struct fetcher *fetcher, struct key_set *out, struct buf *out_body,
                   unsigned retry_ms, struct err *err)
{
    struct fetch_request request = {.path = ".well-known/scitt-keys",
                                    .accept = "application/cbor",
                                    .reply_len_max = KEYS_REPLY_LEN_MAX};
    struct fetch_reply reply;
    bool ok =
        fetch_call(fetcher, &reply, &request, retry_ms, err) &&
        (key_set_parse(out, bytes_of_buf(&reply.body), err) || err_wrap(err, "the log's keys"));

    if (ok && out_body != NULL)
        buf_append_bytes(out_body, bytes_of_buf(&reply.body));
    buf_cleanup(&reply.body);
    return ok;
}

static bool read_nodes(struct fetcher *fetcher, struct hash *out, uint64_t size,
                       const struct node_id *ids, size_t count, struct err *err)
{
    struct tile_reader reader;
    bool ok;

    tile_reader_init(&reader, fetcher, size);
    ok = tile_reader_nodes(&reader, out, ids, count, err);
    tile_reader_cleanup(&reader);
    return ok;
}

bool log_prove_inclusion_from(struct tile_reader *tiles, struct proof *out,
                              const struct checkpoint *head, uint64_t index,
                              const struct hash *leaf, struct err *err)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];

    if (index >= head->size)
        return err_set(err, ERR_NOT_FOUND, "index %" PRIu64 " is not in the tree of size %" PRIu64,
                       index, head->size);
    if (!tile_reader_nodes(tiles, hashes, ids, inclusion_plan(ids, index, head->size), err))
        return false;
    inclusion_prove(out, index, head->size, hashes);
    if (inclusion_check(leaf, index, head->size, &head->root, out))
        return true;
    return err_set(err, ERR_CORRUPT,
                   "the log's tiles do not show this entry at index %" PRIu64
                   " under its checkpoint of size %" PRIu64,
                   index, head->size);
}

bool log_prove_inclusion(struct fetcher *fetcher, struct proof *out, const struct checkpoint *head,
                         uint64_t index, const struct hash *leaf, struct err *err)
{
    struct tile_reader tiles;
    bool ok;

    tile_reader_init(&tiles, fetcher, head->size);
    ok = log_prove_inclusion_from(&tiles, out, head, index, leaf, err);
    tile_reader_cleanup(&tiles);
    return ok;
}

bool log_prove_consistency(struct fetcher *fetcher, struct proof *out,
                           const struct checkpoint *old_head, const struct checkpoint *new_head,
                           struct err *err)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];

    if (strcmp(old_head->origin, new_head->origin) != 0)
        return err_set(err, ERR_INVALID, "the heads are of two logs: %s and %s", old_head->origin,
                       new_head->origin);
    if (old_head->size > new_head->size)
        return err_set(err, ERR_INVALID, "the older head is larger: %" PRIu64 " and %" PRIu64,
                       old_head->size, new_head->size);
    if (!read_nodes(fetcher, hashes, new_head->size, ids,
                    consistency_plan(ids, old_head->size, new_head->size), err))
        return false;
    consistency_prove(out, old_head->size, new_head->size, hashes);
    if (consistency_check(old_head->size, &old_head->root, new_head->size, &new_head->root, out))
        return true;
    return err_set(err, ERR_CORRUPT,
                   "the log's tiles do not show that size %" PRIu64 " extends size %" PRIu64,
                   new_head->size, old_head->size);
}

bool log_read_leaf(struct fetcher *fetcher, struct hash *out, uint64_t index, uint64_t size,
                   struct err *err)
{
    struct node_id id = {.level = 0, .index = index};

    return read_nodes(fetcher, out, size, &id, 1, err);
}

/* "entries/{id}" */
static void append_entry_path(struct buf *out, const struct hash *id)
{
    buf_append_text(out, "entries/");
    text_append_hex(out, hash_bytes(id));
}

bool log_read_entry(struct fetcher *fetcher, struct buf *out, const struct checkpoint *head,
                    uint64_t index, struct err *err)
{
    struct tile_id id = {.level = 0, .index = index / TILE_WIDTH};
    struct fetch_reply reply = {0};
    struct bytes entry = {0};
    struct proof proof;
    struct bytes rest;
    struct hash leaf;
    bool ok;

    if (index >= head->size)
        return err_set(err, ERR_NOT_FOUND, "index %" PRIu64 " is not in the tree of size %" PRIu64,
                       index, head->size);
    ok = tile_fetch(fetcher, &reply, id, tile_width(id, head->size), true, err);
    rest = bytes_of_buf(&reply.body);
    for (uint64_t i = 0; ok && i <= index % TILE_WIDTH; i++)
        ok = bundle_next(&rest, &entry, err) ||
             err_set(err, ERR_CORRUPT, "the bundle ends before entry %" PRIu64, index);
    if (ok)
        hash_leaf(&leaf, entry);
    ok = ok && log_prove_inclusion(fetcher, &proof, head, index, &leaf, err);
    if (ok)
        buf_append_bytes(out, entry);
    buf_cleanup(&reply.body);
    return ok;
}

/* Its head as it is: of which log, and whether it is signed, is for `vouch audit` to say. */
static bool read_own_head(struct fetcher *copy, struct checkpoint *out, struct err *err)
{
    struct buf note = {0};
    struct head head;
    bool ok = log_read_head(copy, &head, &note, "checkpoint", NULL, err);

    if (ok)
        *out = head.checkpoint;
    buf_cleanup(&note);
    return ok;
}

/* A static copy answers no question: its leaf tiles are gone through. */
static bool search_copy(struct fetcher *copy, const struct checkpoint *head, uint64_t *out,
                        const struct hash *id, struct err *err)
{
    struct cached_tile tile;
    struct tile_id at = {.level = 0};
    unsigned width;

    for (; (width = tile_width(at, head->size)) > 0; at.index++) {
        if (!tile_read(copy, &tile, at, width, err))
            return false;
        for (unsigned i = 0; i < width; i++) {
            if (!hash_equal(&tile.hashes[i], id))
                continue;
            *out = at.index * TILE_WIDTH + i;
            return true;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "none of the copy's %" PRIu64 " entries has this id",
                   head->size);
}

static bool read_statement_of_copy(struct fetcher *copy, struct buf *out, const struct hash *id,
                                   struct err *err)
{
    struct checkpoint head;
    uint64_t index;

    return read_own_head(copy, &head, err) && search_copy(copy, &head, &index, id, err) &&
           log_read_entry(copy, out, &head, index, err);
}

bool log_read_statement(struct fetcher *fetcher, struct buf *out, const struct hash *id,
                        struct err *err)
{
    struct fetch_reply reply;
    struct buf path = {0};
    struct hash leaf;
    bool ok;

    if (!fetcher->is_remote)
        return read_statement_of_copy(fetcher, out, id, err);
    append_entry_path(&path, id);
    buf_append_text(&path, "/statement");
    ok = fetch_get(fetcher, &reply, buf_text(&path), "application/scitt-statement+cose",
                   STATEMENT_REPLY_LEN_MAX, err);
    if (ok) {
        hash_leaf(&leaf, bytes_of_buf(&reply.body));
        ok = hash_equal(&leaf, id) ||
             err_set(err, ERR_CORRUPT, "the log sent another entry than the one with this id");
    }
    if (ok)
        buf_append_bytes(out, bytes_of_buf(&reply.body));
    buf_cleanup(&reply.body);
    buf_cleanup(&path);
    return ok;
}

bool log_find_index(struct fetcher *fetcher, uint64_t *out, const struct hash *id, struct err *err)
{
    struct checkpoint head;
    struct receipt receipt;
    struct fetch_reply reply;
    struct buf path = {0};
    bool ok;

    if (!fetcher->is_remote)
        return read_own_head(fetcher, &head, err) && search_copy(fetcher, &head, out, id, err);
    append_entry_path(&path, id);
    ok = fetch_get(fetcher, &reply, buf_text(&path), "application/scitt-receipt+cose",
                   RECEIPT_LEN_MAX, err) &&
         receipt_decode(&receipt, bytes_of_buf(&reply.body), err);
    if (ok && receipt.is_consistency)
        ok = err_set(err, ERR_CORRUPT, "the log answers with a receipt of consistency");
    if (ok)
        *out = receipt.leaf_index;
    buf_cleanup(&reply.body);
    buf_cleanup(&path);
    return ok;
}

bool entry_name_parse(struct entry_name *out, const char *text, struct err *err)
{
    struct bytes bytes = bytes_of_text(text);

    out->is_id = text_parse_hex(out->id.bytes, HASH_LEN, bytes);
    if (out->is_id || text_parse_uint(&out->index, bytes, TREE_SIZE_MAX - 1))
        return true;
    return err_set(err, ERR_INVALID,
                   "'%s' is neither an index nor an entry id (64 lower-case hex digits)", text);
}
