#include "server/tlog/batch.h"

#include <inttypes.h>
#include <string.h>

#include "schemas/cose.h"
#include "server/tlog/tlog_read.h"

_Static_assert(TLOG_BATCH_ENTRIES_MAX < UINT16_MAX, "a slot holds position + 1");

/* At most half full, so that probing stays short; never more to clear than the batch is worth. */
static size_t slot_count_for(size_t count)
{
    size_t slot_count = 16;

    while (slot_count < 2 * count)
        slot_count *= 2;
    CHECK(slot_count <= BATCH_SLOTS);
    return slot_count;
}

/*
 * Notes the first submission of each identity and lists it for the look-up. Identities are SHA-256
 * hashes, so their first bytes serve as they are; somebody who computes many with the same ones
 * gains a probe of at most the batch's length.
 */
static void find_firsts(struct batch *batch, struct tlog_submission *const *submissions,
                        size_t count, enum store_index index)
{
    size_t slot_count = slot_count_for(count);

    memset(batch->slots, 0, slot_count * sizeof(batch->slots[0]));
    batch->key_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct hash *identity = &submissions[i]->identity;
        size_t slot = read_be32(identity->bytes) & (slot_count - 1);

        batch->firsts[i] = (uint16_t)i;
        if (submissions[i]->own != NULL)
            continue;
        while (batch->slots[slot] != 0 &&
               !hash_equal(&submissions[batch->slots[slot] - 1]->identity, identity))
            slot = (slot + 1) & (slot_count - 1);
        if (batch->slots[slot] == 0) {
            batch->slots[slot] = (uint16_t)(i + 1);
            batch->positions[batch->key_count] = (uint16_t)i;
            batch->keys[batch->key_count++] = (struct store_key){.index = index, .hash = *identity};
        }
        batch->firsts[i] = (uint16_t)(batch->slots[slot] - 1);
    }
}

/* Whether the statement at index has this identity, though its bytes differ: it was signed again.
 */
static bool check_resigned(const struct batch_target *target, uint64_t index,
                           const struct hash *identity, struct err *err)
{
    struct cose_sign1 statement;
    struct buf entry = {0};
    struct hash sid;
    bool ok = tlog_read_entry(target->store, &entry, NULL, index, err);

    if (ok && !cose_sign1_decode(&statement, bytes_of_buf(&entry), err))
        ok = err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is not a statement", index);
    if (ok) {
        cose_sig_structure_hash(&sid, statement.protected_header, statement.payload);
        ok = hash_equal(&sid, identity) ||
             err_set(err, ERR_CORRUPT, "the identity index leads to another entry at %" PRIu64,
                     index);
    }
    buf_cleanup(&entry);
    return ok;
}

/* An index that is going to be acknowledged must lead to the entry, whatever the store says. */
static bool check_known(struct batch *batch, const struct batch_target *target,
                        struct tlog_submission *const *submissions, struct err *err)
{
    size_t known_count = 0;

    for (size_t i = 0; i < batch->key_count; i++) {
        uint64_t index = batch->keys[i].entry_index;

        if (index == STORE_NO_INDEX)
            continue;
        if (index >= target->size)
            return err_set(err, ERR_CORRUPT,
                           "the identity index leads to entry %" PRIu64 " of %" PRIu64, index,
                           target->size);
        batch->leaf_ids[known_count++] = (struct node_id){.level = 0, .index = index};
    }
    if (known_count > 0 &&
        !store_read_nodes(target->store, batch->leaf_hashes, batch->leaf_ids, known_count, err))
        return false;
    for (size_t i = 0, known = 0; i < batch->key_count; i++) {
        const struct tlog_submission *submission = submissions[batch->positions[i]];
        uint64_t index = batch->keys[i].entry_index;

        if (index == STORE_NO_INDEX ||
            hash_equal(&batch->leaf_hashes[known++], &submission->leaf_hash))
            continue;
        if (target->kind == LOG_OPAQUE)
            return err_set(err, ERR_CORRUPT,
                           "the index of leaf hashes leads to another entry at %" PRIu64, index);
        if (!check_resigned(target, index, &submission->identity, err))
            return false;
    }
    return true;
}

bool batch_look_up(struct batch *batch, const struct batch_target *target,
                   struct tlog_submission *const *submissions, size_t count, struct err *err)
{
    enum store_index index = target->kind == LOG_EVIDENCE ? STORE_BY_SID : STORE_BY_LEAF_HASH;

    find_firsts(batch, submissions, count, index);
    if (!store_find(target->store, batch->keys, batch->key_count, err) ||
        !check_known(batch, target, submissions, err))
        return false;
    for (size_t i = 0; i < count; i++)
        batch->known[i] = STORE_NO_INDEX;
    for (size_t i = 0; i < batch->key_count; i++)
        batch->known[batch->positions[i]] = batch->keys[i].entry_index;
    return true;
}
