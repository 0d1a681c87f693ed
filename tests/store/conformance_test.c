/* What store.h promises, asked of every store there is. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/store/growing_log.h"
#include "tests/store/scratch.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/store_faulty.h"
#include "tests/support/store_memory.h"

enum kind { KIND_MEMORY, KIND_LEVELDB, KIND_FAULTY };

/* Small enough that a few bundles fill a segment. */
enum { SEGMENT_LEN_MAX = 5000 };

/* A store under test, what it stands on, and the log it holds. */
struct subject {
    enum kind kind;
    struct memory_disk *disk;
    char *scratch;
    char *directory;
    struct store *store;
    struct growing_log log;
};

static void must(bool ok, const struct err *err)
{
    if (!ok)
        fail_msg("%s: %s", err_code_name(err->code), err->text);
}

static void open_subject(struct subject *subject)
{
    struct err err = {0};

    if (subject->kind == KIND_MEMORY)
        subject->store = store_memory_open(subject->disk);
    else
        must(scratch_open_store(&subject->store, subject->directory, SEGMENT_LEN_MAX, &err), &err);
    if (subject->kind == KIND_FAULTY)
        subject->store = store_faulty_new_take(subject->store);
    must(growing_log_resume(&subject->log, subject->store, &err), &err);
}

static void reopen(struct subject *subject)
{
    store_close(subject->store);
    open_subject(subject);
}

static int setup(void **state, enum kind kind)
{
    struct subject *subject = mem_alloc(sizeof(*subject));
    struct store_identity_card card = growing_log_card();
    struct store_head head = growing_log_first_head();

    subject->kind = kind;
    subject->log = (struct growing_log){.seed = 7, .with_sids = true};
    if (kind == KIND_MEMORY) {
        subject->disk = memory_disk_new(&card, &head);
    } else {
        subject->scratch = scratch_new();
        subject->directory = mem_format("%s/store", subject->scratch);
        scratch_create_store(subject->directory);
    }
    open_subject(subject);
    *state = subject;
    return 0;
}

static int setup_memory(void **state)
{
    return setup(state, KIND_MEMORY);
}

static int setup_leveldb(void **state)
{
    return setup(state, KIND_LEVELDB);
}

static int setup_faulty(void **state)
{
    return setup(state, KIND_FAULTY);
}

static int teardown(void **state)
{
    struct subject *subject = *state;

    store_close(subject->store);
    memory_disk_free(subject->disk);
    if (subject->scratch != NULL)
        scratch_remove(subject->scratch);
    free(subject->directory);
    free(subject);
    return 0;
}

static void grow(struct subject *subject, size_t count)
{
    struct err err = {0};

    must(growing_log_commit(&subject->log, subject->store, count, &err), &err);
}

static void check(struct subject *subject)
{
    struct err err = {0};

    must(growing_log_check(&subject->log, subject->store, &err), &err);
}

/* A new store has the card it was created with. */
static void read_card_of_new_store(void **state)
{
    struct subject *subject = *state;
    struct store_identity_card want = growing_log_card();
    struct store_identity_card got;
    struct err err = {0};

    must(store_read_card(subject->store, &got, &err), &err);
    assert_string_equal(got.origin, want.origin);
    assert_int_equal(got.kind, want.kind);
    assert_true(hash_equal(&got.checkpoint_key, &want.checkpoint_key));
}

/* A new store has the first head, in the epoch after the one it was created in. */
static void read_head_of_new_store(void **state)
{
    struct subject *subject = *state;
    struct store_head want = growing_log_first_head();
    struct store_head got;
    struct err err = {0};

    must(store_read_head(subject->store, &got, &err), &err);
    assert_int_equal(got.epoch, want.epoch + 1);
    got.epoch = want.epoch;
    assert_memory_equal(&got, &want, sizeof(got));
}

/* Each opening raises the epoch by one and leaves everything else as it was. */
static void open_raises_the_epoch(void **state)
{
    struct subject *subject = *state;
    uint64_t epoch = subject->log.head.epoch;

    grow(subject, 3);
    reopen(subject);
    reopen(subject);
    assert_int_equal(subject->log.head.epoch, epoch + 2);
    check(subject);
    grow(subject, 3);
    check(subject);
}

