/* GET of a proof: that an entry is under the mirrored checkpoint, made from the copy's tiles. */
#include "client/reader/log_reader.h"
#include "schemas/tlog_proof.h"
#include "server/role/mirror/service.h"
#include "server/transport/reply.h"

/* note is what proof->checkpoint borrows from. */
static bool make_proof(struct tlog_proof *out, struct buf *note, struct fetcher *copy,
                       uint64_t index, struct err *err)
{
    struct head head;
    struct hash leaf;

    if (!log_read_head(copy, &head, note, "checkpoint", NULL, err))
        return false;
    if (index >= head.checkpoint.size)
        return err_set(err, ERR_NOT_FOUND, "the mirror has no entry of this index");
    out->index = index;
    out->checkpoint = bytes_of_buf(note);
    return log_read_leaf(copy, &leaf, index, head.checkpoint.size, err) &&
           log_prove_inclusion(copy, &out->proof, &head.checkpoint, index, &leaf, err);
}

bool mirror_proof_get(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_TLOG_PROOF, .cache_control = CACHE_NONE};
    const struct followed_log *log = service_log(request, problem);
    struct buf *body = request_body_buf(request);
    struct tlog_proof proof = {0};
    struct fetcher *copy = NULL;
    struct buf note = {0};
    struct err err = {0};
    uint64_t index;
    bool ok;

    if (log == NULL || !request_uint(request, 1, "index", &index, problem))
        return false;
    ok = fetch_open_directory(&copy, log->directory, &err) &&
         make_proof(&proof, &note, copy, index, &err);
    if (ok)
        tlog_proof_append(body, &proof);
    fetch_close(copy);
    buf_cleanup(&note);
    if (!ok && err.code == ERR_NOT_FOUND)
        return problem_set(problem, PROBLEM_NOT_FOUND, "The mirror has no such entry.");
    if (!ok) {
        reply_send_error(request, &err);
        return true;
    }
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}
