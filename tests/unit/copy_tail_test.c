#include "client/mirror/copy_tail.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/reader/tile_chain.h"
#include "merkle/frontier.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/reference_tree.h"

enum { ENTRIES = 700 };

/* A copy in a directory of its own, and the leaves that its log has: entry i is i itself. */
struct place {
    char path[64];
    struct copy_files files;
    struct copy_tail *tail;
    struct hash leaves[ENTRIES];
};

static void open_copy(struct place *place, uint64_t full_size)
{
    struct err err = {0};

    place->files = (struct copy_files){0};
    place->tail = mem_alloc(sizeof(*place->tail));
    assert_true(copy_files_open(&place->files, place->path, &err));
    if (!copy_tail_open(place->tail, &place->files, full_size, &err))
        fail_msg("%s", err.text);
}

static void close_copy(struct place *place)
{
    copy_tail_close(place->tail);
    copy_files_close(&place->files);
    free(place->tail);
}

static int set_up(void **state)
{
    struct place *place = mem_alloc(sizeof(*place));

    strcpy(place->path, "/tmp/copy_tail_test.XXXXXX");
    assert_non_null(mkdtemp(place->path));
    for (uint64_t i = 0; i < ENTRIES; i++)
        hash_leaf(&place->leaves[i], bytes_of(&i, sizeof(i)));
    open_copy(place, 0);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char *command = mem_format("rm -rf %s", place->path);

    close_copy(place);
    assert_int_equal(system(command), 0);
    free(command);
    free(place);
    return 0;
}

static struct checkpoint head_of(const struct place *place, uint64_t size)
{
    struct checkpoint head = {.origin = "log.example", .size = size};

    if (size == 0)
        hash_empty_root(&head.root);
    else
        reference_root(&head.root, place->leaves, size);
    return head;
}

static void append_entries(struct buf *out, uint64_t begin, uint64_t end)
{
    for (uint64_t i = begin; i < end; i++) {
        buf_append_be16(out, sizeof(i));
        buf_append(out, &i, sizeof(i));
    }
}

/* Adds one package of the tree of `size` as a right client does; `flip`: with one bit changed. */
static bool add_one(struct place *place, uint64_t size, const struct add_entries_place *where,
                    bool flip)
{
    struct checkpoint head = head_of(place, size);
    struct entry_range range = {.begin = where->aligned, .end = where->end};
    struct add_entries_package package = {0};
    struct buf entries = {0};
    struct err err = {0};
    bool ok;

    append_entries(&entries, where->begin, where->end);
    if (flip)
        entries.data[entries.len - 1] ^= 1;
    package.entries = bytes_of_buf(&entries);
    reference_subtree(&package.proof, range, place->leaves, size);
    ok = copy_tail_add(place->tail, &package, where, &head, &err);
    assert_int_equal(err.code, ok ? ERR_NONE : ERR_INVALID);
    buf_cleanup(&entries);
    return ok;
}

static void add_from(struct place *place, uint64_t begin, uint64_t size)
{
    struct entry_range upload = {.begin = begin, .end = size};

    while (begin < size) {
        struct add_entries_place where = add_entries_place_of(upload, begin);

        assert_true(add_one(place, size, &where, false));
        begin = where.end;
    }
}

static void close_tree(struct place *place, uint64_t size)
{
    struct checkpoint head = head_of(place, size);
    struct err err = {0};

    if (!copy_tail_close_tree(place->tail, &head, &err))
        fail_msg("%s", err.text);
}

/* Every bundle of the tree is in the copy, and leads to its root. */
static void check_copy(const struct place *place, uint64_t size)
{
    struct checkpoint head = head_of(place, size);
    struct tile_chain *chain = mem_alloc(sizeof(*chain));
    struct err err = {0};

    assert_true(tile_chain_open(chain, place->tail->fetcher, &head, &err));
    for (uint64_t i = 0; i * TILE_WIDTH < size; i++) {
        struct tile_id id = {.level = 0, .index = i};
        unsigned width = tile_width(id, size);
        struct fetch_reply reply = {0};
        struct buf wanted = {0};

        assert_true(tile_chain_check_leaves(chain, i, place->leaves + i * TILE_WIDTH, &err));
        assert_true(tile_fetch(place->tail->fetcher, &reply, id, width, true, &err));
        append_entries(&wanted, i * TILE_WIDTH, i * TILE_WIDTH + width);
        assert_true(bytes_start_with(bytes_of_buf(&reply.body), bytes_of_buf(&wanted)));
        buf_cleanup(&reply.body);
        buf_cleanup(&wanted);
    }
    free(chain);
}

