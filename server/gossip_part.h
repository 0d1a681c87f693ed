/* A role's part in gossip, as its configuration says. */
#ifndef VOUCH_SERVER_GOSSIP_PART_H
#define VOUCH_SERVER_GOSSIP_PART_H

#include "server/config_gossip.h"

/* Zeroed before; owns what the options point to, but for the configuration. */
struct gossip_part {
    struct policy policy;
    struct gossip_peer peers[GOSSIP_PEERS_MAX];
    struct gossip_options options;
    bool is_wanted; /* false: the configuration wants no gossip */
};

/* Reads the policy and fills in the options; config is borrowed. To be cleaned up in any case. */
MUST_USE bool gossip_part_prepare(struct gossip_part *out, const struct config_gossip *config,
                                  struct err *err);
void gossip_part_cleanup(struct gossip_part *part);

#endif
