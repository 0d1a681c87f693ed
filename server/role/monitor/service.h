/* What the endpoints of a monitor share. */
#ifndef VOUCH_SERVER_ROLE_MONITOR_SERVICE_H
#define VOUCH_SERVER_ROLE_MONITOR_SERVICE_H

#include "server/gossip/gossip.h"
#include "server/role/monitor/watchers.h"
#include "server/transport/request.h"

/* Constant while the threads run. */
struct service {
    struct watchers *watchers;
    struct gossip *gossip; /* NULL: it takes no part */
    struct transport *transport;
};

#endif
