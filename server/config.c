#include "server/config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "schemas/view.h"
#include "server/config_providers.h"

enum member_type {
    MEMBER_TEXT,
    MEMBER_PATH,
    MEMBER_BOOL,
    MEMBER_UINT,
    MEMBER_LEVEL,
    MEMBER_PROVIDERS,
    MEMBER_PATHS,
    MEMBER_WEBHOOKS,
};

enum { KIB = 1024, MIB = 1024 * KIB };

/* One member of the file. Texts without a default are required. */
struct member {
    const char *name;
    enum member_type type;
    size_t offset; /* in struct config */
    uint64_t min;
    uint64_t max;
    uint64_t default_value;
    const char *default_text;
    bool may_change; /* SIGHUP takes a new value */
    const char *doc;
};

#define AT(field) offsetof(struct config, field)

static const struct member table[] = {
    {"origin", MEMBER_TEXT, AT(origin), 0, 0, 0, NULL, false,
     "name of the log, first line of its checkpoints"},
    {"listen", MEMBER_TEXT, AT(listen), 0, 0, 0, "127.0.0.1:8080", false,
     "address and port; port 0 takes a free one"},
    {"public", MEMBER_BOOL, AT(public), 0, 1, 0, NULL, false,
     "whether listen may be anything but loopback"},
    {"data_dir", MEMBER_PATH, AT(data_dir), 0, 0, 0, "data", false, "the store"},
    {"head_file", MEMBER_PATH, AT(head_file), 0, 0, 0, "head", false,
     "last published head; best on another device"},
    {"checkpoint_key_file", MEMBER_PATH, AT(checkpoint_key_file), 0, 0, 0, "keys/checkpoint.pem",
     false, "Ed25519 key that signs checkpoints"},
    {"receipt_key_file", MEMBER_PATH, AT(receipt_key_file), 0, 0, 0, "keys/receipt.pem", false,
     "P-256 key that signs receipts; evidence logs"},
    {"log_key_file", MEMBER_PATH, AT(log_key_file), 0, 0, 0, "keys/log.pem", false,
     "P-256 key that signs seals and what else the log says; evidence logs"},
    {"intake_key_file", MEMBER_PATH, AT(intake_key_file), 0, 0, 0, "keys/intake.pem", false,
     "P-256 key that signs what comes in unsigned; evidence logs"},
    {"run_documents", MEMBER_BOOL, AT(run_documents), 0, 1, 0, NULL, false,
     "whether POST /v1/runs takes runs of anybody and signs them"},
    {"identity_providers", MEMBER_PROVIDERS, 0, 0, 0, 0, NULL, false,
     "whose ID tokens are taken; see vouchd.json(5)"},
    {"record_schema_directories", MEMBER_PATHS, AT(record_schema_directories), 0, 0, 0, NULL, false,
     "where *.cddl of your own record types are"},
    {"webhooks", MEMBER_WEBHOOKS, 0, 0, 0, 0, NULL, false,
     "who is told of requests for approval; see vouchd.json(5)"},
    {"webhook_dir", MEMBER_PATH, AT(webhook_dir), 0, 0, 0, "webhooks", false,
     "where it is remembered what webhooks were told"},
    {"webhook_retry_s", MEMBER_UINT, AT(webhook_retry_s), 1, 7 * 86400, 86400, NULL, false,
     "how long a webhook that fails is tried again"},
    {"http_threads", MEMBER_UINT, AT(http_threads), 0, 64, 0, NULL, false, "0: one a core"},
    {"connections_max", MEMBER_UINT, AT(connections_max), 1, 1000000, 4096, NULL, false,
     "further ones wait to be accepted"},
    {"request_timeout_ms", MEMBER_UINT, AT(request_timeout_ms), 100, 3600000, 30000, NULL, false,
     "from a request's first byte to its last"},
    {"idle_timeout_ms", MEMBER_UINT, AT(idle_timeout_ms), 100, 3600000, 120000, NULL, false,
     "between requests on one connection"},
    {"streams_max", MEMBER_UINT, AT(streams_max), 0, 1000000, 256, NULL, false,
     "clients that are told of entries at one time; more get 503"},
    {"stream_heartbeat_ms", MEMBER_UINT, AT(stream_heartbeat_ms), 100, 3600000, 15000, NULL, false,
     "after so long a stream without entries says that it is alive"},
    {"request_bytes_max", MEMBER_UINT, AT(request_bytes_max), 16 * MIB, UINT64_C(1) << 40,
     256 * MIB, NULL, false, "of all requests being read at one time"},
    {"queue_entries_max", MEMBER_UINT, AT(queue_entries_max), 1, 1000000, 16384, NULL, false,
     "entries waiting to be committed; more get 503"},
    {"queue_bytes_max", MEMBER_UINT, AT(queue_bytes_max), 64 * KIB, UINT64_C(1) << 40, 64 * MIB,
     NULL, false, "bytes waiting to be committed; more get 503"},
    {"cache_bytes", MEMBER_UINT, AT(cache_bytes), 1 * MIB, UINT64_C(1) << 40, 64 * MIB, NULL, false,
     "cache of the index database"},
    {"write_buffer_bytes", MEMBER_UINT, AT(write_buffer_bytes), 64 * KIB, 1024 * MIB, 16 * MIB, NULL,
     false, "write buffer of the index database"},
    {"low_space_bytes", MEMBER_UINT, AT(low_space_bytes), 0, UINT64_MAX >> 1, 256 * MIB, NULL,
     false, "with less free space writes get 503"},
    {"heartbeat_interval_ms", MEMBER_UINT, AT(heartbeat_interval_ms), 1000, 86400000, 3600000, NULL,
     false, "an evidence log idle so long is sealed; refusals are logged as often"},
    {"diag_level", MEMBER_LEVEL, AT(diag_level), 0, 0, DIAG_INFO, NULL, true,
     "error, warn, info or debug"},
};

