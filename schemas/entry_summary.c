#include "schemas/entry_summary.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "schemas/seal_flags.h"
#include "schemas/statement.h"

enum { TYPES_SHOWN_MAX = 32 };

static void put_entry_id(struct buf *out, const struct hash *leaf_hash)
{
    struct buf id = {0};

    text_append_hex(&id, hash_bytes(leaf_hash));
    dcbor_put_literal(out, "entry_id");
    dcbor_put_text(out, bytes_of_buf(&id));
    buf_cleanup(&id);
}

/* The names of broken rules, which follow each other in the seal's order. Returns how many. */
static size_t append_flags(struct buf *out, const struct entry_summary *summary)
{
    struct seal_flags_reader reader = seal_flags_reader_of(summary->flags);
    struct seal_flag flag;
    struct seal_flag last = {0};
    size_t count = 0;

    while (seal_flags_next(&reader, &flag)) {
        if (flag.entry_offset != summary->entry_offset ||
            (bytes_equal(flag.rule, last.rule) && bytes_equal(flag.code, last.code)))
            continue;
        seal_flag_put_name(out, &flag);
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

static void put_uint_member(struct buf *out, const char *name, uint64_t value)
{
    dcbor_put_literal(out, name);
    dcbor_put_uint(out, value);
}

/* Names in the order of deterministic CBOR: shorter ones first, then by their bytes. */
static void append_members(struct buf *out, const struct entry_summary *summary,
                           const struct statement *statement, size_t record_count)
{
    struct buf flags = {0};
    size_t flag_count = append_flags(&flags, summary);

    dcbor_put_map(out, 6u + (flag_count > 0) + summary->with_records);
    if (flag_count > 0) {
        dcbor_put_literal(out, "flags");
        dcbor_put_array(out, flag_count);
        buf_append_bytes(out, bytes_of_buf(&flags));
    }
    put_uint_member(out, "index", summary->index);
    put_types(out, statement->cose.payload);
    dcbor_put_literal(out, "issuer");
    dcbor_put_text(out, statement->issuer);
    if (summary->with_records)
        record_put_all(out, statement->cose.payload);
    put_entry_id(out, &summary->leaf_hash);
    put_uint_member(out, "record_count", record_count);
    put_uint_member(out, "received_at_ms", summary->received_at_ms);
    buf_cleanup(&flags);
}

bool entry_summary_append_statement(struct buf *out, const struct entry_summary *summary,
                                    struct err *err)
{
    struct statement statement;
    struct problem problem = {0};
    size_t record_count;

    if (!statement_decode_form(&statement, summary->entry, &problem) ||
        !record_check_payload(statement.cose.payload, &record_count, &problem))
        return err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is no statement: %s", summary->index,
                       problem.detail);
    append_members(out, summary, &statement, record_count);
    return true;
}

void entry_summary_append_opaque(struct buf *out, const struct entry_summary *summary)
{
    dcbor_put_map(out, 3);
    put_uint_member(out, "index", summary->index);
    put_entry_id(out, &summary->leaf_hash);
    put_uint_member(out, "received_at_ms", summary->received_at_ms);
}
