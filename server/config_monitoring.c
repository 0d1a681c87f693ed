#include "server/config_monitoring.h"

#include <stdlib.h>
#include <string.h>

#include "client/fetch/fetch.h"
#include "schemas/view.h"
#include "server/config_value.h"

static bool read_item(void *at, json_t *item, struct err *err)
{
    struct witness_monitoring *out = at;

    return config_read_text(&out->name, json_object_get(item, "name"), "name", err) &&
           config_read_text(&out->url, json_object_get(item, "url"), "url", err) &&
           fetch_check_url(out->url, err) &&
           (json_object_size(item) == 2 ||
            err_set(err, ERR_INVALID, "a witness has \"name\" and \"url\" only here"));
}

static const struct config_list list = {
    .nouns = "witnesses",
    .count_max = WITNESSING_WITNESSES_MAX,
    .item_len = sizeof(struct witness_monitoring),
    .read_item = read_item,
};

static bool read_monitoring(void *at, const json_t *value, const char *name, struct err *err)
{
    struct config_monitoring *out = at;

    return config_read_list(&list, out->items, &out->count, value, name, err);
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