enum { MEMBER_COUNT = sizeof(table) / sizeof(table[0]) };

static const char *const levels[] = {"error", "warn", "info", "debug"};

enum { LEVEL_COUNT = sizeof(levels) / sizeof(levels[0]) };

static char **text_at(const struct config *config, const struct member *member)
{
    return (char **)(uintptr_t)((const char *)config + member->offset);
}

static uint64_t *uint_at(const struct config *config, const struct member *member)
{
    return (uint64_t *)(uintptr_t)((const char *)config + member->offset);
}

static bool *bool_at(const struct config *config, const struct member *member)
{
    return (bool *)(uintptr_t)((const char *)config + member->offset);
}

static struct config_paths *paths_at(const struct config *config, const struct member *member)
{
    return (struct config_paths *)(uintptr_t)((const char *)config + member->offset);
}

/* ---- one reader for each type ---- */

static bool refuse_type(struct err *err, const char *name, const char *want)
{
    return err_set(err, ERR_INVALID, "\"%s\" must be %s", name, want);
}

static bool read_text(char **out, const json_t *value, const char *name, struct err *err)
{
    const char *text = json_string_value(value);

    if (text == NULL || text[0] == 0)
        return refuse_type(err, name, "a non-empty string");
    if (strlen(text) != json_string_length(value))
        return refuse_type(err, name, "without zero bytes");
    free(*out);
    *out = mem_copy_text(text);
    return true;
}

static bool read_uint(const struct config *config, const struct member *member, const json_t *value,
                      struct err *err)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value))
        return refuse_type(err, member->name, "a whole number");
    if (number < 0 || (uint64_t)number < member->min || (uint64_t)number > member->max)
        return err_set(err, ERR_INVALID,
                       "\"%s\" must be from %" PRIu64 " to %" PRIu64 ", not %" JSON_INTEGER_FORMAT,
                       member->name, member->min, member->max, number);
    *uint_at(config, member) = (uint64_t)number;
    return true;
}

