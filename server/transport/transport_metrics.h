/* What the transport counts, in Prometheus text format. */
#ifndef VOUCH_SERVER_TRANSPORT_TRANSPORT_METRICS_H
#define VOUCH_SERVER_TRANSPORT_TRANSPORT_METRICS_H

#include "server/transport/transport.h"

/* Requests, durations and connections of all threads. */
void transport_append_metrics(struct buf *out, const struct transport *transport);

#endif
