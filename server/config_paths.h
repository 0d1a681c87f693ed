/* A member of vouchd.json that is a list of paths. */
#ifndef VOUCH_SERVER_CONFIG_PATHS_H
#define VOUCH_SERVER_CONFIG_PATHS_H

#include "server/config_table.h"

struct config_paths {
    char **items; /* absolute once loaded */
    size_t count;
};

/* How a member of this type is read, shown and freed. */
extern const struct config_other config_paths_member;

#endif
