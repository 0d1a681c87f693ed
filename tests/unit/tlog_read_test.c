#include "server/tlog/tlog_read.h"

#include <stdlib.h>

#include "schemas/checkpoint.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_fixture.h"
#include "tests/support/reference_tree.h"

enum { SIZE = 600 }; /* two full tiles and a partial one, and a tile above them */

struct read_state {
    struct log_fixture fixture;
    struct hash leaves[SIZE];
};

static int set_up(void **state)
{
    struct read_state *read = mem_alloc(sizeof(*read));

    log_fixture_init(&read->fixture, LOG_OPAQUE);
    log_fixture_commit(&read->fixture, 0, 255);
    log_fixture_commit(&read->fixture, 255, 258);
    log_fixture_commit(&read->fixture, 258, SIZE);
    for (uint64_t i = 0; i < SIZE; i++) {
        struct log_batch batch = {0};

        log_batch_add(&batch, &read->fixture, i);
        read->leaves[i] = batch.submissions[0].leaf_hash;
        log_batch_cleanup(&batch);
    }
    *state = read;
    return 0;
}

static int tear_down(void **state)
{
    struct read_state *read = *state;

    log_fixture_cleanup(&read->fixture);
    free(read);
    return 0;
}

/* The root of every size is that of its entries, whether a head of that size was signed or not. */
static void tlog_read_root_any_size(void **state)
{
    struct read_state *read = *state;

    for (uint64_t size = 0; size <= SIZE; size++) {
        struct hash want;
        struct hash root;
        struct err err = {0};

        reference_root(&want, read->leaves, size);
        assert_true(tlog_read_root(read->fixture.store, &root, size, &err));
        assert_true(hash_equal(&root, &want));
    }
}

/* Inclusion proofs at any published size lead to the root of that size. */
static void tlog_read_inclusion_any_size(void **state)
{
    struct read_state *read = *state;

    for (uint64_t size = 1; size <= SIZE; size += 13) {
        struct hash root;

        reference_root(&root, read->leaves, size);
        for (uint64_t index = 0; index < size; index += 7) {
            struct proof proof;
            struct err err = {0};

            assert_true(tlog_read_inclusion(read->fixture.store, &proof, index, size, &err));
            assert_true(inclusion_check(&read->leaves[index], index, size, &root, &proof));
        }
    }
}

/* Consistency proofs between any two published sizes hold. */
static void tlog_read_consistency_any_sizes(void **state)
{
    struct read_state *read = *state;

    for (uint64_t new_size = 0; new_size <= SIZE; new_size += 37) {
        struct hash new_root;

        reference_root(&new_root, read->leaves, new_size);
        for (uint64_t old_size = 0; old_size <= new_size; old_size += 11) {
            struct hash old_root;
            struct proof proof;
            struct err err = {0};

            reference_root(&old_root, read->leaves, old_size);
            assert_true(
                tlog_read_consistency(read->fixture.store, &proof, old_size, new_size, &err));
            assert_true(consistency_check(old_size, &old_root, new_size, &new_root, &proof));
        }
    }
}

/* A tile is the hashes of its bottom row, as many as asked for, leaves or full tiles below. */
static void tlog_read_tile_any_width(void **state)
{
    struct read_state *read = *state;

    for (unsigned width = 1; width <= TILE_WIDTH; width += 5) {
        struct buf tile = {0};
        struct err err = {0};

        assert_true(
            tlog_read_tile(read->fixture.store, &tile, (struct tile_id){0, 1}, width, &err));
        assert_int_equal(tile.len, width * HASH_LEN);
        assert_memory_equal(tile.data, &read->leaves[TILE_WIDTH], tile.len);
        buf_cleanup(&tile);
    }
    for (unsigned width = 1; width <= 2; width++) {
        struct buf tile = {0};
        struct hash root;
        struct err err = {0};

        assert_true(
            tlog_read_tile(read->fixture.store, &tile, (struct tile_id){1, 0}, width, &err));
        reference_root(&root, read->leaves + TILE_WIDTH * (width - 1), TILE_WIDTH);
        assert_int_equal(tile.len, width * HASH_LEN);
        assert_memory_equal(tile.data + (width - 1) * HASH_LEN, &root, HASH_LEN);
        buf_cleanup(&tile);
    }
}

