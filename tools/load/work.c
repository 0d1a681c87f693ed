#include "tools/load/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "merkle/tile.h"
#include "schemas/tile_path.h"
#include "tools/load/cosign.h"
#include "tools/load/lines.h"
#include "tools/load/post.h"
#include "tools/load/random.h"
#include "tools/load/statements.h"

/* Indexes that an add run can see; beyond it uniqueness is not checked. */
static const uint64_t SEEN_LIMIT = (uint64_t)1 << 28;

static uint64_t one_entry(const struct work_options *options)
{
    (void)options;
    return 1;
}

static uint64_t batch_entries(const struct work_options *options)
{
    return options->statements;
}

static bool prepare_nothing(struct work *work, struct err *err)
{
    (void)work;
    (void)err;
    return true;
}

static void append_random(struct work *work, struct buf *out, uint64_t len)
{
    uint8_t *data = buf_extend(out, (size_t)len);

    for (uint64_t i = 0; i < len; i += 8) {
        uint64_t random = random_next(&work->random_state);

        memcpy(data + i, &random, len - i < 8 ? (size_t)(len - i) : 8);
    }
}

void work_append_post_head(const struct work *work, struct buf *request, const char *path,
                           const char *type, uint64_t len)
{
    buf_append_format(request,
                      "POST %s%s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: "
                      "%" PRIu64 "\r\n\r\n",
                      work->options.path_prefix, path, work->options.host, type, len);
}

static bool prepare_add(struct work *work, struct err *err)
{
    (void)err;
    work->seen_limit = SEEN_LIMIT;
    work->seen_indexes = mem_alloc((size_t)(SEEN_LIMIT / 8));
    return true;
}

static bool next_add(struct work *work, size_t connection, struct buf *request)
{
    (void)connection;
    work_append_post_head(work, request, "/add", "application/octet-stream",
                          work->options.body_len);
    append_random(work, request, work->options.body_len);
    return true;
}

/* Every entry of a run is new, so every index must be new as well. */
static bool check_add(struct work *work, size_t connection, const struct reply *reply,
                      struct err *err)
{
    struct bytes text = reply->body;
    uint64_t index;