static bool read_level(const struct config *config, const struct member *member,
                       const json_t *value, struct err *err)
{
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        if (json_is_string(value) && strcmp(json_string_value(value), levels[i]) == 0) {
            *uint_at(config, member) = i;
            return true;
        }
    }
    return refuse_type(err, member->name, "\"error\", \"warn\", \"info\" or \"debug\"");
}

static bool read_member(struct config *config, const struct member *member, const json_t *value,
                        struct err *err)
{
    switch (member->type) {
    case MEMBER_TEXT:
    case MEMBER_PATH:
        return read_text(text_at(config, member), value, member->name, err);
    case MEMBER_BOOL:
        *bool_at(config, member) = json_is_true(value);
        return json_is_boolean(value) || refuse_type(err, member->name, "true or false");
    case MEMBER_UINT:
        return read_uint(config, member, value, err);
    case MEMBER_LEVEL:
        return read_level(config, member, value, err);
    case MEMBER_PATHS:
        return config_paths_read(paths_at(config, member), value, member->name, err);
    case MEMBER_WEBHOOKS:
        return config_webhooks_read(&config->webhooks, value, err);
    case MEMBER_PROVIDERS:
        break;
    }
    return config_providers_read(&config->providers, &config->provider_count, value, err);
}

/* ---- the file ---- */

static bool refuse_unknown(const char *name, struct err *err)
{
    const char *names[MEMBER_COUNT];
    const char *nearest;

    for (size_t i = 0; i < MEMBER_COUNT; i++)
        names[i] = table[i].name;
    nearest = text_nearest(name, names, MEMBER_COUNT);
    if (nearest == NULL)
        return err_set(err, ERR_INVALID, "unknown key \"%.64s\"", name);
    return err_set(err, ERR_INVALID, "unknown key \"%.64s\"; do you mean \"%s\"?", name, nearest);
}

static bool read_object(struct config *config, json_t *object, struct err *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return err_set(err, ERR_INVALID, "must be a JSON object");
    json_object_foreach(object, name, value)
    {
        size_t i = 0;

        while (i < MEMBER_COUNT && strcmp(table[i].name, name) != 0)
            i++;
        if (i == MEMBER_COUNT)
            return refuse_unknown(name, err);
        if (!read_member(config, &table[i], value, err))
            return false;
    }
    return true;
}

static void set_defaults(struct config *config)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        const struct member *member = &table[i];

        if (member->type == MEMBER_UINT || member->type == MEMBER_LEVEL)
            *uint_at(config, member) = member->default_value;
        else if (member->default_text != NULL)
            *text_at(config, member) = mem_copy_text(member->default_text);
    }
}

/* Paths in the file are relative to the directory the file is in. */
static void make_absolute(char **path, const char *directory)
{
    char *absolute;

    if ((*path)[0] == '/')
        return;
    absolute = mem_format("%s/%s", directory, *path);
    free(*path);
    *path = absolute;
}

static void make_all_absolute(struct config_paths *paths, const char *directory)
{
    for (size_t i = 0; i < paths->count; i++)
        make_absolute(&paths->items[i], directory);
}

static void make_paths_absolute(struct config *config)
{
    char *directory = mem_copy_text(config->path);

    strrchr(directory, '/')[0] = 0; /* config->path is absolute */
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (table[i].type == MEMBER_PATH)
            make_absolute(text_at(config, &table[i]), directory);
        else if (table[i].type == MEMBER_PATHS)
            make_all_absolute(paths_at(config, &table[i]), directory);
    }
    config_providers_make_absolute(config->providers, config->provider_count, directory);
    config_webhooks_make_absolute(&config->webhooks, directory);
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

static bool parse(struct config *config, struct bytes text, struct err *err)
{
    json_error_t json_error;
    json_t *object =
        json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &json_error);
    bool ok;

    if (object == NULL)
        return err_set(err, ERR_INVALID, "line %d, column %d: %s", json_error.line,
                       json_error.column, json_error.text);
    ok = read_object(config, object, err);
    json_decref(object);
    if (ok && config->origin == NULL)
        return err_set(err, ERR_INVALID, "\"origin\" is missing");
    return ok;
}