/* After every commit of one entry, everything reads back right, before and after opening. */
static void commit_of_single_entries(void **state)
{
    struct subject *subject = *state;

    for (size_t i = 0; i < 40; i++) {
        grow(subject, 1);
        check(subject);
    }
    reopen(subject);
    check(subject);
}

/* Commits that end before, at and after the ends of tiles and bundles read back right. */
static void commit_around_tile_boundaries(void **state)
{
    static const size_t COUNTS[] = {255, 1, 1, 254, 1, 1, 256, 257, 511, 512, 513, 1000, 3};
    struct subject *subject = *state;

    for (size_t i = 0; i < sizeof(COUNTS) / sizeof(COUNTS[0]); i++) {
        grow(subject, COUNTS[i]);
        check(subject);
        reopen(subject);
        check(subject);
    }
}

/* Every commit size from 1 to 64 is right at every offset it meets. */
static void commit_of_every_small_size(void **state)
{
    struct subject *subject = *state;

    for (size_t count = 1; count <= 64; count++) {
        grow(subject, count);
        if (count % 8 == 0)
            check(subject);
    }
    reopen(subject);
    check(subject);
}

/* A tree with three levels of tiles reads back right. */
static void commit_of_a_large_tree(void **state)
{
    struct subject *subject = *state;

    subject->log.entry_len = 8;
    for (size_t i = 0; i < 17; i++)
        grow(subject, 4096);
    reopen(subject);
    grow(subject, 4096);
    check(subject);
}

static void refuse_fenced(struct subject *subject, const struct growing_commit *growing)
{
    struct err err = {0};

    assert_false(store_commit(subject->store, &growing->commit, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, "fenced"));
    check(subject);
}

/* A commit that names another epoch, size or root is fenced and writes nothing. */
static void commit_fenced_by_another_head(void **state)
{
    struct subject *subject = *state;
    struct growing_log behind = subject->log;
    struct growing_commit growing;

    grow(subject, 5);
    growing_log_prepare(&behind, &growing, 2);
    refuse_fenced(subject, &growing);
    growing_commit_cleanup(&growing);

    growing_log_prepare(&subject->log, &growing, 2);
    growing.commit.expected.epoch = growing.commit.head.epoch -= 1;
    refuse_fenced(subject, &growing);
    growing.commit.expected.epoch = growing.commit.head.epoch += 1;
    growing.commit.expected.root.bytes[31] ^= 1;
    refuse_fenced(subject, &growing);
    growing.commit.expected.root.bytes[31] ^= 1;
    growing_commit_cleanup(&growing);
    grow(subject, 2);
    check(subject);
}

/* Preparing a commit before the store is opened again does not get it past the new epoch. */
static void commit_fenced_by_an_opening(void **state)
{
    struct subject *subject = *state;
    struct growing_commit growing;

    grow(subject, 5);
    growing_log_prepare(&subject->log, &growing, 2);
    reopen(subject);
    refuse_fenced(subject, &growing);
    growing_commit_cleanup(&growing);
}

static void check_seek(struct subject *subject, uint64_t size, uint64_t want)
{
    struct store_head head;
    struct err err = {0};

    must(store_seek_head(subject->store, &head, size, &err), &err);
    assert_int_equal(head.size, want);
    assert_int_equal(head.received_at_ms >= 1000, 1);
}

/* The head found for a size is the first one that has at least as many entries. */
static void seek_head_between_commits(void **state)
{
    struct subject *subject = *state;
    struct store_head head;
    struct err err = {0};

    check_seek(subject, 0, 0);
    grow(subject, 10);
    grow(subject, 300);
    grow(subject, 1);
    for (unsigned pass = 0; pass < 2; pass++) {
        check_seek(subject, 0, 0);
        check_seek(subject, 1, 10);
        check_seek(subject, 10, 10);
        check_seek(subject, 11, 310);
        check_seek(subject, 256, 310);
        check_seek(subject, 311, 311);
        assert_false(store_seek_head(subject->store, &head, 312, &err));
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_false(store_seek_head(subject->store, &head, UINT64_MAX, &err));
        assert_int_equal(err.code, ERR_NOT_FOUND);
        reopen(subject);
    }
}

