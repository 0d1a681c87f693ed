#include "server/config_paths.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/view.h"
#include "server/config_value.h"

enum { PATHS_MAX = 64 };

static bool read_paths(void *at, const json_t *value, const char *name, struct err *err)
{
    struct config_paths *out = at;
    size_t count = json_array_size(value);

    if (!json_is_array(value))
        return config_refuse(err, name, "a list of texts");
    if (count > PATHS_MAX)
        return err_set(err, ERR_INVALID, "\"%s\" has more than %d items", name, PATHS_MAX);
    out->items = mem_alloc_array(count, sizeof(*out->items));
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        if (!config_read_text(&out->items[i], json_array_get(value, i), name, err))
            return err_wrap(err, "%s, item %zu", name, i);
    }
    return true;
}

static void cleanup(void *at)
{
    struct config_paths *paths = at;

    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
    *paths = (struct config_paths){0};
}

static void append_json(struct buf *out, const void *at)
{
    const struct config_paths *paths = at;

    buf_append_byte(out, '[');
    for (size_t i = 0; i < paths->count; i++) {
        if (i > 0)
            buf_append_text(out, ", ");
        view_append_json_string(out, bytes_of_text(paths->items[i]));
    }
    buf_append_byte(out, ']');
}

static void make_absolute(void *at, const char *directory)
{
    struct config_paths *paths = at;

    for (size_t i = 0; i < paths->count; i++)
        config_make_absolute(&paths->items[i], directory);
}

const struct config_other config_paths_member = {
    .read = read_paths,
    .append_json = append_json,
    .make_absolute = make_absolute,
    .cleanup = cleanup,
};

const struct config_other config_texts_member = {
    .read = read_paths,
    .append_json = append_json,
    .cleanup = cleanup,
};
