/*
 * Configuration files: one JSON object, read through one table into one struct. Each role of the
 * daemon has a table of its own. The struct begins with the path of its file, a char *.
 */
#ifndef VOUCH_SERVER_CONFIG_TABLE_H
#define VOUCH_SERVER_CONFIG_TABLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum { CONFIG_LEN_MAX = 4 * 1024 * 1024 };

enum config_member_type {
    CONFIG_TEXT,
    CONFIG_PATH,
    CONFIG_OPTIONAL_PATH, /* null by default */
    CONFIG_BOOL,
    CONFIG_UINT,
    CONFIG_LEVEL,  /* enum diag_level in an uint64_t */
    CONFIG_CHOICE, /* the one text in default_text; it only says whose file this is */
    CONFIG_OTHER,
};

/* A member of a type of its own; at is where it lies in the struct. */
struct config_other {
    bool (*read)(void *at, const json_t *value, const char *name, struct err *err);
    void (*append_json)(struct buf *out, const void *at); /* as read reads it back */
    void (*make_absolute)(void *at, const char *directory); /* NULL: it has no paths */
    void (*cleanup)(void *at);
};

/* One member of the file. Texts without a default are required. */
struct config_member {
    const char *name;
    enum config_member_type type;
    size_t offset; /* in the struct */
    uint64_t min;
    uint64_t max;
    uint64_t default_value;
    const char *default_text; /* of CONFIG_OTHER as --help shows it; NULL: an empty list */
    const struct config_other *other; /* of CONFIG_OTHER */
    bool may_change; /* SIGHUP takes a new value */
    const char *doc;
};

struct config_table {
    const struct config_member *members;
    size_t member_count;
};

/*
 * Reads path, or path/vouchd.json when path is a directory, into a zeroed struct; what it has on
 * failure is cleaned up. ERR_INVALID names the member that is unknown, missing, of the wrong type
 * or out of range, and for an unknown one the nearest known.
 */
MUST_USE bool config_table_load(const struct config_table *table, void *config, const char *path,
                                struct err *err);
void config_table_cleanup(const struct config_table *table, void *config);

/* The path of the file that a configuration was read from. */
const char *config_table_path(const void *config);

/* The value of its member of type CONFIG_LEVEL, which every table has. */
uint64_t config_table_level(const struct config_table *table, const void *config);

/* Paths in a file are relative to the directory the file is in. */
void config_make_absolute(char **path, const char *directory);

/* The text of the member "role" of a file, or fallback when it has none; the caller frees it. */
MUST_USE bool config_read_role(char **out, const char *path, const char *fallback,
                               struct err *err);

/* The configuration in effect, defaults included, as a file that reads back as the same. */
void config_table_append_json(const struct config_table *table, struct buf *out,
                              const void *config);

/* "name (default): what it is", one line a member. */
void config_table_append_help(const struct config_table *table, struct buf *out);

/* Names, comma-separated, of the members that differ and cannot change while the daemon runs. */
void config_table_append_fixed_changes(const struct config_table *table, struct buf *out,
                                       const void *old, const void *new);

#endif
