#include "server/role/witness/client_rate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/diag.h"
#include "server/transport/worker.h"

#define SECOND_NS UINT64_C(1000000000)

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

bool client_rate_may_say(const struct request *request)
{
    static const struct meter_rate rate = {.interval_ns = SECOND_NS, .burst_ns = 10 * SECOND_NS};
    unsigned wait_s;

    return meter_take(&request->service->complaints, &rate, request->received_ns, &wait_s);
}

bool client_rate_refuse(const struct request *request, const char *whose, const char *name,
                        unsigned wait_s, struct problem *problem)
{
    static const struct meter_rate rate = {.interval_ns = 60 * SECOND_NS,
                                           .burst_ns = 60 * SECOND_NS};
    unsigned told_wait_s;

    counter_add(&request->worker->state->counters.limited, 1);
    if (meter_take(&request->service->floods, &rate, request->received_ns, &told_wait_s))
        diag_warn("rate-limited", "%s=%s", whose, name);
    problem_set(problem, PROBLEM_RATE, "Too many requests of this %s.", whose);
    problem->retry_after_s = wait_s;
    return false;
}

static void format_address(char out[INET6_ADDRSTRLEN], const struct sockaddr_storage *peer)
{
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)peer;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)peer;
    const void *address = peer->ss_family == AF_INET6 ? (const void *)&in6->sin6_addr
                                                      : (const void *)&in4->sin_addr;

    if (inet_ntop(peer->ss_family, address, out, INET6_ADDRSTRLEN) == NULL)
        out[0] = 0;
}

bool client_rate_check(struct request *request, struct problem *problem)
{
    struct service *service = request->service;
    struct sockaddr_storage peer;
    char address[INET6_ADDRSTRLEN];
    unsigned wait_s;

    if (service->client_rate.interval_ns == 0 || !request_peer(request, &peer) ||
        meter_take(client_meter(service, &peer), &service->client_rate, request->received_ns,
                   &wait_s))
        return true;
    format_address(address, &peer);
    return client_rate_refuse(request, "address", address, wait_s, problem);
}
