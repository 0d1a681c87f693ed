#include "server/role/mirror/mention_scan.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/fetch/tile_reader.h"
#include "client/verify/audit.h"
#include "schemas/record.h"
#include "schemas/rules/mentions.h"
#include "schemas/seal.h"

/* ---- what an entry mentions ---- */

static void put_records(struct mention_scan *scan, const struct statement *statement,
                        uint64_t index)
{
    struct rule_statement of = {.issuer = statement->issuer, .index = index};
    struct rule_context context = {
        .facts = scan->facts, .statement = &of, .cache = &scan->cache};
    struct record_reader reader = record_reader_of(statement->cose.payload);
    struct record record;

    rule_cache_next_statement(&scan->cache);
    while (record_next_fields(&reader, &scan->fields, &record)) {
        rule_cache_next_record(&scan->cache);
        context.record = scan->fields.fields;
        context.type = record_type_find(record.type);
        mentions_put(&context, NULL, 0);
    }
}

static bool get_bitmap(struct mention_scan *scan, const struct fact_key *term, uint64_t block,
                       uint64_t *out)
{
    struct fact_key key = fact_key_item(term, block);
    struct bytes value;

    *out = 0;
    if (!facts_get(scan->facts, &key, &value))
        return false;
    *out = read_be64(value.data);
    return true;
}

static void put_flag(struct mention_scan *scan, struct bytes code, uint64_t index)
{
    struct fact_key term = mention_key(MENTION_FLAG, code);
    struct fact_key key = fact_key_item(&term, index / MENTION_BLOCK);
    struct buf value = {0};
    uint64_t bitmap;

    get_bitmap(scan, &term, index / MENTION_BLOCK, &bitmap);
    buf_append_be64(&value, bitmap | UINT64_C(1) << (index % MENTION_BLOCK));
    facts_put(scan->facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

/* Which records were flagged is only said at the end of their commit. */
static void take_seal(struct mention_scan *scan, const struct seal *seal, uint64_t index)
{
    struct seal_flags_reader reader = seal_flags_reader_of(seal->flags);
    struct scanned_commit *commit;
    struct seal_flag flag;

    while (seal_flags_next(&reader, &flag))
        put_flag(scan, flag.code, seal->first_index + flag.entry_offset);
    scan->commits = mem_realloc_array(scan->commits, scan->commit_count + 1,
                                      sizeof(*scan->commits));
    commit = &scan->commits[scan->commit_count++];
    *commit = (struct scanned_commit){
        .range = {.begin = seal->first_index, .end = index + 1},
        .received_at_ms = seal->received_at_ms,
    };
    buf_append_bytes(&commit->flags, seal->flags);
}

/* ---- reading ---- */

/* The log's index does not have seals, which are at the end of every commit. */
static bool is_seal(const struct statement *statement)
{
    struct record_reader reader = record_reader_of(statement->cose.payload);
    struct record record;

    return bytes_equal_text(statement->content_type, STATEMENT_TYPE_LOG) &&
           record_next(&reader, &record) && bytes_equal_text(record.type, "seal");
}

static bool take_entry(struct mention_scan *scan, struct bytes entry, uint64_t index,
                       bool *out_is_seal, struct err *err)
{
    struct statement statement;
    struct problem problem = {0};
    struct seal seal;
    size_t count;

    if (!statement_decode_form(&statement, entry, &problem) ||
        !record_check_payload(statement.cose.payload, &count, &problem))
        return err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is no statement: %s", index,
                       problem.detail);
    *out_is_seal = count == 1 && is_seal(&statement);
    if (!*out_is_seal) {
        put_records(scan, &statement, index);
        return true;
    }
    if (!seal_decode(&seal, statement.cose.payload, err))
        return false;
    take_seal(scan, &seal, index);
    return true;
}

/* The entries of one bundle from scan->end on; *out_done once enough was read. */
static bool read_bundle(struct mention_scan *scan, uint64_t wanted, bool *out_done,
                        struct err *err)
{
    uint64_t size = scan->copy->head.checkpoint.size;
    struct tile_id id = {.level = 0, .index = scan->end / TILE_WIDTH};
    uint64_t index = id.index * TILE_WIDTH;
    uint64_t end = index + tile_width(id, size);
    struct fetch_reply reply = {0};
    struct bytes entry;
    struct bytes rest;
    bool ok = tile_fetch(scan->copy->fetcher, &reply, id, tile_width(id, size), true, err);

    rest = bytes_of_buf(&reply.body);
    for (; ok && index < end && !*out_done; index++) {
        bool is_end = false;

        ok = bundle_next(&rest, &entry, err);
        if (!ok || index < scan->end)
            continue;
        ok = take_entry(scan, entry, index, &is_end, err);
        scan->end = index + 1;
        *out_done = is_end && scan->end >= wanted;
    }
    buf_cleanup(&reply.body);
    return ok;
}

bool mention_scan_run(struct mention_scan *out, const struct copy_reading *copy, uint64_t begin,
                      struct err *err)
{
    uint64_t size = copy->head.checkpoint.size;
    uint64_t wanted = size - begin < SCAN_ENTRIES ? size : begin + SCAN_ENTRIES;
    bool is_done = false;

    out->copy = copy;
    out->facts = facts_new(NULL);
    out->end = begin;
    while (!is_done && out->end < size) {
        if (!read_bundle(out, wanted, &is_done, err))
            return false;
    }
    return is_done ||
           err_set(err, ERR_CORRUPT, "the tree of size %" PRIu64 " does not end with a seal", size);
}

void mention_scan_cleanup(struct mention_scan *scan)
{
    for (size_t i = 0; i < scan->commit_count; i++)
        buf_cleanup(&scan->commits[i].flags);
    free(scan->commits);
    facts_free(scan->facts);
    rule_cache_cleanup(&scan->cache);
    record_fields_cleanup(&scan->fields);
}

/* ---- finding ---- */

bool mention_scan_find(struct mention_scan *scan, const struct mention_search *search,
                       uint64_t index, uint64_t *out)
{
    while (index < scan->end) {
        uint64_t block = index / MENTION_BLOCK;
        uint64_t bitmap = UINT64_MAX << (index % MENTION_BLOCK);

        for (size_t i = 0; i < search->term_count; i++) {
            uint64_t has;

            get_bitmap(scan, &search->terms[i], block, &has);
            bitmap &= has;
        }
        if (bitmap != 0) {
            *out = block * MENTION_BLOCK + (unsigned)__builtin_ctzll(bitmap);
            return *out < scan->end;
        }
        index = (block + 1) * MENTION_BLOCK;
    }
    return false;
}

const struct scanned_commit *mention_scan_commit(const struct mention_scan *scan, uint64_t index)
{
    size_t i = 0;

    while (index >= scan->commits[i].range.end)
        i++;
    return &scan->commits[i];
}
