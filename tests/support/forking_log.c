#include "tests/support/forking_log.h"

#include <string.h>

#include "schemas/checkpoint.h"
#include "tests/support/reference_tree.h"

static void make_leaf(struct hash *out, unsigned side, uint64_t index)
{
    struct buf entry = {0};

    buf_append_format(&entry, "entry %llu of side %u", (unsigned long long)index, side);
    hash_leaf(out, bytes_of_buf(&entry));
    buf_cleanup(&entry);
}

void forking_log_init(struct forking_log *log, const char *origin, uint64_t fork_size)
{
    struct buf pem = {0};
    struct err err = {0};

    *log = (struct forking_log){.origin = origin};
    CHECK(signer_generate(&log->signer, &pem, KEY_ED25519, &err));
    buf_cleanup(&pem);
    for (unsigned side = 0; side < FORKING_LOG_SIDES; side++) {
        for (uint64_t i = 0; i < FORKING_LOG_SIZE_MAX; i++)
            make_leaf(&log->leaves[side][i], i < fork_size ? 0 : side, i);
    }
}

void forking_log_cleanup(struct forking_log *log)
{
    signer_close(log->signer);
}

void forking_log_head(struct forking_log *log, struct buf *out, unsigned side, uint64_t size)
{
    struct checkpoint checkpoint = {.size = size};
    struct err err = {0};

    CHECK(size <= FORKING_LOG_SIZE_MAX);
    memcpy(checkpoint.origin, log->origin, strlen(log->origin));
    reference_root(&checkpoint.root, log->leaves[side], size);
    CHECK(checkpoint_sign(out, &checkpoint, log->signer, &err));
}

void forking_log_path(const struct forking_log *log, struct proof *out, unsigned side,
                      uint64_t old_size, uint64_t new_size)
{
    struct proof rest;

    CHECK(old_size > 0 && old_size < new_size && new_size <= FORKING_LOG_SIZE_MAX);
    out->count = 0;
    if ((old_size & (old_size - 1)) == 0)
        reference_root(&out->hashes[out->count++], log->leaves[side], old_size);
    reference_consistency(&rest, old_size, log->leaves[side], new_size);
    memcpy(out->hashes + out->count, rest.hashes, rest.count * sizeof(rest.hashes[0]));
    out->count += rest.count;
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