    (void)connection;
    if (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    if (reply->status != 200 || !text_parse_uint(&index, text, UINT64_MAX))
        return err_set(err, ERR_INVALID, "status %d, body is not an index", reply->status);
    if (index >= work->seen_limit)
        return true;
    if ((work->seen_indexes[index / 8] >> index % 8 & 1) != 0)
        return err_set(err, ERR_INVALID, "index %" PRIu64 " was given twice", index);
    work->seen_indexes[index / 8] |= (uint8_t)(1u << index % 8);
    return true;
}

static void append_get(struct work *work, struct buf *request, const char *accept,
                       const char *path)
{
    buf_append_format(request, "GET %s%s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n",
                      work->options.path_prefix, path, work->options.host,
                      accept == NULL ? "" : "Accept: ", accept == NULL ? "" : accept,
                      accept == NULL ? "" : "\r\n");
}

static bool next_checkpoint(struct work *work, size_t connection, struct buf *request)
{
    (void)connection;
    append_get(work, request, NULL, "/checkpoint");
    return true;
}

static bool check_checkpoint(struct work *work, size_t connection, const struct reply *reply,
                             struct err *err)
{
    (void)work;
    (void)connection;
    if (reply->status != 200 || memmem(reply->body.data, reply->body.len, "\n\n", 2) == NULL)
        return err_set(err, ERR_INVALID, "status %d, no checkpoint", reply->status);
    return true;
}

static bool next_full_tile(struct work *work, struct buf *request, bool is_entries)
{
    uint64_t tiles = work->options.tree_size / TILE_WIDTH;
    struct tile_path path = {.is_entries = is_entries, .width = TILE_WIDTH};
    struct buf text = {0};

    path.tile.index = tiles == 0 ? 0 : random_next(&work->random_state) % tiles;
    buf_append_byte(&text, '/');
    tile_path_append(&text, &path);
    append_get(work, request, NULL, buf_text(&text));
    buf_cleanup(&text);
    return true;
}

static bool next_tile(struct work *work, size_t connection, struct buf *request)
{
    (void)connection;
    return next_full_tile(work, request, false);
}

static bool next_bundle(struct work *work, size_t connection, struct buf *request)
{
    (void)connection;
    return next_full_tile(work, request, true);
}

static bool check_tile(struct work *work, size_t connection, const struct reply *reply,
                       struct err *err)
{
    (void)work;
    (void)connection;
    if (reply->status != 200 || reply->body_len != TILE_WIDTH * HASH_LEN)
        return err_set(err, ERR_INVALID, "status %d, %" PRIu64 " bytes", reply->status,
                       reply->body_len);
    return true;
}

static bool check_bundle(struct work *work, size_t connection, const struct reply *reply,
                         struct err *err)
{
    (void)connection;
    if (reply->status != 200 || reply->body_len != TILE_WIDTH * (2 + work->options.body_len))
        return err_set(err, ERR_INVALID, "status %d, %" PRIu64 " bytes", reply->status,
                       reply->body_len);
    return true;
}

static bool next_proof(struct work *work, struct buf *request, const char *accept)
{
    char path[96];

    snprintf(path, sizeof(path), "/v1/proof/inclusion/%" PRIu64 "/%" PRIu64,
             random_next(&work->random_state) % work->options.tree_size, work->options.tree_size);
    append_get(work, request, accept, path);
    return true;
}

static bool next_proof_json(struct work *work, size_t connection, struct buf *request)
{
    (void)connection;
    return next_proof(work, request, "application/json");
}

static bool next_proof_text(struct work *work, size_t connection, struct buf *request)
{
    (void)connection;
    return next_proof(work, request, "text/x.tlog.proof");
}

static bool next_proof_receipt(struct work *work, size_t connection, struct buf *request)
{
    (void)connection;
    return next_proof(work, request, "application/scitt-receipt+cose");
}

static bool check_proof(struct work *work, size_t connection, const struct reply *reply,
                        struct err *err)
{
    (void)work;
    (void)connection;
    if (reply->status != 200 || reply->body_len < 100)
        return err_set(err, ERR_INVALID, "status %d, %" PRIu64 " bytes", reply->status,
                       reply->body_len);
    return true;
}

static const struct work_kind KINDS[] = {
    {"add", "POST /add of --body-bytes new bytes", true, one_entry, prepare_add, next_add,
     check_add},
    {"entries", "POST /entries of signed statements", true, one_entry, statements_prepare,
     statements_next_entry, statements_check_entry},
    {"batch", "POST /v1/batch of --statements signed statements of --records records", true,
     batch_entries, statements_prepare, statements_next_batch, statements_check_batch},
    {"lines", "POST /v1/batch of the statements that the lines of --lines say, --statements in each",
     true, batch_entries, lines_prepare, statements_next_batch, statements_check_batch},
    {"post", "POST --path of --body-file, answered 200 with --expect in it", true, one_entry,
     post_prepare, post_next, post_check},
    {"cosign", "POST /add-checkpoint to a witness, of each of --logs logs in turn", true, one_entry,
     cosign_prepare, cosign_next, cosign_check},
    {"checkpoint", "GET /checkpoint", true, one_entry, prepare_nothing, next_checkpoint,
     check_checkpoint},
    {"tile", "GET of random full hash tiles", false, one_entry, prepare_nothing, next_tile,
     check_tile},
    {"bundle", "GET of random full entry bundles", false, one_entry, prepare_nothing, next_bundle,
     check_bundle},
    {"proof-json", "inclusion proofs by random index, JSON", false, one_entry, prepare_nothing,
     next_proof_json, check_proof},
    {"proof-text", "inclusion proofs by random index, tlog-proof", false, one_entry,
     prepare_nothing, next_proof_text, check_proof},
    {"proof-receipt", "inclusion proofs by random index, receipts", false, one_entry,
     prepare_nothing, next_proof_receipt, check_proof},
};

const struct work_kind *work_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    }
    return NULL;
}

void work_kinds_print(void)
{
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        printf("  %-14s %s\n", KINDS[i].name, KINDS[i].help);
}

bool work_prepare(struct work *work, const struct work_kind *kind,
                  const struct work_options *options, struct err *err)
{
    *work = (struct work){.kind = kind, .options = *options};
    work->random_state = random_state_of(options->seed, 0);
    return kind->prepare(work, err);
}

void work_cleanup(struct work *work)
{
    buf_cleanup(&work->bodies);
    free(work->body_ends);
    free(work->lanes);
    free(work->seen_indexes);
    cosign_cleanup(work);
    *work = (struct work){0};
}
