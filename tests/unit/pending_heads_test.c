#include "server/role/mirror/pending_heads.h"

#include <stdio.h>

#include "tests/support/cmocka_all.h"

static void add(struct pending_heads *pending, uint64_t size)
{
    struct checkpoint checkpoint = {.origin = "log.example", .size = size};
    char note[32];

    snprintf(note, sizeof(note), "note %u", (unsigned)size);
    pending_heads_add(pending, &checkpoint, bytes_of_text(note));
}

/* The newest ones are known with their notes, and the older ones are not. */
static void pending_heads_find_newest(void **state)
{
    struct pending_heads pending;
    struct checkpoint found;
    struct buf note = {0};
    uint64_t size;

    (void)state;
    pending_heads_init(&pending);
    assert_false(pending_heads_newest(&pending, &size));
    assert_false(pending_heads_find(&pending, 0, &found, &note));
    for (uint64_t i = 0; i < PENDING_HEADS_MAX + 5; i++) {
        add(&pending, i);
        add(&pending, i);
    }
    assert_true(pending_heads_newest(&pending, &size));
    assert_int_equal(size, PENDING_HEADS_MAX + 4);
    for (uint64_t i = 0; i < PENDING_HEADS_MAX + 5; i++)
        assert_int_equal(pending_heads_find(&pending, i, &found, &note), i >= 5);
    buf_clear(&note);
    assert_true(pending_heads_find(&pending, 7, &found, &note));
    assert_int_equal(found.size, 7);
    assert_string_equal(buf_text(&note), "note 7");
    buf_cleanup(&note);
    pending_heads_cleanup(&pending);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pending_heads_find_newest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
