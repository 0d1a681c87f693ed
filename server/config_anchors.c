#include "server/config_anchors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/view.h"
#include "server/config_value.h"

enum { WEEK_S = 7 * 86400, TIMEOUT_MS_MAX = 120000 };

/* A text of an item, and whether it is a path. */
struct text_member {
    const char *name;
    size_t offset;
    bool is_path;
};

static const struct text_member TEXTS[] = {
    {"target", offsetof(struct anchor_options, target), false},
    {"kind", offsetof(struct anchor_options, kind), false},
    {"path", offsetof(struct anchor_options, path), true},
    {"url", offsetof(struct anchor_options, url), false},
    {"secret_file", offsetof(struct anchor_options, secret_file), true},
    {"token_file", offsetof(struct anchor_options, token_file), true},
    {"ca_file", offsetof(struct anchor_options, ca_file), true},
    {"vkey", offsetof(struct anchor_options, vkey), false},
    {"issuer", offsetof(struct anchor_options, issuer), false},
    {"issuer_key_file", offsetof(struct anchor_options, issuer_key_file), true},
    {"tenant", offsetof(struct anchor_options, tenant), false},
};

struct uint_member {
    const char *name;
    size_t offset;
    uint64_t min;
    uint64_t max;
    uint64_t default_value;
};

static const struct uint_member UINTS[] = {
    {"interval_s", offsetof(struct anchor_options, interval_s), 1, WEEK_S, 3600},
    {"timeout_ms", offsetof(struct anchor_options, timeout_ms), 100, TIMEOUT_MS_MAX, 15000},
    {"stale_s", offsetof(struct anchor_options, stale_s), 1, 4 * WEEK_S, 93600},
};

enum {
    TEXT_COUNT = sizeof(TEXTS) / sizeof(TEXTS[0]),
    UINT_COUNT = sizeof(UINTS) / sizeof(UINTS[0]),
};

static char **text_at(const struct anchor_options *item, const struct text_member *member)
{
    return (char **)(uintptr_t)((const char *)item + member->offset);
}

static uint64_t *uint_at(const struct anchor_options *item, const struct uint_member *member)
{
    return (uint64_t *)(uintptr_t)((const char *)item + member->offset);
}

static bool read_member(struct anchor_options *out, const char *name, const json_t *value,
                        struct err *err)
{
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (strcmp(TEXTS[i].name, name) == 0)
            return config_read_text(text_at(out, &TEXTS[i]), value, name, err);
    }
    for (size_t i = 0; i < UINT_COUNT; i++) {
        if (strcmp(UINTS[i].name, name) == 0)
            return config_read_uint(uint_at(out, &UINTS[i]), value, name, UINTS[i].min, UINTS[i].max,
                                    err);
    }
    return err_set(err, ERR_INVALID, "\"%s\" is no member of an anchor target", name);
}

static bool read_item(void *at, json_t *item, struct err *err)
{
    struct anchor_options *out = at;
    const char *name;
    json_t *value;

    if (!json_is_object(item))
        return err_set(err, ERR_INVALID, "an anchor target is a JSON object");
    for (size_t i = 0; i < UINT_COUNT; i++)
        *uint_at(out, &UINTS[i]) = UINTS[i].default_value;
    json_object_foreach(item, name, value)
    {
        if (!read_member(out, name, value, err))
            return false;
    }
    return anchor_options_check(out, err);
}

/* Two targets of one name would share their files. */
static bool is_named_before(const struct config_anchors *anchors, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        if (strcmp(anchors->items[i].target, anchors->items[number].target) == 0)
            return true;
    }
    return false;
}

static const struct config_list list = {
    .nouns = "targets",
    .count_max = ANCHOR_TARGETS_MAX,
    .item_len = sizeof(struct anchor_options),
    .read_item = read_item,
};

static bool read_anchors(void *at, const json_t *value, const char *name, struct err *err)
{
    struct config_anchors *out = at;

    if (!config_read_list(&list, out->items, &out->count, value, name, err))
        return false;
    for (size_t i = 0; i < out->count; i++) {
        if (is_named_before(out, i))
            return err_set(err, ERR_INVALID, "%s, item %zu: a target of this name is before it",
                           name, i);
    }
    return true;
}

static void cleanup(void *at)
{
    struct config_anchors *anchors = at;

    for (size_t i = 0; i < anchors->count; i++) {
        for (size_t k = 0; k < TEXT_COUNT; k++)
            free(*text_at(&anchors->items[i], &TEXTS[k]));
    }
    *anchors = (struct config_anchors){0};
}

static void make_absolute(void *at, const char *directory)
{
    struct config_anchors *anchors = at;

    for (size_t i = 0; i < anchors->count; i++) {
        for (size_t k = 0; k < TEXT_COUNT; k++) {
            char **text = text_at(&anchors->items[i], &TEXTS[k]);

            if (TEXTS[k].is_path && *text != NULL)
                config_make_absolute(text, directory);
        }
    }
}

static void append_item(struct buf *out, const struct anchor_options *item)
{
    const char *separator = "{";

    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (*text_at(item, &TEXTS[i]) == NULL)
            continue;
        buf_append_format(out, "%s\"%s\": ", separator, TEXTS[i].name);
        view_append_json_string(out, bytes_of_text(*text_at(item, &TEXTS[i])));
        separator = ", ";
    }
    for (size_t i = 0; i < UINT_COUNT; i++)
        buf_append_format(out, ", \"%s\": %" PRIu64, UINTS[i].name, *uint_at(item, &UINTS[i]));
    buf_append_byte(out, '}');
}

static void append_json(struct buf *out, const void *at)
{
    const struct config_anchors *anchors = at;

    buf_append_byte(out, '[');
    for (size_t i = 0; i < anchors->count; i++) {
        buf_append_text(out, i == 0 ? "" : ", ");
        append_item(out, &anchors->items[i]);
    }
    buf_append_byte(out, ']');
}

const struct config_other config_anchors_member = {
    .read = read_anchors,
    .append_json = append_json,
    .make_absolute = make_absolute,
    .cleanup = cleanup,
};
