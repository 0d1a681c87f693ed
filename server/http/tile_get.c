/* GET /tile/…: hash tiles and entry bundles (C2SP tlog-tiles), every width that is published. */
#include "server/http/endpoints.h"

#include "schemas/tile_path.h"
#include "server/http/head_view.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/reply.h"

static bool check_path(struct request *request, struct tile_path *out, struct problem *problem)
{
    struct bytes path = bytes_slice(request->path, 1, request->path.len);

    if (!tile_path_parse(out, path))
        return problem_set(problem, PROBLEM_NOT_FOUND, "This is not the canonical path of a tile.");
    if (out->tile.level >= TILE_LEVELS ||
        tile_width(out->tile, request_head(request)->head.size) < out->width)
        return problem_set(problem, PROBLEM_NOT_FOUND,
                           "The published tree is not large enough for this tile.");
    return true;
}

static bool send_tile(struct request *request, const struct tile_path *path, struct reply *reply,
                      struct err *err)
{
    struct buf *body = request_body_buf(request);

    if (!tlog_read_tile(request->service->store, body, path->tile, path->width, err))
        return false;
    reply->body = bytes_of_buf(body);
    reply_send(request, reply);
    return true;
}

/* The bundle lies in one piece on disk in exactly this format. */
static bool send_bundle(struct request *request, const struct tile_path *path, struct reply *reply,
                        struct err *err)
{
    uint64_t begin = path->tile.index * TILE_WIDTH;
    struct store_extent extent = {.fd = -1};
    bool ok =
        store_locate_entries(request->service->store, &extent, begin, begin + path->width, err);

    if (ok) {
        struct reply_file file = {.fd = extent.fd, .offset = extent.offset, .len = extent.len};

        reply->file = extent.fd >= 0 ? &file : NULL;
        reply->body = bytes_of_buf(&extent.bytes);
        reply_send(request, reply);
    }
    buf_cleanup(&extent.bytes);
    return ok;
}

bool tile_get(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_OCTETS, .cache_control = CACHE_IMMUTABLE};
    struct tile_path path;
    struct err err = {0};
    bool ok;

    if (!check_path(request, &path, problem))
        return false;
    ok = path.is_entries ? send_bundle(request, &path, &reply, &err)
                         : send_tile(request, &path, &reply, &err);
    if (!ok)
        reply_send_error(request, &err);
    return true;
}
