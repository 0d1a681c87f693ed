/*
 * GET /.well-known/scitt-keys: the keys that verify this log's receipts, as a COSE Key Set.
 * GET /.well-known/scitt-keys/{kid}: one of them, by its key id in base64url.
 */
#include "server/http/endpoints.h"

#include "base/text.h"
#include "schemas/key_set.h"
#include "server/transport/reply.h"

static void send_keys(struct request *request, struct bytes body)
{
    struct reply reply = {
        .status = 200, .media = MEDIA_CBOR, .cache_control = "public, max-age=3600", .body = body};

    reply_send(request, &reply);
}

bool keys_get(struct request *request, struct problem *problem)
{
    struct buf *body = request_body_buf(request);

    (void)problem;
    key_set_append(body, &request->service->receipt_key, 1);
    send_keys(request, bytes_of_buf(body));
    return true;
}

bool key_get(struct request *request, struct problem *problem)
{
    const struct public_key *key = request->service->receipt_key;
    struct buf *body = request_body_buf(request);
    bool found = text_parse_base64url(body, request->parameters[0]) &&
                 bytes_equal(bytes_of_buf(body), hash_bytes(public_key_thumbprint(key)));

    if (!found)
        return problem_set(problem, PROBLEM_NOT_FOUND, "No receipt key of this log has this id.");
    buf_clear(body);
    public_key_append_cose(body, key);
    send_keys(request, bytes_of_buf(body));
    return true;
}
