#include "server/config_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "schemas/view.h"
#include "server/config_value.h"

enum { MEMBERS_MAX = 64 };

static const char *const levels[] = {"error", "warn", "info", "debug"};

enum { LEVEL_COUNT = sizeof(levels) / sizeof(levels[0]) };

static void *place_of(const void *config, const struct config_member *member)
{
    return (void *)((uintptr_t)config + member->offset);
}

static char **text_at(const void *config, const struct config_member *member)
{
    return place_of(config, member);
}

static bool is_text(const struct config_member *member)
{
    return member->type == CONFIG_TEXT || member->type == CONFIG_PATH ||
           member->type == CONFIG_OPTIONAL_PATH;
}

static uint64_t *uint_at(const void *config, const struct config_member *member)
{
    return place_of(config, member);
}

static bool *bool_at(const void *config, const struct config_member *member)
{
    return place_of(config, member);
}

/* ---- one reader for each type ---- */

static bool read_level(void *config, const struct config_member *member, const json_t *value,
                       struct err *err)
{
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        if (json_is_string(value) && strcmp(json_string_value(value), levels[i]) == 0) {
            *uint_at(config, member) = i;
            return true;
        }
    }
    return config_refuse(err, member->name, "\"error\", \"warn\", \"info\" or \"debug\"");
}

static bool read_choice(const struct config_member *member, const json_t *value, struct err *err)
{
    if (json_is_string(value) && strcmp(json_string_value(value), member->default_text) == 0)
        return true;
    return err_set(err, ERR_INVALID, "\"%s\" must be \"%s\" here", member->name,
                   member->default_text);
}

static bool read_optional(char **out, const json_t *value, const char *name, struct err *err)
{
    return json_is_null(value) || config_read_text(out, value, name, err);
}

static bool read_member(void *config, const struct config_member *member, const json_t *value,
                        struct err *err)
{
    switch (member->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH:
        return config_read_text(text_at(config, member), value, member->name, err);
    case CONFIG_OPTIONAL_PATH:
        return read_optional(text_at(config, member), value, member->name, err);
    case CONFIG_BOOL:
        *bool_at(config, member) = json_is_true(value);
        return json_is_boolean(value) || config_refuse(err, member->name, "true or false");
    case CONFIG_UINT:
        return config_read_uint(uint_at(config, member), value, member->name, member->min, member->max,
                                err);
    case CONFIG_LEVEL:
        return read_level(config, member, value, err);
    case CONFIG_CHOICE:
        return read_choice(member, value, err);
    case CONFIG_OTHER:
        break;
    }
    return member->other->read(place_of(config, member), value, member->name, err);
}

/* ---- the file ---- */

static bool refuse_unknown(const struct config_table *table, const char *name, struct err *err)
{
    const char *names[MEMBERS_MAX];
    const char *nearest;

    for (size_t i = 0; i < table->member_count; i++)
        names[i] = table->members[i].name;
    nearest = text_nearest(name, names, table->member_count);
    if (nearest == NULL)
        return err_set(err, ERR_INVALID, "unknown key \"%.64s\"", name);
    return err_set(err, ERR_INVALID, "unknown key \"%.64s\"; do you mean \"%s\"?", name, nearest);
}

static bool read_object(const struct config_table *table, void *config, json_t *object,
                        struct err *err)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        size_t i = 0;

        while (i < table->member_count && strcmp(table->members[i].name, name) != 0)
            i++;
        if (i == table->member_count)
            return refuse_unknown(table, name, err);
        if (!read_member(config, &table->members[i], value, err))
            return false;
    }
    return true;
}

static void set_defaults(const struct config_table *table, void *config)
{
    CHECK(table->member_count <= MEMBERS_MAX);
    for (size_t i = 0; i < table->member_count; i++) {
        const struct config_member *member = &table->members[i];

        if (member->type == CONFIG_UINT || member->type == CONFIG_LEVEL)
            *uint_at(config, member) = member->default_value;
        else if ((member->type == CONFIG_TEXT || member->type == CONFIG_PATH) &&
                 member->default_text != NULL)
            *text_at(config, member) = mem_copy_text(member->default_text);
    }
}