bool config_load(struct config *out, const char *path, struct err *err)
{
    struct buf text = {0};
    bool ok;

    *out = (struct config){0};
    set_defaults(out);
    ok = find_file(&out->path, path, err) && file_read(&text, out->path, CONFIG_LEN_MAX, err);
    if (ok && !parse(out, bytes_of_buf(&text), err))
        ok = err_wrap(err, "%s", out->path);
    buf_cleanup(&text);
    if (ok)
        make_paths_absolute(out);
    else
        config_cleanup(out);
    return ok;
}

void config_cleanup(struct config *config)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (table[i].type == MEMBER_TEXT || table[i].type == MEMBER_PATH)
            free(*text_at(config, &table[i]));
        else if (table[i].type == MEMBER_PATHS)
            config_paths_cleanup(paths_at(config, &table[i]));
    }
    config_providers_free(config->providers, config->provider_count);
    config_webhooks_cleanup(&config->webhooks);
    free(config->path);
    *config = (struct config){0};
}

/* ---- showing it ---- */

static void append_string(struct buf *out, const char *text)
{
    view_append_json_string(out, bytes_of_text(text));
}

static void append_value(struct buf *out, const struct config *config, const struct member *member)
{
    switch (member->type) {
    case MEMBER_TEXT:
    case MEMBER_PATH:
        append_string(out, *text_at(config, member));
        break;
    case MEMBER_BOOL:
        buf_append_text(out, *bool_at(config, member) ? "true" : "false");
        break;
    case MEMBER_UINT:
        buf_append_format(out, "%" PRIu64, *uint_at(config, member));
        break;
    case MEMBER_LEVEL:
        append_string(out, levels[*uint_at(config, member)]);
        break;
    case MEMBER_PATHS:
        config_paths_append_json(out, paths_at(config, member));
        break;
    case MEMBER_PROVIDERS:
        config_providers_append_json(out, config->providers, config->provider_count);
        break;
    case MEMBER_WEBHOOKS:
        config_webhooks_append_json(out, &config->webhooks);
        break;
    }
}

void config_append_json(struct buf *out, const struct config *config)
{
    buf_append_text(out, "{\n");
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        buf_append_format(out, "  \"%s\": ", table[i].name);
        append_value(out, config, &table[i]);
        buf_append_text(out, i + 1 < MEMBER_COUNT ? ",\n" : "\n");
    }
    buf_append_text(out, "}\n");
}

static void append_default(struct buf *out, const struct member *member)
{
    if (member->type == MEMBER_UINT)
        buf_append_format(out, "%" PRIu64, member->default_value);
    else if (member->type == MEMBER_LEVEL)
        buf_append_text(out, levels[member->default_value]);
    else if (member->type == MEMBER_BOOL)
        buf_append_text(out, "false");
    else if (member->type == MEMBER_PROVIDERS || member->type == MEMBER_PATHS ||
             member->type == MEMBER_WEBHOOKS)
        buf_append_text(out, "[]");
    else
        buf_append_text(out, member->default_text == NULL ? "required" : member->default_text);
}

void config_append_help(struct buf *out)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        buf_append_format(out, "  %-20s %s (", table[i].name, table[i].doc);
        append_default(out, &table[i]);
        buf_append_text(out, ")\n");
    }
}

void config_append_fixed_changes(struct buf *out, const struct config *old,
                                 const struct config *new)
{
    struct buf before = {0};
    struct buf after = {0};

    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (table[i].may_change)
            continue;
        buf_clear(&before);
        buf_clear(&after);
        append_value(&before, old, &table[i]);
        append_value(&after, new, &table[i]);
        if (!bytes_equal(bytes_of_buf(&before), bytes_of_buf(&after)))
            buf_append_format(out, "%s%s", out->len == 0 ? "" : ",", table[i].name);
    }
    buf_cleanup(&before);
    buf_cleanup(&after);
}
