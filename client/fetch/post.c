#include "client/fetch/post.h"

#include <inttypes.h>

#include "base/file.h"
#include "base/text.h"
#include "client/fetch/outside_call.h"
#include "schemas/hmac.h"

bool post_read_secret(struct buf *out, const char *path, struct err *err)
{
    if (!file_read_private(out, path, POST_SECRET_LEN_MAX, err))
        return false;
    while (out->len > 0 && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
        out->len--;
    return out->len >= POST_SECRET_LEN_MIN ||
           err_set(err, ERR_INVALID, "%s: a secret has at least %d bytes", path,
                   POST_SECRET_LEN_MIN);
}

void post_append_signature(struct buf *out, struct bytes secret, uint64_t now_s,
                           struct bytes body)
{
    struct buf message = {0};
    struct hash mac;

    buf_append_format(&message, "%" PRIu64 ".", now_s);
    buf_append_bytes(&message, body);
    hmac_sha256(&mac, secret, bytes_of_buf(&message));
    buf_append_format(out, "t=%" PRIu64 ",v1=", now_s);
    text_append_hex(out, hash_bytes(&mac));
    buf_cleanup(&message);
}

static bool post_by_curl(struct poster *poster, const struct post *post, struct err *err)
{
    struct buf signature = {0};
    struct buf id = {0};
    bool ok;

    (void)poster;
    buf_append_text(&signature, "Vouch-Signature: ");
    post_append_signature(&signature, post->secret, post->now_s, post->body);
    buf_append_format(&id, "%s: %s", post->id_header, post->id);
    ok = outside_call_run(
        NULL,
        &(struct outside_call){
            .method = "POST",
            .url = post->url,
            .headers = {"Content-Type: application/json", buf_text(&signature), buf_text(&id)},
            .body = post->body,
            .timeout_ms = post->timeout_ms == 0 ? POST_TIMEOUT_MS : post->timeout_ms,
            .stop = post->stop,
        },
        err);
    buf_cleanup(&signature);
    buf_cleanup(&id);
    return ok;
}

struct poster *poster_curl(void)
{
    static struct poster poster = {.post = post_by_curl};

    return &poster;
}
