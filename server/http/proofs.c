#include "server/http/proofs.h"

#include <inttypes.h>

#include "server/http/head_view.h"

bool proofs_check_size(struct request *request, uint64_t size, struct problem *problem)
{
    uint64_t published = request_head(request)->head.size;

    if (size <= published)
        return true;
    return problem_set(problem, PROBLEM_NOT_FOUND,
                       "The tree has not reached size %" PRIu64 ", it has %" PRIu64 " entries.",
                       size, published);
}

void proofs_send_built(struct request *request, enum media media, const char *cache_control)
{
    struct reply reply = {.status = 200,
                          .media = media,
                          .cache_control = cache_control,
                          .body = bytes_of_buf(request_body_buf(request))};

    reply_add_header(&reply, "Vary", "Accept");
    reply_send(request, &reply);
}