static bool check_required(const struct config_table *table, const void *config, struct err *err)
{
    for (size_t i = 0; i < table->member_count; i++) {
        const struct config_member *member = &table->members[i];

        if ((member->type == CONFIG_TEXT || member->type == CONFIG_PATH) &&
            *text_at(config, member) == NULL)
            return err_set(err, ERR_INVALID, "\"%s\" is missing", member->name);
    }
    return true;
}

void config_make_absolute(char **path, const char *directory)
{
    char *absolute;

    if ((*path)[0] == '/')
        return;
    absolute = mem_format("%s/%s", directory, *path);
    free(*path);
    *path = absolute;
}

static void make_paths_absolute(const struct config_table *table, void *config)
{
    char *directory = mem_copy_text(*(char **)config);

    strrchr(directory, '/')[0] = 0; /* the path of the file is absolute */
    for (size_t i = 0; i < table->member_count; i++) {
        const struct config_member *member = &table->members[i];

        if (is_text(member) && member->type != CONFIG_TEXT && *text_at(config, member) != NULL)
            config_make_absolute(text_at(config, member), directory);
        else if (member->type == CONFIG_OTHER && member->other->make_absolute != NULL)
            member->other->make_absolute(place_of(config, member), directory);
    }
    free(directory);
}

static bool find_file(char **out, const char *path, struct err *err)
{
    struct stat status;
    char *absolute = realpath(path, NULL);

    if (absolute == NULL)
        return err_set(err, ERR_NOT_FOUND, "%s: there is no such file or directory", path);
    if (stat(absolute, &status) == 0 && S_ISDIR(status.st_mode)) {
        *out = mem_format("%s/vouchd.json", absolute);
        free(absolute);
    } else {
        *out = absolute;
    }
    return true;
}

/* The object in a file; it and *out_path, the absolute path, are the caller's in any case. */
static bool load_object(json_t **out, char **out_path, const char *path, struct err *err)
{
    json_error_t json_error;
    struct buf text = {0};
    bool ok = find_file(out_path, path, err) && file_read(&text, *out_path, CONFIG_LEN_MAX, err);

    if (ok) {
        *out = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &json_error);
        ok = *out != NULL || err_set(err, ERR_INVALID, "%s: line %d, column %d: %s", *out_path,
                                     json_error.line, json_error.column, json_error.text);
    }
    if (ok && !json_is_object(*out))
        ok = err_set(err, ERR_INVALID, "%s: must be a JSON object", *out_path);
    buf_cleanup(&text);
    return ok;
}

bool config_table_load(const struct config_table *table, void *config, const char *path,
                       struct err *err)
{
    char **file_path = config;
    json_t *object = NULL;
    bool ok;

    set_defaults(table, config);
    ok = load_object(&object, file_path, path, err);
    if (ok && (!read_object(table, config, object, err) || !check_required(table, config, err)))
        ok = err_wrap(err, "%s", *file_path);
    json_decref(object);
    if (ok)
        make_paths_absolute(table, config);
    else
        config_table_cleanup(table, config);
    return ok;
}

bool config_read_role(char **out, const char *path, const char *fallback, struct err *err)
{
    json_t *object = NULL;
    char *file_path = NULL;
    const json_t *role;
    bool ok = load_object(&object, &file_path, path, err);

    if (ok) {
        role = json_object_get(object, "role");
        if (role != NULL && !json_is_string(role))
            ok = err_set(err, ERR_INVALID, "%s: \"role\" must be a string", file_path);
        else
            *out = mem_copy_text(role == NULL ? fallback : json_string_value(role));
    }
    json_decref(object);
    free(file_path);
    return ok;
}