/* Entry after entry, in trees of any size, the copy has each tree in full. */
static void copy_tail_add_trees(void **state)
{
    static const uint64_t sizes[] = {0, 1, 2, 100, 255, 256, 257, 511, 512, 600, 700};
    struct place *place = *state;
    uint64_t before = 0;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        add_from(place, before, sizes[i]);
        assert_int_equal(place->tail->next, sizes[i]);
        close_tree(place, sizes[i]);
        check_copy(place, sizes[i]);
        before = sizes[i];
    }
}

/* What was added is found again, whichever package was the last. */
static void copy_tail_open_goes_on(void **state)
{
    struct place *place = *state;
    struct entry_range upload = {.begin = 0, .end = ENTRIES};
    uint64_t next = 0;

    while (next < ENTRIES) {
        struct add_entries_place where = add_entries_place_of(upload, next);

        assert_true(add_one(place, ENTRIES, &where, false));
        next = where.end;
        close_copy(place);
        open_copy(place, 0);
        assert_int_equal(place->tail->next, next);
    }
    close_tree(place, ENTRIES);
    check_copy(place, ENTRIES);
}

/* Entries that are there already are verified and passed over. */
static void copy_tail_add_again(void **state)
{
    struct place *place = *state;
    struct add_entries_place where = {.aligned = 256, .begin = 300, .end = 500};

    add_from(place, 0, 400);
    add_from(place, 0, 400);
    add_from(place, 399, 500);
    add_from(place, 17, 500);
    assert_int_equal(place->tail->next, 500);
    assert_false(add_one(place, 500, &where, true));
    close_tree(place, 500);
    check_copy(place, 500);
    close_tree(place, 400);
    check_copy(place, 400);
}

/* One bit that the tree does not cover: nothing is kept of the package. */
static void copy_tail_add_changed(void **state)
{
    struct place *place = *state;
    struct add_entries_place where = {.aligned = 0, .begin = 0, .end = 256};

    assert_false(add_one(place, 600, &where, true));
    assert_int_equal(place->tail->next, 0);
    close_copy(place);
    open_copy(place, 0);
    assert_int_equal(place->tail->next, 0);
    add_from(place, 0, 600);
    close_tree(place, 600);
    check_copy(place, 600);
}

/* A tree that the entries are not of is not closed. */
static void copy_tail_close_tree_of_another(void **state)
{
    struct place *place = *state;
    struct checkpoint head = head_of(place, 600);
    struct err err = {0};

    add_from(place, 0, 600);
    head.root.bytes[0] ^= 1;
    assert_false(copy_tail_close_tree(place->tail, &head, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

/* A tree with tiles above the first level, made of full tiles whose entries are all empty. */
static void add_empty_tile(struct place *place, const struct hash *roots, uint64_t count,
                           uint64_t i, const struct checkpoint *head)
{
    struct add_entries_place where = {
        .aligned = i * TILE_WIDTH, .begin = i * TILE_WIDTH, .end = (i + 1) * TILE_WIDTH};
    struct add_entries_package package = {0};
    uint8_t nothing[2 * TILE_WIDTH] = {0};
    struct err err = {0};

    package.entries = bytes_of(nothing, sizeof(nothing));
    reference_inclusion(&package.proof, i, roots, count);
    if (!copy_tail_add(place->tail, &package, &where, head, &err))
        fail_msg("%s", err.text);
}

/*
 * Full tiles of every level are made as soon as they can be; one that was not when the process
 * ended is made when the copy is opened.
 */
static void copy_tail_add_two_levels(void **state)
{
    enum { TILES = 258, LEFT_OUT = 255 };
    struct place *place = *state;
    struct checkpoint head = {.origin = "log.example", .size = TILES * TILE_WIDTH};
    struct hash row[TILE_WIDTH];
    struct hash roots[TILES];
    char *name = mem_format("%s/tile/1/000", place->path);
    struct err err = {0};

    for (size_t i = 0; i < TILE_WIDTH; i++)
        hash_leaf(&row[i], (struct bytes){0});
    for (size_t i = 0; i < TILES; i++)
        tile_row_root(&roots[i], row, TILE_WIDTH);
    reference_root(&head.root, roots, TILES);
    for (uint64_t i = 0; i < TILES; i++) {
        add_empty_tile(place, roots, TILES, i, &head);
        assert_int_equal(access(name, F_OK) == 0, i >= LEFT_OUT);
        if (i == LEFT_OUT) {
            assert_int_equal(unlink(name), 0);
            close_copy(place);
            open_copy(place, 0);
            assert_int_equal(access(name, F_OK), 0);
        }
    }
    if (!copy_tail_close_tree(place->tail, &head, &err))
        fail_msg("%s", err.text);
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(copy_tail_add_trees, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copy_tail_open_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copy_tail_add_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copy_tail_add_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copy_tail_close_tree_of_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copy_tail_add_two_levels, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
