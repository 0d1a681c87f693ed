/* A member of vouchd.json that is a list of paths. */
#ifndef VOUCH_SERVER_CONFIG_PATHS_H
#define VOUCH_SERVER_CONFIG_PATHS_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/err.h"

struct config_paths {
    char **items; /* absolute once loaded */
    size_t count;
};

/* Reads the whole list; what was read of a list that is refused is in out too. */
MUST_USE bool config_paths_read(struct config_paths *out, const json_t *value, const char *name,
                                struct err *err);
void config_paths_cleanup(struct config_paths *paths);

/* As a list that config_paths_read reads back. */
void config_paths_append_json(struct buf *out, const struct config_paths *paths);

#endif
