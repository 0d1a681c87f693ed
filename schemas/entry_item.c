#include "schemas/entry_item.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "schemas/statement.h"

static void put_uint_member(struct buf *out, const char *name, uint64_t value)
{
    dcbor_put_literal(out, name);
    dcbor_put_uint(out, value);
}

static void put_text_member(struct buf *out, const char *name, struct bytes value)
{
    dcbor_put_literal(out, name);
    dcbor_put_text(out, value);
}

static void put_entry_id(struct buf *out, const struct hash *leaf_hash)
{
    struct buf id = {0};

    text_append_hex(&id, hash_bytes(leaf_hash));
    put_text_member(out, "entry_id", bytes_of_buf(&id));
    buf_cleanup(&id);
}

void entry_item_append_opaque(struct buf *out, const struct entry_item *item)
{
    dcbor_put_map(out, 3u + 2u * item->has_commit);
    dcbor_put_literal(out, "entry");
    dcbor_put_bytes(out, item->entry);
    put_uint_member(out, "index", item->index);
    put_entry_id(out, &item->leaf_hash);
    if (item->has_commit) {
        put_uint_member(out, "head_size", item->head_size);
        put_uint_member(out, "received_at_ms", item->received_at_ms);
    }
}

/* Names in the order of deterministic CBOR: shorter ones first, then by their bytes. */
static void append_members(struct buf *out, const struct entry_item *item,
                           const struct statement *statement)
{
    dcbor_put_map(out, 8u + 2u * item->has_commit + (statement->subject.len > 0) +
                           (item->flags.len > 0));
    dcbor_put_literal(out, "entry");
    dcbor_put_bytes(out, item->entry);
    if (item->flags.len > 0) {
        dcbor_put_literal(out, "flags");
        buf_append_bytes(out, item->flags);
    }
    put_uint_member(out, "index", item->index);
    put_text_member(out, "issuer", statement->issuer);
    record_put_all(out, statement->cose.payload);
    if (statement->subject.len > 0)
        put_text_member(out, "subject", statement->subject);
    put_entry_id(out, &item->leaf_hash);
    if (item->has_commit)
        put_uint_member(out, "head_size", item->head_size);
    put_uint_member(out, "issued_at_s", statement->issued_at_s);
    put_text_member(out, "content_type", statement->content_type);
    dcbor_put_literal(out, "statement_id");
    dcbor_put_bytes(out, hash_bytes(&statement->sid));
    if (item->has_commit)
        put_uint_member(out, "received_at_ms", item->received_at_ms);
}

bool entry_item_append_statement(struct buf *out, const struct entry_item *item, struct err *err)
{
    struct statement statement;
    struct problem problem = {0};
    size_t record_count;

    if (!statement_decode(&statement, item->entry, &problem) ||
        !record_check_payload(statement.cose.payload, &record_count, &problem))
        return err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is no statement: %s", item->index,
                       problem.detail);
    append_members(out, item, &statement);
    return true;
}
