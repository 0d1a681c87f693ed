#include "client/decision/overlay.h"

#include <stdlib.h>

#include "base/file.h"
#include "client/decision/draft.h"
#include "schemas/view.h"

static bool was_put(const struct overlay *overlay, struct bytes name)
{
    for (size_t i = 0; i < overlay->count; i++) {
        if (bytes_equal_text(name, overlay->names[i]))
            return true;
    }
    return false;
}

static void remember(struct overlay *overlay, const char *name)
{
    CHECK(overlay->count < OVERLAY_MEMBERS_MAX && !was_put(overlay, bytes_of_text(name)));
    overlay->names[overlay->count++] = name;
}

bool overlay_begin_record(struct overlay *overlay, const char *type, uint64_t now_ms,
                          struct err *err)
{
    static const char *const NAMES[] = {"type", "schema_version", "record_id", "occurred_at_ms",
                                        "sequence_number"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
        remember(overlay, NAMES[i]);
    return draft_begin(&overlay->maker, type, now_ms, err);
}

void overlay_put_text(struct overlay *overlay, const char *name, const char *value)
{
    if (value == NULL)
        return;
    remember(overlay, name);
    record_maker_put_literal(&overlay->maker, name, value);
}

void overlay_put_uint(struct overlay *overlay, const char *name, uint64_t value)
{
    remember(overlay, name);
    record_maker_put_uint(&overlay->maker, name, value);
}

void overlay_put_bytes(struct overlay *overlay, const char *name, struct bytes value)
{
    remember(overlay, name);
    record_maker_put_bytes(&overlay->maker, name, value);
}

void overlay_put_encoded(struct overlay *overlay, const char *name, struct bytes encoded)
{
    remember(overlay, name);
    record_maker_put_encoded(&overlay->maker, name, encoded);
}

bool overlay_has(const struct overlay *overlay, const char *name)
{
    return was_put(overlay, bytes_of_text(name)) || field_get(overlay->base, name) != NULL;
}

void overlay_default_text(struct overlay *overlay, const char *name, const char *value)
{
    if (!overlay_has(overlay, name))
        overlay_put_text(overlay, name, value);
}

void overlay_default_uint(struct overlay *overlay, const char *name, uint64_t value)
{
    if (!overlay_has(overlay, name))
        overlay_put_uint(overlay, name, value);
}

void overlay_finish(struct overlay *overlay, struct buf *out)
{
    for (const struct field *field = field_first(overlay->base); field != NULL;
         field = field_next(overlay->base, field)) {
        char *name;

        if (was_put(overlay, field->key))
            continue;
        name = mem_format("%.*s", (int)field->key.len, (const char *)field->key.data);
        record_maker_put_field(&overlay->maker, name, field);
        free(name);
    }
    record_maker_finish(&overlay->maker, out);
    overlay->count = 0;
}

bool overlay_file_read(struct overlay_file *out, const char *path, struct err *err)
{
    struct buf text = {0};
    bool ok = true;

    if (path == NULL)
        buf_append_text(&text, "{}");
    else
        ok = file_read(&text, path, OVERLAY_FILE_LEN_MAX, err);
    ok = ok && view_parse_json(&out->encoded, bytes_of_buf(&text), err) &&
         record_fields_read(&out->fields, bytes_of_buf(&out->encoded), err);
    if (ok && out->fields.fields[0].type != DCBOR_MAP)
        ok = err_set(err, ERR_INVALID, "a JSON object is needed");
    buf_cleanup(&text);
    return ok || (path != NULL ? err_wrap(err, "%s", path) : false);
}

void overlay_file_cleanup(struct overlay_file *file)
{
    record_fields_cleanup(&file->fields);
    buf_cleanup(&file->encoded);
}
