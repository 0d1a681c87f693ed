/* The member witness_monitoring of vouchd.json: a list of {"name", "url"}. */
#ifndef VOUCH_SERVER_CONFIG_MONITORING_H
#define VOUCH_SERVER_CONFIG_MONITORING_H

#include "server/config_table.h"
#include "server/witnessing/witnessing.h"

struct config_monitoring {
    struct witness_monitoring items[WITNESSING_WITNESSES_MAX];
    size_t count;
};

/* How a member of this type is read, shown and freed. */
extern const struct config_other config_monitoring_member;

#endif
