/* POST /sign-subtree: signs a part of a tree that this witness has cosigned before. */
#include "server/role/witness/endpoints.h"

#include "server/role/witness/client_rate.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"

bool sign_subtree_post(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};
    const struct log_list *list =
        (const struct log_list *)snapshot_view_refresh(&request->worker->state->logs);

    if (!client_rate_check(request, problem) ||
        !subtree_sign(request_body_buf(request), &request->service->subtree_signer, list,
                      request->body, problem))
        return false;
    reply.body = bytes_of_buf(request_body_buf(request));
    reply_send(request, &reply);
    return true;
}