/* A head found by its size is the one that was committed, to the last byte. */
static void seek_head_gives_the_whole_head(void **state)
{
    struct subject *subject = *state;
    struct store_head want;
    struct store_head got;
    struct err err = {0};

    grow(subject, 10);
    want = subject->log.head;
    grow(subject, 10);
    reopen(subject);
    must(store_seek_head(subject->store, &got, 5, &err), &err);
    assert_memory_equal(&got, &want, sizeof(want));
}

/*
 * A hash known under one index is unknown under the other; unknown ones are no error. The last bytes
 * of a hash do not count.
 */
static void find_keeps_the_indexes_apart(void **state)
{
    struct subject *subject = *state;
    struct store_key keys[6] = {{.index = STORE_BY_LEAF_HASH}, {.index = STORE_BY_SID}};
    struct err err = {0};

    grow(subject, 300);
    growing_log_keys(&subject->log, &keys[0].hash, &keys[1].hash, 0);
    keys[2] = (struct store_key){.index = STORE_BY_SID, .hash = keys[0].hash};
    keys[3] = (struct store_key){.index = STORE_BY_LEAF_HASH, .hash = keys[1].hash};
    keys[4] = keys[0];
    keys[4].hash.bytes[STORE_KEY_HASH_LEN - 1] ^= 1;
    keys[5] = keys[0];
    keys[5].hash.bytes[STORE_KEY_HASH_LEN] ^= 1;
    must(store_find(subject->store, keys, 6, &err), &err);
    assert_int_equal(keys[0].entry_index, 0);
    assert_int_equal(keys[1].entry_index, 0);
    assert_int_equal(keys[2].entry_index, STORE_NO_INDEX);
    assert_int_equal(keys[3].entry_index, STORE_NO_INDEX);
    assert_int_equal(keys[4].entry_index, STORE_NO_INDEX);
    assert_int_equal(keys[5].entry_index, 0);
    must(store_find(subject->store, keys, 0, &err), &err);
}

struct scan {
    size_t count;
    size_t count_max;
    uint64_t first;
};

static bool count_fact(void *context, const struct store_fact *fact)
{
    struct scan *scan = context;

    if (scan->count++ == 0)
        scan->first = read_be64(fact->key.data + 1);
    return scan->count < scan->count_max;
}

static void check_scan(struct subject *subject, const char *prefix, uint64_t from, size_t count_max,
                       size_t want_count)
{
    struct buf key = {0};
    struct scan scan = {.count_max = count_max};
    struct store_fact_range range;
    struct err err = {0};

    buf_append_byte(&key, 'e');
    buf_append_be64(&key, from);
    range = (struct store_fact_range){bytes_of_text(prefix), bytes_of_buf(&key)};
    must(store_scan_facts(subject->store, &range, count_fact, &scan, &err), &err);
    assert_int_equal(scan.count, want_count);
    assert_true(want_count == 0 || prefix[0] != 'e' || scan.first == from);
    buf_cleanup(&key);
}

/* A scan begins where it is told, stays under its prefix, and ends when it is told. */
static void scan_facts_of_a_range(void **state)
{
    struct subject *subject = *state;

    check_scan(subject, "e", 0, SIZE_MAX, 0);
    grow(subject, 300);
    grow(subject, 20);
    for (unsigned pass = 0; pass < 2; pass++) {
        check_scan(subject, "e", 0, SIZE_MAX, 320);
        check_scan(subject, "e", 250, SIZE_MAX, 70);
        check_scan(subject, "e", 250, 5, 5);
        check_scan(subject, "e", 320, SIZE_MAX, 0);
        check_scan(subject, "log", 0, SIZE_MAX, 1);
        check_scan(subject, "", 310, SIZE_MAX, 11);
        check_scan(subject, "d", 0, SIZE_MAX, 0);
        check_scan(subject, "z", 0, SIZE_MAX, 0);
        reopen(subject);
    }
}

