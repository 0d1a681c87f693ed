/*
 * GET of the files of a copy: each is served as it lies there. A name is in the copy only once its
 * content is right, so nothing is checked here; who reads it verifies it anyway.
 */
#include <stdlib.h>

#include "base/file.h"
#include "client/fetch/tile_reader.h"
#include "schemas/tile_path.h"
#include "server/role/mirror/service.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"

enum { KEYS_LEN_MAX = 65536 };

const struct log_set *service_logs(const struct request *request)
{
    return (const struct log_set *)snapshot_view_refresh(&request->worker->state->logs);
}

struct followed_log *service_log(const struct request *request, struct problem *problem)
{
    struct followed_log *log = log_set_find(service_logs(request), request->parameters[0]);

    if (log == NULL)
        problem_set(problem, PROBLEM_NOT_FOUND,
                    "No log of this name is mirrored: it is the SHA-256 of an origin, in hex.");
    return log;
}

/* reply: status, media and cache control are set. */
static bool send_file(struct request *request, const char *name, size_t len_max,
                      struct reply *reply, struct problem *problem)
{
    const struct followed_log *log = service_log(request, problem);
    struct buf *body = request_body_buf(request);
    struct err err = {0};
    char *path;
    bool ok;

    if (log == NULL)
        return false;
    path = mem_format("%s/%s", log->directory, name);
    ok = file_read(body, path, len_max, &err);
    free(path);
    if (!ok && err.code == ERR_NOT_FOUND)
        return problem_set(problem, PROBLEM_NOT_FOUND, "The mirror does not have this file.");
    if (!ok) {
        reply_send_error(request, &err);
        return true;
    }
    counter_add(&request->worker->state->bytes_served, body->len);
    reply->body = bytes_of_buf(body);
    reply_send(request, reply);
    return true;
}

bool mirror_checkpoint_get(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};

    return send_file(request, "checkpoint", NOTE_LEN_MAX, &reply, problem);
}

bool mirror_keys_get(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_CBOR, .cache_control = CACHE_NONE};

    return send_file(request, ".well-known/scitt-keys", KEYS_LEN_MAX, &reply, problem);
}

/* Only what tlog-tiles names is opened: the path is taken apart and made again. */
bool mirror_tile_get(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_OCTETS, .cache_control = CACHE_IMMUTABLE};
    struct tile_path path;
    struct buf text = {0};
    bool ok;

    buf_append_text(&text, "tile/");
    buf_append_bytes(&text, request->parameters[1]);
    ok = tile_path_parse(&path, bytes_of_buf(&text));
    buf_clear(&text);
    if (ok) {
        tile_path_append(&text, &path);
        ok = send_file(request, buf_text(&text), tile_len_max(path.is_entries, path.width), &reply,
                       problem);
    } else {
        problem_set(problem, PROBLEM_NOT_FOUND, "This is no path of a tile or bundle.");
    }
    buf_cleanup(&text);
    return ok;
}
