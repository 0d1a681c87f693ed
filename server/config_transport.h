/* The members of vouchd.json that bound the HTTP side, alike in every role. */
#ifndef VOUCH_SERVER_CONFIG_TRANSPORT_H
#define VOUCH_SERVER_CONFIG_TRANSPORT_H

#include <stdint.h>

#include "server/transport/transport.h"

struct config_transport {
    uint64_t http_threads;
    uint64_t connections_max;
    uint64_t request_timeout_ms;
    uint64_t idle_timeout_ms;
};

/* The rows for a member named transport of the given struct. */
#define CONFIG_TRANSPORT_MEMBERS(config)                                                           \
    {"http_threads", CONFIG_UINT, offsetof(config, transport.http_threads), 0, 64, 0, NULL, NULL,  \
     false, "0: one a core"},                                                                      \
    {"connections_max", CONFIG_UINT, offsetof(config, transport.connections_max), 1, 1000000,      \
     4096, NULL, NULL, false, "further ones wait to be accepted"},                                 \
    {"request_timeout_ms", CONFIG_UINT, offsetof(config, transport.request_timeout_ms), 100,       \
     3600000, 30000, NULL, NULL, false, "from a request's first byte to its last"},                \
    {"idle_timeout_ms", CONFIG_UINT, offsetof(config, transport.idle_timeout_ms), 100, 3600000,    \
     120000, NULL, NULL, false, "between requests on one connection"}

/* listen is borrowed; request_bytes_max as in struct transport_options. */
struct transport_options config_transport_options(const struct config_transport *config,
                                                  const char *listen, size_t request_bytes_max);

#endif
