#include "server/gossip/gossip_http.h"

#include <netinet/in.h>

#include "merkle/hash.h"
#include "server/transport/reply.h"

enum { RETRY_AFTER_S = 60 };

/* What tells clients apart: an IPv4 address, or the half of an IPv6 address that a site has. */
static uint64_t client_number(const struct request *request)
{
    struct sockaddr_storage peer;
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)&peer;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&peer;
    struct hash hash;

    if (!request_peer(request, &peer))
        return 0;
    if (peer.ss_family == AF_INET6)
        hash_sha256(&hash, bytes_of(&in6->sin6_addr, 8));
    else
        hash_sha256(&hash, bytes_of(&in4->sin_addr, sizeof(in4->sin_addr)));
    return read_be64(hash.bytes);
}

/* Whether anything of it was of use; else the problem is that of the item that came nearest. */
static bool check_counts(const struct exchange_counts *counts, struct problem *problem)
{
    const uint64_t *results = counts->results;

    if (results[POOL_KNOWN] + results[POOL_HELD] + results[POOL_FORK] > 0)
        return true;
    if (results[POOL_BUSY] > 0) {
        problem_set(problem, PROBLEM_RATE, "Too many heads from this address.");
        problem->retry_after_s = RETRY_AFTER_S;
        return false;
    }
    if (results[POOL_INVALID] > 0)
        return problem_set(problem, PROBLEM_SIGNATURE,
                           "This is no head that its log signed, and no fork proof.");
    if (results[POOL_UNKNOWN_LOG] > 0)
        return problem_set(problem, PROBLEM_NOT_FOUND, "No log of this name is gossiped about.");
    return true;
}

static bool answer(struct gossip *gossip, struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};
    struct buf *body = request_body_buf(request);
    struct exchange_counts counts;
    struct err err = {0};

    if (gossip == NULL)
        return problem_set(problem, PROBLEM_NOT_FOUND, "This daemon takes no part in gossip.");
    if (!gossip_receive(gossip, client_number(request), request->body, &counts, body, &err))
        return problem_set(problem, PROBLEM_PARAMETER, "Not a list of heads: %s.", err.text);
    if (!check_counts(&counts, problem))
        return false;
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}

bool gossip_answer_get(struct gossip *gossip, struct request *request, struct problem *problem)
{
    return answer(gossip, request, problem);
}

bool gossip_answer_post(struct gossip *gossip, struct request *request, struct problem *problem)
{
    return answer(gossip, request, problem);
}
