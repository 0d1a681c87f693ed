#include "server/anchoring/anchor_index.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "merkle/node.h"
#include "tests/support/cmocka_all.h"

enum { MANY = 100000, PAGE = 1000 };

static void add(struct anchor_index *index, uint64_t size, const char *target)
{
    anchor_index_add(index, size, bytes_of_text(target));
}

/* Page by page comes every name once, by rising sizes, however many there are. */
static void anchor_index_list_page_by_page(void **state)
{
    static struct anchor_name page[PAGE + ANCHOR_INDEX_TARGETS_MAX];
    struct anchor_index index;
    uint64_t begin = 0;
    uint64_t expected = 1;

    (void)state;
    anchor_index_init(&index);
    for (uint64_t size = 1; size <= MANY; size++)
        add(&index, size, "a");
    while (begin != UINT64_MAX) {
        size_t count = anchor_index_list(&index, begin, PAGE, page, &begin);

        assert_true(count <= PAGE);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(page[i].size, expected++);
    }
    assert_int_equal(expected, MANY + 1);
    assert_int_equal(anchor_index_list(&index, TREE_SIZE_MAX, PAGE, page, &begin), 0);
    assert_int_equal(begin, UINT64_MAX);
    anchor_index_cleanup(&index);
}

/* All of one size are on one page, though it is longer than was asked for; each is there once. */
static void anchor_index_list_of_one_size(void **state)
{
    struct anchor_name page[1 + ANCHOR_INDEX_TARGETS_MAX];
    struct anchor_index index;
    uint64_t next;

    (void)state;
    anchor_index_init(&index);
    for (unsigned i = 0; i < 2 * ANCHOR_INDEX_TARGETS_MAX; i++) {
        char *target = mem_format("t%u", i % ANCHOR_INDEX_TARGETS_MAX);

        add(&index, 7, target);
        free(target);
    }
    add(&index, 9, "t0");
    assert_int_equal(anchor_index_list(&index, 0, 1, page, &next), ANCHOR_INDEX_TARGETS_MAX);
    assert_int_equal(next, 9);
    assert_int_equal(anchor_index_list(&index, next, 1, page, &next), 1);
    assert_int_equal(next, UINT64_MAX);
    anchor_index_cleanup(&index);
}

/* However many targets the directory has files of, the one in use has its place. */
static void anchor_index_know_before_others(void **state)
{
    char directory[] = "/tmp/vouch-anchors-XXXXXX";
    char *paths[ANCHOR_INDEX_TARGETS_MAX];
    struct anchor_index index;
    struct err err = {0};

    (void)state;
    assert_non_null(mkdtemp(directory));
    for (unsigned i = 0; i < ANCHOR_INDEX_TARGETS_MAX; i++) {
        paths[i] = mem_format("%s/t%u-5.anchor", directory, i);
        assert_true(file_write_durable(paths[i], bytes_of_text("x"), 0600, &err));
    }
    anchor_index_init(&index);
    anchor_index_know(&index, bytes_of_text("own"));
    assert_true(anchor_index_load(&index, directory, &err));
    assert_int_equal(index.count, ANCHOR_INDEX_TARGETS_MAX - 1);
    add(&index, 6, "own");
    assert_true(anchor_index_has(&index, 6, bytes_of_text("own")));
    anchor_index_cleanup(&index);
    for (unsigned i = 0; i < ANCHOR_INDEX_TARGETS_MAX; i++) {
        assert_int_equal(unlink(paths[i]), 0);
        free(paths[i]);
    }
    assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anchor_index_list_page_by_page),
        cmocka_unit_test(anchor_index_list_of_one_size),
        cmocka_unit_test(anchor_index_know_before_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