/* An entry comes with its leaf hash, appended to what is there already. */
static void tlog_read_entry_good(void **state)
{
    struct read_state *read = *state;
    struct buf out = {0};
    struct hash leaf;
    struct err err = {0};

    buf_append_text(&out, "before ");
    assert_true(tlog_read_entry(read->fixture.store, &out, &leaf, 258, &err));
    assert_string_equal(buf_text(&out), "before entry 258");
    assert_true(hash_equal(&leaf, &read->leaves[258]));
    buf_cleanup(&out);
}

/* A flipped bit in the entry, in its length or in its leaf hash is noticed; nothing is appended. */
static void tlog_read_entry_flipped(void **state)
{
    struct read_state *read = *state;
    struct store *store = read->fixture.store;
    enum store_operation operations[] = {STORE_OPERATION_LOCATE_ENTRIES,
                                         STORE_OPERATION_READ_NODES};

    for (size_t i = 0; i < 2; i++) {
        for (uint64_t bit = 0; bit < 256; bit++) {
            struct buf out = {0};
            struct err err = {0};

            store_faulty_arm(store, operations[i], STORE_FAULT_FLIPPED, 0, bit);
            assert_false(tlog_read_entry(store, &out, NULL, 17, &err));
            assert_int_equal(err.code, ERR_CORRUPT);
            assert_int_equal(out.len, 0);
        }
    }
}

/* What the store cannot read comes back as its error, everywhere. */
static void tlog_read_store_fails(void **state)
{
    struct read_state *read = *state;
    struct store *store = read->fixture.store;
    struct buf out = {0};
    struct proof proof;
    struct err err = {0};

    store_faulty_arm(store, STORE_OPERATION_READ_NODES, STORE_FAULT_ERROR, 0, 0);
    assert_false(tlog_read_inclusion(store, &proof, 1, 9, &err));
    assert_int_equal(err.code, ERR_IO);
    store_faulty_arm(store, STORE_OPERATION_READ_NODES, STORE_FAULT_MISSING, 0, 0);
    assert_false(tlog_read_consistency(store, &proof, 3, 9, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    store_faulty_arm(store, STORE_OPERATION_READ_NODES, STORE_FAULT_ERROR, 0, 0);
    assert_false(tlog_read_tile(store, &out, (struct tile_id){0, 0}, 1, &err));
    assert_int_equal(err.code, ERR_IO);
    store_faulty_arm(store, STORE_OPERATION_LOCATE_ENTRIES, STORE_FAULT_ERROR, 0, 0);
    assert_false(tlog_read_entry(store, &out, NULL, 0, &err));
    assert_int_equal(err.code, ERR_IO);
    buf_cleanup(&out);
}

/* A checkpoint is a note that a client with the log's verifier key opens: empty tree included. */
static void tlog_append_checkpoint_opens(void **state)
{
    struct read_state *read = *state;
    struct public_key *key = read->fixture.keys.checkpoint->public_key;
    struct note_verifier verifier;
    struct store_head head;
    struct err err = {0};

    assert_true(note_verifier_init(&verifier, LOG_FIXTURE_ORIGIN, NOTE_TYPE_ED25519, key, &err));
    for (uint64_t size = 0; size <= SIZE; size = head.size + 1) {
        struct checkpoint checkpoint;
        struct buf note = {0};

        assert_true(store_seek_head(read->fixture.store, &head, size, &err));
        tlog_append_checkpoint(&note, LOG_FIXTURE_ORIGIN, verifier.key_id, &head);
        assert_true(checkpoint_open(&checkpoint, bytes_of_buf(&note), &verifier, &err));
        assert_int_equal(checkpoint.size, head.size);
        assert_true(hash_equal(&checkpoint.root, &head.root));
        buf_cleanup(&note);
    }
    note_verifier_cleanup(&verifier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tlog_read_root_any_size),
        cmocka_unit_test(tlog_read_inclusion_any_size),
        cmocka_unit_test(tlog_read_consistency_any_sizes),
        cmocka_unit_test(tlog_read_tile_any_width),
        cmocka_unit_test(tlog_read_entry_good),
        cmocka_unit_test(tlog_read_entry_flipped),
        cmocka_unit_test(tlog_read_store_fails),
        cmocka_unit_test(tlog_append_checkpoint_opens),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
