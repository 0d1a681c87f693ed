/* POST /sign-subtree: signs a part of a tree that this mirror has cosigned before. */
#include "server/role/mirror/service.h"
#include "server/transport/reply.h"

bool mirror_sign_subtree_post(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};

    if (!subtree_sign(request_body_buf(request), &request->service->subtree_signer,
                      service_logs(request)->list, request->body, problem))
        return false;
    reply.body = bytes_of_buf(request_body_buf(request));
    reply_send(request, &reply);
    return true;
}
