#include "tools/load/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "merkle/tile.h"
#include "schemas/dcbor.h"
#include "schemas/statement.h"
#include "schemas/tile_path.h"

/* Indexes that an add run can see; beyond it uniqueness is not checked. */
static const uint64_t SEEN_LIMIT = (uint64_t)1 << 28;

uint64_t work_random(struct work *work)
{
    uint64_t x = work->random_state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    work->random_state = x;
    return x;
}

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
        uint64_t random = work_random(work);

        memcpy(data + i, &random, len - i < 8 ? (size_t)(len - i) : 8);
    }
}

static void append_post_head(struct work *work, struct buf *request, const char *path,
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

static bool next_add(struct work *work, struct buf *request)
{
    append_post_head(work, request, "/add", "application/octet-stream", work->options.body_len);
    append_random(work, request, work->options.body_len);
    work->sent++;
    return true;
}

/* Every entry of a run is new, so every index must be new as well. */
static bool check_add(struct work *work, const struct reply *reply, struct err *err)
{
    uint64_t index;
    struct bytes text = reply->body;

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

/* A record of about len bytes in the shape of an event: a type, a number and filling. */
static void append_record(struct work *work, struct buf *out, uint64_t len)
{
    struct buf filling = {0};

    append_random(work, &filling, len > 60 ? len - 60 : 8);
    dcbor_put_map(out, 3);
    dcbor_put_literal(out, "type");
    dcbor_put_literal(out, "exec-event");
    dcbor_put_literal(out, "filling");
    dcbor_put_bytes(out, bytes_of_buf(&filling));
    dcbor_put_literal(out, "sequence_number");
    dcbor_put_uint(out, work_random(work));
    buf_cleanup(&filling);
}

static bool append_statement(struct work *work, struct buf *out, struct signer *signer,
                             struct err *err)
{
    struct statement_claims claims = {.content_type = STATEMENT_TYPE_RECORDS,
                                      .issuer = work->options.issuer,
                                      .issued_at_s = clock_unix_ms(clock_system()) / 1000};
    struct buf payload = {0};
    bool ok;

    if (work->options.records > 1)
        dcbor_put_array(&payload, work->options.records);
    for (uint64_t i = 0; i < work->options.records; i++)
        append_record(work, &payload, work->options.body_len);
    ok = statement_sign(out, signer, &claims, bytes_of_buf(&payload), err);
    buf_cleanup(&payload);
    return ok;
}

/* Signs every statement before the clock starts, so that the load costs the client little. */
static bool prepare_statements(struct work *work, struct err *err)
{
    uint64_t per_body = work->kind->entries_per_request(&work->options);
    struct signer *signer = NULL;
    bool ok = signer_open_file(&signer, work->options.key_path, err);

    work->body_count = (size_t)(work->options.count / per_body);
    work->body_ends = mem_alloc_array(work->body_count, sizeof(*work->body_ends));
    for (size_t i = 0; ok && i < work->body_count; i++) {
        for (uint64_t k = 0; ok && k < per_body; k++)
            ok = append_statement(work, &work->bodies, signer, err);
        work->body_ends[i] = work->bodies.len;
    }
    signer_close(signer);
    return ok;
}

static bool next_statement(struct work *work, struct buf *request, const char *path,
                           const char *type)
{
    size_t begin = work->sent == 0 ? 0 : work->body_ends[work->sent - 1];
    size_t end;

    if (work->sent >= work->body_count)
        return false;
    end = work->body_ends[work->sent++];
    append_post_head(work, request, path, type, end - begin);
    buf_append(request, work->bodies.data + begin, end - begin);
    return true;
}

static bool next_entries(struct work *work, struct buf *request)
{
    return next_statement(work, request, "/entries", "application/scitt-statement+cose");
}

static bool next_batch(struct work *work, struct buf *request)
{
    return next_statement(work, request, "/v1/batch", "application/cbor-seq");
}

static bool check_entries(struct work *work, const struct reply *reply, struct err *err)
{
    (void)work;
    if (reply->status != 201 || reply->body_len < 100 || reply->body.data[0] != 0xD2)
        return err_set(err, ERR_INVALID, "status %d, no receipt", reply->status);
    return true;
}

/* One map for each statement, each with an index. */
static bool check_batch(struct work *work, const struct reply *reply, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(reply->body);
    struct bytes result;
    uint64_t count = 0;

    if (reply->status != 200)
        return err_set(err, ERR_INVALID, "status %d", reply->status);
    while (!dcbor_at_end(&reader)) {
        if (!dcbor_skip(&reader, &result, err))
            return false;
        if (memmem(result.data, result.len, "index", 5) == NULL)
            return err_set(err, ERR_INVALID, "a statement got no index");
        count++;
    }
    if (count != work->options.statements)
        return err_set(err, ERR_INVALID, "%" PRIu64 " results", count);
    return true;
}

static void append_get(struct work *work, struct buf *request, const char *accept,
                       const char *path)
{
    buf_append_format(request, "GET %s%s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n",
                      work->options.path_prefix, path, work->options.host,
                      accept == NULL ? "" : "Accept: ", accept == NULL ? "" : accept,
                      accept == NULL ? "" : "\r\n");
    work->sent++;
}

static bool next_checkpoint(struct work *work, struct buf *request)
{
    append_get(work, request, NULL, "/checkpoint");
    return true;
}

static bool check_checkpoint(struct work *work, const struct reply *reply, struct err *err)
{
    (void)work;
    if (reply->status != 200 || memmem(reply->body.data, reply->body.len, "\n\n", 2) == NULL)
        return err_set(err, ERR_INVALID, "status %d, no checkpoint", reply->status);
    return true;
}

static bool next_full_tile(struct work *work, struct buf *request, bool is_entries)
{
    uint64_t tiles = work->options.tree_size / TILE_WIDTH;
    struct tile_path path = {.is_entries = is_entries, .width = TILE_WIDTH};
    struct buf text = {0};

    path.tile.index = tiles == 0 ? 0 : work_random(work) % tiles;
    buf_append_byte(&text, '/');
    tile_path_append(&text, &path);
    append_get(work, request, NULL, buf_text(&text));
    buf_cleanup(&text);
    return true;
}

static bool next_tile(struct work *work, struct buf *request)
{
    return next_full_tile(work, request, false);
}

static bool next_bundle(struct work *work, struct buf *request)
{
    return next_full_tile(work, request, true);
}

static bool check_tile(struct work *work, const struct reply *reply, struct err *err)
{
    (void)work;
    if (reply->status != 200 || reply->body_len != TILE_WIDTH * HASH_LEN)
        return err_set(err, ERR_INVALID, "status %d, %" PRIu64 " bytes", reply->status,
                       reply->body_len);
    return true;
}

static bool check_bundle(struct work *work, const struct reply *reply, struct err *err)
{
    if (reply->status != 200 || reply->body_len != TILE_WIDTH * (2 + work->options.body_len))
        return err_set(err, ERR_INVALID, "status %d, %" PRIu64 " bytes", reply->status,
                       reply->body_len);
    return true;
}

static bool next_proof(struct work *work, struct buf *request, const char *accept)
{
    char path[96];

    snprintf(path, sizeof(path), "/v1/proof/inclusion/%" PRIu64 "/%" PRIu64,
             work_random(work) % work->options.tree_size, work->options.tree_size);
    append_get(work, request, accept, path);
    return true;
}

static bool next_proof_json(struct work *work, struct buf *request)
{
    return next_proof(work, request, "application/json");
}

static bool next_proof_text(struct work *work, struct buf *request)
{
    return next_proof(work, request, "text/x.tlog.proof");
}

static bool next_proof_receipt(struct work *work, struct buf *request)
{
    return next_proof(work, request, "application/scitt-receipt+cose");
}

static bool check_proof(struct work *work, const struct reply *reply, struct err *err)
{
    (void)work;
    if (reply->status != 200 || reply->body_len < 100)
        return err_set(err, ERR_INVALID, "status %d, %" PRIu64 " bytes", reply->status,
                       reply->body_len);
    return true;
}

static const struct work_kind KINDS[] = {
    {"add", "POST /add of --body-bytes new bytes", true, one_entry, prepare_add, next_add,
     check_add},
    {"entries", "POST /entries of signed statements", true, one_entry, prepare_statements,
     next_entries, check_entries},
    {"batch", "POST /v1/batch of --statements signed statements of --records records", true,
     batch_entries, prepare_statements, next_batch, check_batch},
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
    work->random_state = options->seed * 0x9E3779B97F4A7C15u | 1;
    return kind->prepare(work, err);
}

void work_cleanup(struct work *work)
{
    buf_cleanup(&work->bodies);
    free(work->body_ends);
    free(work->seen_indexes);
    *work = (struct work){0};
}
