#include "schemas/head_export.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/record.h"
#include "schemas/record_fields.h"
#include "schemas/record_maker.h"
#include "schemas/statement.h"

enum { RECORD_ID_LEN = 16 };

/* What the identifiers are made from: a repetition at another time is another record. */
static void identify(struct hash *out, const struct head_export *said)
{
    struct buf content = {0};

    buf_append_text(&content, "vouch/head-export/v1");
    buf_append_byte(&content, 0);
    buf_append_be64(&content, said->at_ms);
    buf_append_bytes(&content, said->note);
    hash_sha256(out, bytes_of_buf(&content));
    buf_cleanup(&content);
}

static void put_record_id(struct record_maker *maker, const struct hash *identity)
{
    uint8_t id[RECORD_ID_LEN];

    memcpy(id, identity->bytes, sizeof(id));
    id[6] = (uint8_t)(0x80 | (id[6] & 0x0f)); /* version */
    id[8] = (uint8_t)(0x80 | (id[8] & 0x3f)); /* variant */
    record_maker_put_bytes(maker, "record_id", bytes_of(id, sizeof(id)));
}

/* Letters only: digits could look like somebody's number to the lint against personal data. */
static void put_stream(struct record_maker *maker, const struct hash *identity)
{
    char name[2 * RECORD_ID_LEN + 1] = {0};

    for (size_t i = 0; i < RECORD_ID_LEN; i++) {
        name[2 * i] = (char)('a' + (identity->bytes[i] >> 4));
        name[2 * i + 1] = (char)('a' + (identity->bytes[i] & 0x0f));
    }
    record_maker_put_literal(maker, "stream", name);
}

/* Ends the map that is being made and puts it into another one. */
static void put_map(struct record_maker *maker, const char *name, struct record_maker *map)
{
    struct buf encoded = {0};

    record_maker_finish(map, &encoded);
    record_maker_put_encoded(maker, name, bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

static void put_header(struct record_maker *maker, const struct head_export *said)
{
    struct record_maker actor = {0};
    struct hash identity;

    identify(&identity, said);
    record_maker_put_literal(maker, "type", "export");
    record_maker_put_uint(maker, "schema_version", 1);
    put_record_id(maker, &identity);
    record_maker_put_literal(maker, "tenant", said->tenant);
    record_maker_put_uint(maker, "occurred_at_ms", said->at_ms);
    record_maker_put_uint(maker, "sequence_number", 0);
    put_stream(maker, &identity);
    record_maker_put_literal(&actor, "kind", "system");
    record_maker_put_literal(&actor, "id", said->issuer);
    put_map(maker, "actor", &actor);
}

static void put_tree(struct record_maker *maker, const struct checkpoint *head)
{
    struct record_maker tree = {0};

    record_maker_put_uint(&tree, "size", head->size);
    record_maker_put_bytes(&tree, "root", hash_bytes(&head->root));
    put_map(maker, "tree", &tree);
}

static void put_digest(struct record_maker *maker, struct bytes note)
{
    struct record_maker payload = {0};
    struct hash digest;

    hash_sha256(&digest, note);
    record_maker_put_literal(&payload, "algorithm", "sha-256");
    record_maker_put_bytes(&payload, "digest", hash_bytes(&digest));
    record_maker_put_uint(&payload, "length_bytes", note.len);
    put_map(maker, "evidence_bundle", &payload);
}

void head_export_append(struct buf *out, const struct head_export *said)
{
    struct record_maker maker = {0};
    char *extent = mem_format("the signed head of the log %s", said->head->origin);

    put_header(&maker, said);
    record_maker_put_literal(&maker, "operation", "generate");
    record_maker_put_literal(&maker, "extent", extent);
    record_maker_put_literal(&maker, "recipient", said->recipient);
    put_tree(&maker, said->head);
    put_digest(&maker, said->note);
    record_maker_finish(&maker, out);
    free(extent);
}

/* ---- reading ---- */

static bool is_of(const struct field *record, const struct checkpoint *head, struct bytes note)
{
    const struct field *payload = field_get(record, "evidence_bundle");
    const struct field *tree = field_get(record, "tree");
    struct hash digest;

    hash_sha256(&digest, note);
    return field_is_text(field_get(record, "type"), "export") &&
           field_is_text(field_get(payload, "algorithm"), "sha-256") &&
           bytes_equal(field_bytes(field_get(payload, "digest")), hash_bytes(&digest)) &&
           field_uint(field_get(tree, "size"), UINT64_MAX) == head->size &&
           bytes_equal(field_bytes(field_get(tree, "root")), hash_bytes(&head->root));
}

bool head_export_is_entry(struct bytes entry, const struct checkpoint *head, struct bytes note)
{
    struct statement statement;
    struct problem problem = {0};
    struct record_fields fields = {0};
    struct err ignored = {0};
    size_t count;
    bool is;

    if (!statement_decode_form(&statement, entry, &problem) ||
        !record_check_payload(statement.cose.payload, &count, &problem) || count != 1)
        return false;
    is = record_fields_read(&fields, statement.cose.payload, &ignored) &&
         is_of(fields.fields, head, note);
    record_fields_cleanup(&fields);
    return is;
}
