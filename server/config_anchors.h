/* The member anchors of vouchd.json: a list of where heads of the log are taken. */
#ifndef VOUCH_SERVER_CONFIG_ANCHORS_H
#define VOUCH_SERVER_CONFIG_ANCHORS_H

#include "server/anchoring/anchor_target.h"
#include "server/config_table.h"

struct config_anchors {
    struct anchor_options items[ANCHOR_TARGETS_MAX];
    size_t count;
};

/* How a member of this type is read, shown and freed. */
extern const struct config_other config_anchors_member;

#endif
