/*
 * The member gossip of a role's configuration: null, or an object with name, policy_file,
 * directory, interval_s and peers, a list of {"name", "url"}.
 */
#ifndef VOUCH_SERVER_CONFIG_GOSSIP_H
#define VOUCH_SERVER_CONFIG_GOSSIP_H

#include "server/config_table.h"
#include "server/gossip/gossip.h"

struct config_gossip_peer {
    char *name;
    char *url;
};

/* name NULL: the daemon takes no part in gossip. */
struct config_gossip {
    char *name;
    char *policy_file; /* paths are absolute once loaded */
    char *directory;
    uint64_t interval_s;
    struct config_gossip_peer peers[GOSSIP_PEERS_MAX];
    size_t peer_count;
};

/* How a member of this type is read, shown and freed. */
extern const struct config_other config_gossip_member;

#endif
