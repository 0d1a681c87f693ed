/* GET of proofs, made from the tiles of a copy: a whole tlog-proof, or hashes for any two sizes. */
#include <inttypes.h>

#include "client/reader/log_reader.h"
#include "merkle/consistency.h"
#include "merkle/inclusion.h"
#include "schemas/proof_item.h"
#include "schemas/tlog_proof.h"
#include "server/role/mirror/copy_reading.h"
#include "server/transport/reply.h"

/* note is what proof->checkpoint borrows from. */
static bool make_proof(struct tlog_proof *out, const struct copy_reading *copy, uint64_t index,
                       struct err *err)
{
    const struct checkpoint *head = &copy->head.checkpoint;
    struct hash leaf;

    out->index = index;
    out->checkpoint = bytes_of_buf(&copy->note);
    return log_read_leaf(copy->fetcher, &leaf, index, head->size, err) &&
           log_prove_inclusion(copy->fetcher, &out->proof, head, index, &leaf, err);
}

bool mirror_proof_get(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_TLOG_PROOF, .cache_control = CACHE_NONE};
    struct copy_reading copy = {0};
    struct tlog_proof proof = {0};
    struct err err = {0};
    uint64_t index = 0;
    bool ok = request_uint(request, 1, "index", &index, problem) &&
              copy_reading_open(&copy, request, problem) &&
              copy_reading_check_index(&copy, index, problem);

    if (ok && make_proof(&proof, &copy, index, &err)) {
        tlog_proof_append(request_body_buf(request), &proof);
        reply.body = bytes_of_buf(request_body_buf(request));
        reply_send(request, &reply);
    } else if (ok) {
        reply_send_error(request, &err);
    }
    copy_reading_close(&copy);
    return ok;
}

/* ---- any size ---- */

/* What a proof is of: a place and the size of the tree it is in, or two sizes. */
struct proof_kind {
    const char *names[2];
    bool may_be_equal;         /* otherwise the first must be less than the second */
    const char *refusal;
    size_t (*plan)(struct node_id *out, uint64_t first, uint64_t second);
    void (*prove)(struct proof *out, uint64_t first, uint64_t second, const struct hash *hashes);
    void (*append)(struct buf *out, uint64_t first, uint64_t second, const struct proof *proof);
};

static bool take_sizes(const struct copy_reading *copy, struct request *request,
                       uint64_t out_sizes[2], const struct proof_kind *kind,
                       struct problem *problem)
{
    if (!request_uint(request, 1, kind->names[0], &out_sizes[0], problem) ||
        !request_uint(request, 2, kind->names[1], &out_sizes[1], problem))
        return false;
    return out_sizes[1] <= copy->head.checkpoint.size ||
           problem_set(problem, PROBLEM_NOT_FOUND,
                       "The mirror has the tree of size %" PRIu64 ", and none of size %" PRIu64 ".",
                       copy->head.checkpoint.size, out_sizes[1]);
}

static bool read_nodes(const struct copy_reading *copy, struct hash *out,
                       const struct node_id *ids, size_t count, struct err *err)
{
    struct tile_reader tiles;
    bool ok;

    tile_reader_init(&tiles, copy->fetcher, copy->head.checkpoint.size);
    ok = tile_reader_nodes(&tiles, out, ids, count, err);
    tile_reader_cleanup(&tiles);
    return ok;
}

static void send_proof(struct request *request, bool ok, const struct err *err)
{
    if (ok)
        reply_send_item(request, bytes_of_buf(request_body_buf(request)), CACHE_IMMUTABLE);
    else
        reply_send_error(request, err);
}

static bool is_in_order(const struct proof_kind *kind, const uint64_t asked[2],
                        struct problem *problem)
{
    return asked[0] < asked[1] || (kind->may_be_equal && asked[0] == asked[1]) ||
           problem_set(problem, PROBLEM_PARAMETER, "%s", kind->refusal);
}

static bool get_proof(struct request *request, const struct proof_kind *kind,
                      struct problem *problem)
{
    struct hash hashes[PLAN_NODES_MAX];
    struct node_id ids[PLAN_NODES_MAX];
    struct copy_reading copy = {0};
    struct proof proof = {0};
    struct err err = {0};
    uint64_t asked[2];
    bool ok = copy_reading_open(&copy, request, problem) &&
              take_sizes(&copy, request, asked, kind, problem) &&
              is_in_order(kind, asked, problem);

    if (ok) {
        bool read = read_nodes(&copy, hashes, ids, kind->plan(ids, asked[0], asked[1]), &err);

        if (read) {
            kind->prove(&proof, asked[0], asked[1], hashes);
            kind->append(request_body_buf(request), asked[0], asked[1], &proof);
        }
        send_proof(request, read, &err);
    }
    copy_reading_close(&copy);
    return ok;
}

bool mirror_inclusion_get(struct request *request, struct problem *problem)
{
    static const struct proof_kind kind = {
        .names = {"index", "size"},
        .refusal = "The entry is not in a tree of this size.",
        .plan = inclusion_plan,
        .prove = inclusion_prove,
        .append = proof_item_append_inclusion,
    };

    return get_proof(request, &kind, problem);
}

bool mirror_consistency_get(struct request *request, struct problem *problem)
{
    static const struct proof_kind kind = {
        .names = {"old size", "new size"},
        .may_be_equal = true,
        .refusal = "The old size is greater than the new size.",
        .plan = consistency_plan,
        .prove = consistency_prove,
        .append = proof_item_append_consistency,
    };

    return get_proof(request, &kind, problem);
}