void config_table_cleanup(const struct config_table *table, void *config)
{
    char **file_path = config;

    for (size_t i = 0; i < table->member_count; i++) {
        const struct config_member *member = &table->members[i];

        if (is_text(member)) {
            free(*text_at(config, member));
            *text_at(config, member) = NULL;
        } else if (member->type == CONFIG_OTHER) {
            member->other->cleanup(place_of(config, member));
        }
    }
    free(*file_path);
    *file_path = NULL;
}

const char *config_table_path(const void *config)
{
    return *(char *const *)config;
}

uint64_t config_table_level(const struct config_table *table, const void *config)
{
    size_t i = 0;

    while (table->members[i].type != CONFIG_LEVEL)
        CHECK(++i < table->member_count);
    return *uint_at(config, &table->members[i]);
}

/* ---- showing it ---- */

static void append_string(struct buf *out, const char *text)
{
    view_append_json_string(out, bytes_of_text(text));
}

static void append_value(struct buf *out, const void *config, const struct config_member *member)
{
    switch (member->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH:
        append_string(out, *text_at(config, member));
        break;
    case CONFIG_OPTIONAL_PATH:
        if (*text_at(config, member) == NULL)
            buf_append_text(out, "null");
        else
            append_string(out, *text_at(config, member));
        break;
    case CONFIG_BOOL:
        buf_append_text(out, *bool_at(config, member) ? "true" : "false");
        break;
    case CONFIG_UINT:
        buf_append_format(out, "%" PRIu64, *uint_at(config, member));
        break;
    case CONFIG_LEVEL:
        append_string(out, levels[*uint_at(config, member)]);
        break;
    case CONFIG_CHOICE:
        append_string(out, member->default_text);
        break;
    case CONFIG_OTHER:
        member->other->append_json(out, place_of(config, member));
        break;
    }
}

void config_table_append_json(const struct config_table *table, struct buf *out,
                              const void *config)
{
    buf_append_text(out, "{\n");
    for (size_t i = 0; i < table->member_count; i++) {
        buf_append_format(out, "  \"%s\": ", table->members[i].name);
        append_value(out, config, &table->members[i]);
        buf_append_text(out, i + 1 < table->member_count ? ",\n" : "\n");
    }
    buf_append_text(out, "}\n");
}

static void append_default(struct buf *out, const struct config_member *member)
{
    switch (member->type) {
    case CONFIG_UINT:
        buf_append_format(out, "%" PRIu64, member->default_value);
        break;
    case CONFIG_LEVEL:
        buf_append_text(out, levels[member->default_value]);
        break;
    case CONFIG_BOOL:
        buf_append_text(out, "false");
        break;
    case CONFIG_OTHER:
        buf_append_text(out, member->default_text == NULL ? "[]" : member->default_text);
        break;
    case CONFIG_OPTIONAL_PATH:
        buf_append_text(out, "null");
        break;
    default:
        buf_append_text(out, member->default_text == NULL ? "required" : member->default_text);
    }
}

void config_table_append_help(const struct config_table *table, struct buf *out)
{
    for (size_t i = 0; i < table->member_count; i++) {
        buf_append_format(out, "  %-20s %s (", table->members[i].name, table->members[i].doc);
        append_default(out, &table->members[i]);
        buf_append_text(out, ")\n");
    }
}

void config_table_append_fixed_changes(const struct config_table *table, struct buf *out,
                                       const void *old, const void *new)
{
    struct buf before = {0};
    struct buf after = {0};

    for (size_t i = 0; i < table->member_count; i++) {
        const struct config_member *member = &table->members[i];

        if (member->may_change)
            continue;
        buf_clear(&before);
        buf_clear(&after);
        append_value(&before, old, member);
        append_value(&after, new, member);
        if (!bytes_equal(bytes_of_buf(&before), bytes_of_buf(&after)))
            buf_append_format(out, "%s%s", out->len == 0 ? "" : ",", member->name);
    }
    buf_cleanup(&before);
    buf_cleanup(&after);
}