/* A fact that was never written is no error, and leaves the caller's buffer as it was. */
static void get_fact_of_an_unknown_key(void **state)
{
    struct subject *subject = *state;
    struct buf out = {0};
    struct err err = {0};
    bool found = true;

    grow(subject, 3);
    buf_append_text(&out, "before");
    must(store_get_fact(subject->store, bytes_of_text("e"), &out, &found, &err), &err);
    assert_false(found);
    must(store_get_fact(subject->store, bytes_of_text("log-fact"), &out, &found, &err), &err);
    assert_false(found);
    assert_string_equal(buf_text(&out), "before");
    buf_cleanup(&out);
}

static void check_extent(struct subject *subject, uint64_t begin, uint64_t end)
{
    struct store_extent extent = {.fd = -1};
    struct buf want = {0};
    struct buf got = {0};
    struct err err = {0};

    for (uint64_t index = begin; index < end; index++) {
        struct buf entry = {0};

        growing_log_entry(&subject->log, &entry, index);
        buf_append_be16(&want, (uint16_t)entry.len);
        buf_append_bytes(&want, bytes_of_buf(&entry));
        buf_cleanup(&entry);
    }
    must(store_locate_entries(subject->store, &extent, begin, end, &err), &err);
    assert_int_equal(extent.len, want.len);
    if (extent.fd >= 0)
        assert_int_equal(
            pread(extent.fd, buf_extend(&got, want.len), want.len, (off_t)extent.offset), want.len);
    else
        buf_append_bytes(&got, bytes_of_buf(&extent.bytes));
    assert_true(bytes_equal(bytes_of_buf(&got), bytes_of_buf(&want)));
    buf_clear(&got);
    must(store_read_entries(subject->store, &got, begin, end, &err), &err);
    assert_true(bytes_equal(bytes_of_buf(&got), bytes_of_buf(&want)));
    buf_cleanup(&got);
    buf_cleanup(&want);
    buf_cleanup(&extent.bytes);
}

/* Any run of entries inside one bundle is one extent with exactly their bytes. */
static void locate_entries_of_every_run(void **state)
{
    struct subject *subject = *state;

    for (size_t i = 0; i < 7; i++)
        grow(subject, 100);
    for (uint64_t begin = 0; begin < 700; begin += 3) {
        uint64_t bundle_end = (begin / TILE_WIDTH + 1) * TILE_WIDTH;
        uint64_t last = bundle_end < 700 ? bundle_end : 700;

        check_extent(subject, begin, begin + 1);
        check_extent(subject, begin, begin + (last - begin + 1) / 2);
        check_extent(subject, begin, last);
    }
}

