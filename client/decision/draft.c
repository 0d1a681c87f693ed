#include "client/decision/draft.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/key.h"

bool record_id_make(uint8_t out[RECORD_ID_LEN], uint64_t now_ms, struct err *err)
{
    if (!random_fill(out, RECORD_ID_LEN, err))
        return false;
    for (size_t i = 0; i < 6; i++)
        out[i] = (uint8_t)(now_ms >> (40 - 8 * i));
    out[6] = (uint8_t)(0x70 | (out[6] & 0x0f));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3f));
    return true;
}

bool draft_begin(struct record_maker *out, const char *type, uint64_t now_ms, struct err *err)
{
    uint8_t id[RECORD_ID_LEN];

    if (!record_id_make(id, now_ms, err))
        return false;
    record_maker_put_literal(out, "type", type);
    record_maker_put_uint(out, "schema_version", 1);
    record_maker_put_bytes(out, "record_id", bytes_of(id, sizeof(id)));
    record_maker_put_uint(out, "occurred_at_ms", now_ms);
    record_maker_put_uint(out, "sequence_number", 0);
    return true;
}

void draft_put_option(struct record_maker *maker, const char *name, const char *value)
{
    if (value != NULL)
        record_maker_put_literal(maker, name, value);
}

void draft_append_reason(struct buf *out, const char *code, const char *description)
{
    struct record_maker maker = {0};

    record_maker_put_literal(&maker, "code", code);
    draft_put_option(&maker, "description", description);
    record_maker_finish(&maker, out);
}

void draft_append_reference(struct buf *out, struct bytes record_id, struct bytes issuer,
                            const struct hash *record_digest, uint64_t index)
{
    struct record_maker maker = {0};

    record_maker_put_bytes(&maker, "record_id", record_id);
    record_maker_put_text(&maker, "iss", issuer);
    record_maker_put_bytes(&maker, "record_digest", hash_bytes(record_digest));
    record_maker_put_uint(&maker, "index", index);
    record_maker_finish(&maker, out);
}

bool draft_append_versioned(struct buf *out, const char *option, const char *value,
                            struct err *err)
{
    const char *at = strrchr(value, '@');
    struct record_maker maker = {0};

    if (at == NULL || at == value || at[1] == '\0')
        return err_set(err, ERR_INVALID, "%s %s: ID@VERSION is needed", option, value);
    record_maker_put_text(&maker, "id", bytes_of(value, (size_t)(at - value)));
    record_maker_put_literal(&maker, "version", at + 1);
    record_maker_finish(&maker, out);
    return true;
}

bool draft_append_numbered(struct buf *out, struct bytes record, uint64_t number,
                           const char *stream, struct err *err)
{
    struct record_fields fields = {0};
    struct record_maker maker = {0};
    bool ok = record_fields_read(&fields, record, err);

    for (const struct field *field = ok ? field_first(fields.fields) : NULL; field != NULL;
         field = field_next(fields.fields, field)) {
        char *name = mem_format("%.*s", (int)field->key.len, (const char *)field->key.data);

        if (strcmp(name, "sequence_number") != 0 && (stream == NULL || strcmp(name, "stream") != 0))
            record_maker_put_field(&maker, name, field);
        free(name);
    }
    if (ok) {
        record_maker_put_uint(&maker, "sequence_number", number);
        draft_put_option(&maker, "stream", stream);
        record_maker_finish(&maker, out);
    }
    record_fields_cleanup(&fields);
    return ok;
}
