#include "server/config_webhooks.h"

#include <stdlib.h>
#include <string.h>

#include "client/fetch/outside_url.h"
#include "schemas/view.h"
#include "server/config_value.h"

static bool read_form(enum notice_form *out, const json_t *item, struct err *err)
{
    const char *form = json_string_value(json_object_get(item, "form"));

    *out = NOTICE_JSON;
    if (json_object_get(item, "form") == NULL ||
        (form != NULL && notice_form_find(out, form)))
        return true;
    return err_set(err, ERR_INVALID, "\"form\" must be \"json\", \"slack\" or \"teams\"");
}

static bool read_item(void *at, json_t *item, struct err *err)
{
    struct webhook_options *out = at;
    size_t known = json_object_get(item, "form") != NULL ? 3 : 2;

    return config_read_text(&out->url, json_object_get(item, "url"), "url", err) &&
           config_read_text(&out->secret_file, json_object_get(item, "secret_file"), "secret_file",
                            err) &&
           read_form(&out->form, item, err) && outside_url_check(out->url, err) &&
           (json_object_size(item) == known ||
            err_set(err, ERR_INVALID, "a webhook has \"url\", \"form\" and \"secret_file\" only"));
}

static const struct config_list list = {
    .nouns = "webhooks",
    .count_max = WEBHOOKS_MAX,
    .item_len = sizeof(struct webhook_options),
    .read_item = read_item,
};

static bool read_webhooks(void *at, const json_t *value, const char *name, struct err *err)
{
    struct config_webhooks *out = at;

    return config_read_list(&list, out->items, &out->count, value, name, err);
}

static void cleanup(void *at)
{
    struct config_webhooks *webhooks = at;

    for (size_t i = 0; i < webhooks->count; i++) {
        free(webhooks->items[i].url);
        free(webhooks->items[i].secret_file);
    }
    *webhooks = (struct config_webhooks){0};
}

static void make_absolute(void *at, const char *directory)
{
    struct config_webhooks *webhooks = at;

    for (size_t i = 0; i < webhooks->count; i++)
        config_make_absolute(&webhooks->items[i].secret_file, directory);
}

static void append_json(struct buf *out, const void *at)
{
    const struct config_webhooks *webhooks = at;

    buf_append_byte(out, '[');
    for (size_t i = 0; i < webhooks->count; i++) {
        const struct webhook_options *item = &webhooks->items[i];

        buf_append_text(out, i == 0 ? "{\"url\": " : ", {\"url\": ");
        view_append_json_string(out, bytes_of_text(item->url));
        buf_append_format(out, ", \"form\": \"%s\", \"secret_file\": ",
                          notice_form_name(item->form));
        view_append_json_string(out, bytes_of_text(item->secret_file));
        buf_append_byte(out, '}');
    }
    buf_append_byte(out, ']');
}

const struct config_other config_webhooks_member = {
    .read = read_webhooks,
    .append_json = append_json,
    .make_absolute = make_absolute,
    .cleanup = cleanup,
};
