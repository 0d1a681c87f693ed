#include "schemas/refusal.h"

#include <string.h>

#include "schemas/record_fields.h"
#include "schemas/record_maker.h"

enum { SCHEMA_VERSION = 1 };

void refusal_encode(struct buf *out, const struct refusal *refusal)
{
    struct record_maker maker = {0};

    record_maker_put_literal(&maker, "type", "refusal");
    record_maker_put_uint(&maker, "schema_version", SCHEMA_VERSION);
    record_maker_put_bytes(&maker, "statement_id", hash_bytes(&refusal->statement_id));
    record_maker_put_text(&maker, "rule", refusal->rule);
    record_maker_put_text(&maker, "code", refusal->code);
    record_maker_put_uint(&maker, "size", refusal->size);
    record_maker_put_uint(&maker, "received_at_ms", refusal->received_at_ms);
    record_maker_finish(&maker, out);
}

static bool read(struct refusal *out, const struct field *record)
{
    struct bytes id = field_bytes(field_get(record, "statement_id"));
    const struct field *size = field_get(record, "size");
    const struct field *received = field_get(record, "received_at_ms");

    out->rule = field_text(field_get(record, "rule"));
    out->code = field_text(field_get(record, "code"));
    if (!field_is_text(field_get(record, "type"), "refusal") || id.len != HASH_LEN ||
        field_uint(field_get(record, "schema_version"), 0) != SCHEMA_VERSION ||
        out->rule.len == 0 || out->code.len == 0 || size == NULL || size->type != DCBOR_UINT ||
        received == NULL || received->type != DCBOR_UINT)
        return false;
    memcpy(out->statement_id.bytes, id.data, HASH_LEN);
    out->size = size->value;
    out->received_at_ms = received->value;
    return true;
}

bool refusal_decode(struct refusal *out, struct bytes record, struct err *err)
{
    struct record_fields fields = {0};
    bool ok = dcbor_check(record, err) && record_fields_read(&fields, record, err) &&
              (read(out, fields.fields) || err_set(err, ERR_INVALID, "not a refusal"));

    record_fields_cleanup(&fields);
    return ok || err_wrap(err, "refusal");
}
