#include "tests/support/forking_log.h"

#include <string.h>

#include "merkle/frontier.h"
#include "merkle/prefix.h"
#include "schemas/checkpoint.h"

static void make_leaf(struct hash *out, unsigned side, uint64_t index)
{
    struct buf entry = {0};

    buf_append_format(&entry, "entry %llu of side %u", (unsigned long long)index, side);
    hash_leaf(out, bytes_of_buf(&entry));
    buf_cleanup(&entry);
}

static void grow_side(struct forking_log *log, unsigned side, uint64_t fork_size)
{
    struct frontier frontier = {0};

    hash_empty_root(&log->roots[side][0]);
    for (uint64_t i = 0; i < FORKING_LOG_SIZE_MAX; i++) {
        struct node nodes[64];
        struct hash leaf;
        size_t count;

        make_leaf(&leaf, i < fork_size ? 0 : side, i);
        count = frontier_append(&frontier, nodes, &leaf);
        for (size_t k = 0; k < count; k++)
            log->nodes[side][nodes[k].id.level][nodes[k].id.index] = nodes[k].hash;
        frontier_root(&frontier, &log->roots[side][i + 1]);
    }
}

void forking_log_init(struct forking_log *log, const char *origin, uint64_t fork_size)
{
    struct buf pem = {0};
    struct err err = {0};

    *log = (struct forking_log){.origin = origin};
    CHECK(signer_generate(&log->signer, &pem, KEY_ED25519, &err));
    buf_cleanup(&pem);
    for (unsigned side = 0; side < FORKING_LOG_SIDES; side++)
        grow_side(log, side, fork_size);
}

void forking_log_cleanup(struct forking_log *log)
{
    signer_close(log->signer);
}

void forking_log_head(struct forking_log *log, struct buf *out, unsigned side, uint64_t size)
{
    struct checkpoint checkpoint = {.size = size, .root = log->roots[side][size]};
    struct err err = {0};

    CHECK(size <= FORKING_LOG_SIZE_MAX);
    memcpy(checkpoint.origin, log->origin, strlen(log->origin));
    CHECK(checkpoint_sign(out, &checkpoint, log->signer, &err));
}

void forking_log_path(const struct forking_log *log, struct proof *out, unsigned side,
                      uint64_t old_size, uint64_t new_size)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    size_t count = prefix_plan(ids, old_size, new_size);

    CHECK(new_size <= FORKING_LOG_SIZE_MAX);
    for (size_t i = 0; i < count; i++)
        hashes[i] = log->nodes[side][ids[i].level][ids[i].index];
    prefix_prove(out, old_size, new_size, hashes);
}

void forking_log_policy_line(const struct forking_log *log, struct buf *out)
{
    struct note_verifier verifier = {0};
    struct err err = {0};

    CHECK(note_verifier_init(&verifier, log->origin, NOTE_TYPE_ED25519, log->signer->public_key,
                             &err));
    buf_append_text(out, "log ");
    note_verifier_append(out, &verifier);
    buf_append_text(out, "\n");
    note_verifier_cleanup(&verifier);
}
