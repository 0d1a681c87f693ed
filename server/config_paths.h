/* Members of vouchd.json that are lists of paths, or of other texts. */
#ifndef VOUCH_SERVER_CONFIG_PATHS_H
#define VOUCH_SERVER_CONFIG_PATHS_H

#include "server/config_table.h"

struct config_paths {
    char **items; /* paths are absolute once loaded */
    size_t count;
};

/* How members of these types are read, shown and freed. */
extern const struct config_other config_paths_member;
extern const struct config_other config_texts_member;

#endif
