#include "server/config_monitoring.h"

#include <stdlib.h>
#include <string.h>

#include "client/fetch/fetch.h"
#include "schemas/view.h"

static bool read_text(char **out, const json_t *item, const char *name, struct err *err)
{
    const json_t *value = json_object_get(item, name);
    const char *text = json_string_value(value);

    if (text == NULL || text[0] == 0 || strlen(text) != json_string_length(value))
        return err_set(err, ERR_INVALID, "\"%s\" must be a non-empty string", name);
    *out = mem_copy_text(text);
    return true;
}

static bool read_item(struct witness_monitoring *out, const json_t *item, struct err *err)
{
    return read_text(&out->name, item, "name", err) && read_text(&out->url, item, "url", err) &&
           fetch_check_url(out->url, err) &&
           (json_object_size(item) == 2 ||
            err_set(err, ERR_INVALID, "a witness has \"name\" and \"url\" only here"));
}

static bool read_monitoring(void *at, const json_t *value, const char *name, struct err *err)
{
    struct config_monitoring *out = at;
    size_t count = json_array_size(value);

    if (!json_is_array(value) || count > WITNESSING_WITNESSES_MAX)
        return err_set(err, ERR_INVALID, "\"%s\" must be a list of at most %d witnesses", name,
                       WITNESSING_WITNESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        out->count++;
        if (!read_item(&out->items[i], json_array_get(value, i), err))
            return err_wrap(err, "%s, item %zu", name, i);
    }
    return true;
}

static void cleanup(void *at)
{
    struct config_monitoring *monitoring = at;

    for (size_t i = 0; i < monitoring->count; i++) {
        free(monitoring->items[i].name);
        free(monitoring->items[i].url);
    }
    *monitoring = (struct config_monitoring){0};
}

static void append_json(struct buf *out, const void *at)
{
    const struct config_monitoring *monitoring = at;

    buf_append_byte(out, '[');
    for (size_t i = 0; i < monitoring->count; i++) {
        buf_append_text(out, i == 0 ? "{\"name\": " : ", {\"name\": ");
        view_append_json_string(out, bytes_of_text(monitoring->items[i].name));
        buf_append_text(out, ", \"url\": ");
        view_append_json_string(out, bytes_of_text(monitoring->items[i].url));
        buf_append_byte(out, '}');
    }
    buf_append_byte(out, ']');
}

const struct config_other config_monitoring_member = {
    .read = read_monitoring,
    .append_json = append_json,
    .cleanup = cleanup,
};
