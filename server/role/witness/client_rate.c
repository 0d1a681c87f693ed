#include "server/role/witness/client_rate.h"

#include <netinet/in.h>
#include <string.h>

#include "server/transport/worker.h"

/* What tells clients apart: an IPv4 address, or the half of an IPv6 address that a site has. */
static struct bytes address_of(const struct sockaddr_storage *peer)
{
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)peer;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)peer;

    if (peer->ss_family == AF_INET6)
        return bytes_of(&in6->sin6_addr, 8);
    return bytes_of(&in4->sin_addr, sizeof(in4->sin_addr));
}

static struct meter *client_meter(struct service *service, const struct sockaddr_storage *peer)
{
    uint8_t secret[8];
    struct hasher hasher;
    struct hash hash;

    memcpy(secret, &service->client_secret, sizeof(secret));
    hasher_init(&hasher);
    hasher_update(&hasher, bytes_of(secret, sizeof(secret)));
    hasher_update(&hasher, address_of(peer));
    hasher_final(&hasher, &hash);
    return &service->client_meters[read_be32(hash.bytes) % CLIENT_METERS];
}

bool client_rate_refuse(const struct request *request, const char *whose, unsigned wait_s,
                        struct problem *problem)
{
    counter_add(&request->worker->state->counters.limited, 1);
    problem_set(problem, PROBLEM_RATE, "Too many requests of this %s.", whose);
    problem->retry_after_s = wait_s;
    return false;
}

bool client_rate_check(struct request *request, struct problem *problem)
{
    struct service *service = request->service;
    struct sockaddr_storage peer;
    unsigned wait_s;

    if (service->client_rate.interval_ns == 0 || !request_peer(request, &peer) ||
        meter_take(client_meter(service, &peer), &service->client_rate, request->received_ns,
                   &wait_s))
        return true;
    return client_rate_refuse(request, "address", wait_s, problem);
}
