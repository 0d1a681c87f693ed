/* An HTTP PUT to where objects are kept, and a signed notice to a webhook. */
#include "server/anchoring/anchor_target.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/fetch/outside_call.h"
#include "client/fetch/post.h"
#include "schemas/record_maker.h"
#include "schemas/view.h"

/* The object goes below the URL's path; what follows the path stays behind it. */
static void append_object_url(struct buf *out, const char *url, const struct checkpoint *head)
{
    size_t path_len = strcspn(url, "?#");

    buf_append(out, url, path_len);
    if (path_len == 0 || url[path_len - 1] != '/')
        buf_append_byte(out, '/');
    anchor_append_object_name(out, head);
    buf_append_text(out, url + path_len);
}

/* The name has the root in it: a PUT of one name is always one of the same bytes. */
bool anchor_by_put(struct anchor_success *out, const struct anchor_attempt *attempt,
                   struct err *err)
{
    const struct anchor_target *target = attempt->target;
    struct buf url = {0};
    struct buf authorization = {0};
    struct outside_call call = {.method = "PUT",
                                .headers = {"Content-Type: text/plain; charset=utf-8"},
                                .body = attempt->note,
                                .timeout_ms = (uint32_t)target->options->timeout_ms,
                                .stop = attempt->stop};
    bool ok;

    append_object_url(&url, target->options->url, attempt->head);
    call.url = buf_text(&url);
    if (target->secret.len > 0) {
        buf_append_text(&authorization, "Authorization: Bearer ");
        buf_append_bytes(&authorization, bytes_of_buf(&target->secret));
        call.headers[1] = buf_text(&authorization);
    }
    ok = outside_call_run(NULL, &call, err);
    if (ok)
        anchor_append_location(&out->location, call.url);
    if (authorization.len > 0)
        explicit_bzero(authorization.data, authorization.len);
    buf_cleanup(&authorization);
    buf_cleanup(&url);
    return ok;
}

/* {"event", "origin", "size", "root", "checkpoint"} */
static bool append_notice(struct buf *out, const struct anchor_attempt *attempt, struct err *err)
{
    struct record_maker maker = {0};
    struct buf root = {0};
    struct buf cbor = {0};
    bool ok;

    text_append_base64(&root, hash_bytes(&attempt->head->root));
    record_maker_put_literal(&maker, "event", "anchor");
    record_maker_put_literal(&maker, "origin", attempt->head->origin);
    record_maker_put_uint(&maker, "size", attempt->head->size);
    record_maker_put_text(&maker, "root", bytes_of_buf(&root));
    record_maker_put_text(&maker, "checkpoint", attempt->note);
    record_maker_finish(&maker, &cbor);
    ok = view_append_json(out, bytes_of_buf(&cbor), false, err);
    buf_cleanup(&root);
    buf_cleanup(&cbor);
    return ok;
}

bool anchor_by_webhook(struct anchor_success *out, const struct anchor_attempt *attempt,
                       struct err *err)
{
    const struct anchor_target *target = attempt->target;
    struct poster *poster = poster_curl();
    struct buf name = {0};
    struct buf body = {0};
    bool ok = append_notice(&body, attempt, err);

    anchor_append_object_name(&name, attempt->head);
    ok = ok && poster->post(poster,
                            &(struct post){
                                .url = target->options->url,
                                .secret = bytes_of_buf(&target->secret),
                                .id_header = "Vouch-Anchor",
                                .id = buf_text(&name),
                                .now_s = clock_unix_ms(clock_system()) / 1000,
                                .body = bytes_of_buf(&body),
                                .timeout_ms = (uint32_t)target->options->timeout_ms,
                                .stop = attempt->stop,
                            },
                            err);
    if (ok)
        anchor_append_location(&out->location, target->options->url);
    buf_cleanup(&name);
    buf_cleanup(&body);
    return ok;
}
