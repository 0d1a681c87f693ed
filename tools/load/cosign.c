#include "tools/load/cosign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "merkle/consistency.h"
#include "schemas/add_checkpoint.h"

enum {
    FIRST_SIZE = 1000, /* a proof of a size nearby has some ten hashes */
    LEVELS = 64,
    SEED_LEN = 32,
};

/* PKCS#8 of an Ed25519 key, before the 32 bytes of its seed (RFC 8410, 7). */
static const uint8_t PKCS8[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

struct cosign_state {
    struct signer *signer;
    struct hash *levels[LEVELS]; /* hashes of the one tree, by level and index */
    uint64_t log_count;
    uint64_t step_count;
    uint64_t *done;      /* by connection: requests made */
    uint8_t *signatures; /* by step, then log */
};

/* The same key every time: the list is made by another run. */
static bool open_signer(struct signer **out, struct err *err)
{
    struct buf der = {0};
    struct buf pem = {0};
    bool ok;

    buf_append(&der, PKCS8, sizeof(PKCS8));
    memset(buf_extend(&der, SEED_LEN), 7, SEED_LEN);
    buf_append_text(&pem, "-----BEGIN PRIVATE KEY-----\n");
    text_append_base64(&pem, bytes_of_buf(&der));
    buf_append_text(&pem, "\n-----END PRIVATE KEY-----\n");
    ok = signer_open_pem(out, bytes_of_buf(&pem), err);
    buf_cleanup(&der);
    buf_cleanup(&pem);
    return ok;
}

static void name_log(char out[ORIGIN_LEN_MAX + 1], uint64_t log)
{
    snprintf(out, ORIGIN_LEN_MAX + 1, "bench.example/log-%" PRIu64, log);
}

bool cosign_print_logs(uint64_t log_count, struct err *err)
{
    struct signer *signer;
    struct buf line = {0};

    if (!open_signer(&signer, err))
        return false;
    for (uint64_t log = 0; log < log_count; log++) {
        struct note_verifier verifier = {0};
        char name[ORIGIN_LEN_MAX + 1];

        name_log(name, log);
        CHECK(note_verifier_init(&verifier, name, NOTE_TYPE_ED25519, signer->public_key, err));
        buf_clear(&line);
        note_verifier_append(&line, &verifier);
        printf("log %s\n", buf_text(&line));
        note_verifier_cleanup(&verifier);
    }
    buf_cleanup(&line);
    signer_close(signer);
    return true;
}

static void make_tree(struct cosign_state *state, uint64_t size)
{
    for (unsigned level = 0; size >> level > 0; level++) {
        uint64_t count = size >> level;

        state->levels[level] = mem_alloc_array(count, sizeof(struct hash));
        for (uint64_t i = 0; i < count; i++) {
            struct hash *out = &state->levels[level][i];

            if (level == 0)
                hash_leaf(out, bytes_of(&i, sizeof(i)));
            else
                hash_node(out, &state->levels[level - 1][2 * i],
                          &state->levels[level - 1][2 * i + 1]);
        }
    }
}

static void fetch(const struct cosign_state *state, struct hash *out, const struct node_id *ids,
                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = state->levels[ids[i].level][ids[i].index];
}

static void checkpoint_of(const struct cosign_state *state, struct checkpoint *out, uint64_t log,
                          uint64_t step)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    size_t count;

    *out = (struct checkpoint){.size = FIRST_SIZE + step};
    name_log(out->origin, log);
    count = range_plan(ids, (struct entry_range){.begin = 0, .end = out->size});
    fetch(state, hashes, ids, count);
    range_combine(&out->root, hashes, count);
}

static uint8_t *signature_at(const struct cosign_state *state, uint64_t log, uint64_t step)
{
    return state->signatures + (step * state->log_count + log) * SIGNATURE_LEN;
}

static bool sign_all(struct cosign_state *state, struct err *err)
{
    struct buf text = {0};
    struct checkpoint checkpoint;
    bool ok = true;

    for (uint64_t i = 0; i < state->step_count * state->log_count && ok; i++) {
        uint64_t log = i % state->log_count;
        uint64_t step = i / state->log_count;

        checkpoint_of(state, &checkpoint, log, step);
        buf_clear(&text);
        checkpoint_append_text(&text, &checkpoint);
        ok = signer_sign(state->signer, signature_at(state, log, step), bytes_of_buf(&text), err);
    }
    buf_cleanup(&text);
    return ok;
}

bool cosign_prepare(struct work *work, struct err *err)
{
    struct cosign_state *state = mem_alloc(sizeof(*state));

    work->cosign = state;
    state->log_count = work->options.logs;
    if (state->log_count == 0 || work->options.count < state->log_count)
        return err_set(err, ERR_INVALID, "--logs is needed, and at least as large a --count");
    state->step_count = work->options.count / state->log_count;
    state->done = mem_alloc_array(work->options.connections, sizeof(*state->done));
    state->signatures =
        mem_alloc_array(state->step_count * state->log_count, (size_t)SIGNATURE_LEN);
    make_tree(state, FIRST_SIZE + state->step_count);
    return open_signer(&state->signer, err) && sign_all(state, err);
}

static void append_body(const struct cosign_state *state, struct buf *out, uint64_t log,
                        uint64_t step)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    struct add_checkpoint request = {.old_size = step == 0 ? 0 : FIRST_SIZE + step - 1};
    struct checkpoint checkpoint;
    struct buf note = {0};
    size_t count;

    checkpoint_of(state, &checkpoint, log, step);
    if (step > 0) {
        count = consistency_plan(ids, request.old_size, checkpoint.size);
        fetch(state, hashes, ids, count);
        consistency_prove(&request.proof, request.old_size, checkpoint.size, hashes);
    }
    checkpoint_append_text(&note, &checkpoint);
    buf_append_byte(&note, '\n');
    note_append_signature(
        &note, checkpoint.origin,
        note_key_id(checkpoint.origin, NOTE_TYPE_ED25519, state->signer->public_key),
        bytes_of(signature_at(state, log, step), SIGNATURE_LEN));
    request.checkpoint = bytes_of_buf(&note);
    add_checkpoint_append(out, &request);
    buf_cleanup(&note);
}

/* A connection goes over its logs again and again: each is cosigned before its next step. */
bool cosign_next(struct work *work, size_t connection, struct buf *request)
{
    struct cosign_state *state = work->cosign;
    uint64_t connections = work->options.connections;
    uint64_t own_count = (state->log_count - connection + connections - 1) / connections;
    uint64_t number = state->done[connection];
    struct buf body = {0};

    if (connection >= state->log_count || number / own_count >= state->step_count)
        return false;
    state->done[connection]++;
    append_body(state, &body, connection + number % own_count * connections, number / own_count);
    work_append_post_head(work, request, "/add-checkpoint", "text/plain", body.len);
    buf_append_bytes(request, bytes_of_buf(&body));
    buf_cleanup(&body);
    return true;
}

bool cosign_check(struct work *work, size_t connection, const struct reply *reply, struct err *err)
{
    static const char dash[] = "\xe2\x80\x94 ";

    (void)work;
    (void)connection;
    if (reply->status != 200 || !bytes_start_with(reply->body, bytes_of_text(dash)))
        return err_set(err, ERR_INVALID, "status %d, no cosignature", reply->status);
    return true;
}

void cosign_cleanup(struct work *work)
{
    struct cosign_state *state = work->cosign;

    if (state == NULL)
        return;
    for (size_t level = 0; level < LEVELS; level++)
        free(state->levels[level]);
    signer_close(state->signer);
    free(state->done);
    free(state->signatures);
    free(state);
}
