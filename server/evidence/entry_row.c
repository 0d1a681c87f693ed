#include "server/evidence/entry_row.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "schemas/statement.h"
#include "server/tlog/tlog_read.h"

enum { TYPES_SHOWN_MAX = 32 };

void entry_rows_init(struct entry_rows *out, struct store *store, enum log_kind kind,
                     bool with_records)
{
    *out = (struct entry_rows){
        .commit = {.store = store, .has_seals = kind == LOG_EVIDENCE},
        .with_records = with_records && kind == LOG_EVIDENCE,
    };
}

void entry_rows_cleanup(struct entry_rows *rows)
{
    commit_view_cleanup(&rows->commit);
    buf_cleanup(&rows->entry);
}

static void put_entry_id(struct buf *out, const struct hash *leaf_hash)
{
    struct buf id = {0};

    text_append_hex(&id, hash_bytes(leaf_hash));
    dcbor_put_literal(out, "entry_id");
    dcbor_put_text(out, bytes_of_buf(&id));
    buf_cleanup(&id);
}

/* The names of broken rules, which follow each other in the seal's order. Returns how many. */
static size_t append_flags(struct buf *out, const struct commit_view *commit, uint64_t index)
{
    struct entry_flags flags = commit_view_flags(commit, index);
    struct seal_flag flag;
    struct seal_flag last = {0};
    size_t count = 0;

    while (entry_flags_next(&flags, &flag)) {
        struct buf name = {0};

        if (bytes_equal(flag.rule, last.rule) && bytes_equal(flag.code, last.code))
            continue;
        buf_append_bytes(&name, flag.rule);
        buf_append_byte(&name, '/');
        buf_append_bytes(&name, flag.code);
        dcbor_put_text(out, bytes_of_buf(&name));
        buf_cleanup(&name);
        last = flag;
        count++;
    }
    return count;
}

static bool is_among(struct bytes type, const struct bytes *types, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(type, types[i]))
            return true;
    }
    return false;
}

static void put_types(struct buf *out, struct bytes payload)
{
    struct record_reader reader = record_reader_of(payload);
    struct bytes types[TYPES_SHOWN_MAX];
    size_t count = 0;
    struct record record;

    while (count < TYPES_SHOWN_MAX && record_next(&reader, &record)) {
        if (!is_among(record.type, types, count))
            types[count++] = record.type;
    }
    dcbor_put_literal(out, "types");
    dcbor_put_array(out, count);
    for (size_t i = 0; i < count; i++)
        dcbor_put_text(out, types[i]);
}

static void put_records(struct buf *out, struct bytes payload)
{
    struct record_reader reader = record_reader_of(payload);
    struct record record;

    dcbor_put_literal(out, "records");
    dcbor_put_array(out, reader.count);
    while (record_next(&reader, &record))
        buf_append_bytes(out, record.encoded);
}

static void put_uint_member(struct buf *out, const char *name, uint64_t value)
{
    dcbor_put_literal(out, name);
    dcbor_put_uint(out, value);
}

/* Names in the order of deterministic CBOR: shorter ones first, then by their bytes. */
static bool append_statement(struct entry_rows *rows, struct buf *out, uint64_t index,
                             const struct hash *leaf_hash, struct err *err)
{
    struct statement statement;
    struct problem problem = {0};
    struct buf flags = {0};
    size_t record_count;
    size_t flag_count;

    if (!statement_decode_form(&statement, bytes_of_buf(&rows->entry), &problem) ||
        !record_check_payload(statement.cose.payload, &record_count, &problem))
        return err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is no statement: %s", index,
                       problem.detail);
    flag_count = append_flags(&flags, &rows->commit, index);
    dcbor_put_map(out, 6u + (flag_count > 0) + rows->with_records);
    if (flag_count > 0) {
        dcbor_put_literal(out, "flags");
        dcbor_put_array(out, flag_count);
        buf_append_bytes(out, bytes_of_buf(&flags));
    }
    put_uint_member(out, "index", index);
    put_types(out, statement.cose.payload);
    dcbor_put_literal(out, "issuer");
    dcbor_put_text(out, statement.issuer);
    if (rows->with_records)
        put_records(out, statement.cose.payload);
    put_entry_id(out, leaf_hash);
    put_uint_member(out, "record_count", record_count);
    put_uint_member(out, "received_at_ms", rows->commit.head.received_at_ms);
    buf_cleanup(&flags);
    return true;
}

static void append_opaque(struct entry_rows *rows, struct buf *out, uint64_t index,
                          const struct hash *leaf_hash)
{
    dcbor_put_map(out, 3);
    put_uint_member(out, "index", index);
    put_entry_id(out, leaf_hash);
    put_uint_member(out, "received_at_ms", rows->commit.head.received_at_ms);
}

bool entry_rows_append(struct entry_rows *rows, struct buf *out, uint64_t index, struct err *err)
{
    struct hash leaf_hash;

    buf_clear(&rows->entry);
    if (!commit_view_seek(&rows->commit, index, err) ||
        !tlog_read_entry(rows->commit.store, &rows->entry, &leaf_hash, index, err))
        return false;
    if (rows->commit.has_seals)
        return append_statement(rows, out, index, &leaf_hash, err);
    append_opaque(rows, out, index, &leaf_hash);
    return true;
}