/* What is not committed is an error, and leaves the caller's buffer as it was. */
static void read_beyond_the_head(void **state)
{
    struct subject *subject = *state;
    struct buf out = {0};
    struct hash hash;
    struct err err = {0};
    struct node_id id = {.level = 0, .index = 300};

    grow(subject, 300);
    buf_append_text(&out, "before");
    assert_false(store_read_entries(subject->store, &out, 299, 301, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(store_read_entries(subject->store, &out, 512, 513, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(buf_text(&out), "before");
    assert_false(store_read_nodes(subject->store, &hash, &id, 1, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    id = (struct node_id){.level = 63, .index = 0};
    assert_false(store_read_nodes(subject->store, &hash, &id, 1, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    buf_cleanup(&out);
}

/* The size on disk is never less than the entries. */
static void stats_count_the_entries(void **state)
{
    struct subject *subject = *state;
    struct store_stats stats;
    struct err err = {0};

    subject->log.entry_len = 1000;
    grow(subject, 300);
    must(store_stats(subject->store, &stats, &err), &err);
    assert_true(stats.bytes_on_disk >= 300 * 1000);
    assert_true(stats.bytes_available > 0);
}

/* A reader that checks the log as far as the writer says it goes. */
struct reader {
    struct store *store;
    struct growing_log log; /* for its entries; its head is not looked at */
    pthread_t thread;
    atomic_bool *stop;
    _Atomic uint64_t *size;
    struct err err;
    bool ok;
};

static void *read_until_told(void *argument)
{
    struct reader *reader = argument;

    reader->ok = true;
    for (uint64_t turn = 0; reader->ok && !atomic_load(reader->stop); turn++) {
        uint64_t size = atomic_load(reader->size);
        uint64_t index = turn * 7919 % size;
        struct store_key keys[2] = {{.index = STORE_BY_LEAF_HASH}, {.index = STORE_BY_SID}};
        struct store_head head;
        struct buf want = {0};
        struct buf got = {0};
        struct hash leaf;
        struct hash hash;

        growing_log_entry(&reader->log, &want, index);
        hash_leaf(&leaf, bytes_of_buf(&want));
        growing_log_keys(&reader->log, &keys[0].hash, &keys[1].hash, index);
        reader->ok =
            store_read_entries(reader->store, &got, index, index + 1, &reader->err) &&
            store_read_nodes(reader->store, &hash, &(struct node_id){0, index}, 1, &reader->err) &&
            store_find(reader->store, keys, 2, &reader->err) &&
            store_seek_head(reader->store, &head, size, &reader->err) &&
            store_read_head(reader->store, &head, &reader->err);
        if (reader->ok &&
            (!bytes_equal(bytes_slice(bytes_of_buf(&got), 2, got.len), bytes_of_buf(&want)) ||
             !hash_equal(&hash, &leaf) || keys[0].entry_index != index ||
             keys[1].entry_index != index || head.size < size))
            reader->ok = err_set(&reader->err, ERR_INVALID, "wrong answer about %d", (int)index);
        buf_cleanup(&want);
        buf_cleanup(&got);
    }
    return NULL;
}

/* Readers in other threads see what is committed, right, while the writer commits more. */
static void read_while_the_writer_commits(void **state)
{
    struct subject *subject = *state;
    struct reader readers[2];
    atomic_bool stop = false;
    _Atomic uint64_t size;

    grow(subject, 100);
    atomic_store(&size, subject->log.head.size);
    for (size_t i = 0; i < 2; i++) {
        readers[i] = (struct reader){
            .store = subject->store, .log = subject->log, .stop = &stop, .size = &size};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_until_told, &readers[i]), 0);
    }
    for (size_t i = 0; i < 60; i++) {
        grow(subject, 1 + i * 3);
        atomic_store(&size, subject->log.head.size);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(readers[i].thread, NULL);
        must(readers[i].ok, &readers[i].err);
    }
    check(subject);
}

#define ON_EVERY_STORE(test)                                                                       \
    {"memory." #test, test, setup_memory, teardown, NULL},                                         \
        {"leveldb." #test, test, setup_leveldb, teardown, NULL},                                   \
    {                                                                                              \
        "faulty." #test, test, setup_faulty, teardown, NULL                                        \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_EVERY_STORE(read_card_of_new_store),
        ON_EVERY_STORE(read_head_of_new_store),
        ON_EVERY_STORE(open_raises_the_epoch),
        ON_EVERY_STORE(commit_of_single_entries),
        ON_EVERY_STORE(commit_around_tile_boundaries),
        ON_EVERY_STORE(commit_of_every_small_size),
        ON_EVERY_STORE(commit_of_a_large_tree),
        ON_EVERY_STORE(commit_fenced_by_another_head),
        ON_EVERY_STORE(commit_fenced_by_an_opening),
        ON_EVERY_STORE(seek_head_between_commits),
        ON_EVERY_STORE(seek_head_gives_the_whole_head),
        ON_EVERY_STORE(find_keeps_the_indexes_apart),
        ON_EVERY_STORE(scan_facts_of_a_range),
        ON_EVERY_STORE(get_fact_of_an_unknown_key),
        ON_EVERY_STORE(locate_entries_of_every_run),
        ON_EVERY_STORE(read_beyond_the_head),
        ON_EVERY_STORE(stats_count_the_entries),
        ON_EVERY_STORE(read_while_the_writer_commits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
