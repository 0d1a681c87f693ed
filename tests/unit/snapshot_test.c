#include "base/snapshot.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "tests/support/cmocka_all.h"

enum { READERS = 3, PUBLICATIONS = 20000 };

struct value {
    struct snapshot snapshot;
    uint64_t number;
    uint64_t copy; /* equals number as long as the value lives */
    _Atomic unsigned *freed;
};

static void value_free(struct snapshot *snapshot)
{
    struct value *value = (struct value *)snapshot;

    atomic_fetch_add(value->freed, 1);
    value->copy = UINT64_MAX;
    free(value);
}

static struct snapshot *value_new(uint64_t number, _Atomic unsigned *freed)
{
    struct value *value = mem_alloc(sizeof(*value));

    snapshot_init(&value->snapshot, value_free);
    value->number = number;
    value->copy = number;
    value->freed = freed;
    return &value->snapshot;
}

static uint64_t refresh(struct snapshot_view *view)
{
    return ((struct value *)snapshot_view_refresh(view))->number;
}

/* A view keeps its value alive until it looks again; then it sees the newest. */
static void snapshot_view_refresh_newest(void **state)
{
    _Atomic unsigned freed = 0;
    struct snapshot_cell cell;
    struct snapshot_view view = {.cell = &cell};
    const struct value *held;

    (void)state;
    snapshot_cell_init(&cell);
    snapshot_cell_publish_take(&cell, value_new(1, &freed));
    held = (struct value *)snapshot_view_refresh(&view);
    assert_int_equal(held->number, 1);
    snapshot_cell_publish_take(&cell, value_new(2, &freed));
    snapshot_cell_publish_take(&cell, value_new(3, &freed));
    assert_int_equal(freed, 1); /* 2: nobody ever held it */
    assert_int_equal(held->number, 1);
    assert_int_equal(refresh(&view), 3);
    assert_int_equal(freed, 2);
    assert_int_equal(refresh(&view), 3);
    snapshot_view_cleanup(&view);
    snapshot_cell_cleanup(&cell);
    assert_int_equal(freed, 3);
}

/* A hold outlives the publication of the next value, and the cell itself. */
static void snapshot_cell_hold_outlives(void **state)
{
    _Atomic unsigned freed = 0;
    struct snapshot_cell cell;
    struct snapshot *held;

    (void)state;
    snapshot_cell_init(&cell);
    assert_null(snapshot_cell_hold(&cell));
    snapshot_cell_publish_take(&cell, value_new(1, &freed));
    held = snapshot_cell_hold(&cell);
    snapshot_cell_publish_take(&cell, value_new(2, &freed));
    snapshot_cell_cleanup(&cell);
    assert_int_equal(freed, 1);
    assert_int_equal(((struct value *)held)->number, 1);
    snapshot_release(held);
    assert_int_equal(freed, 2);
}

static void *read_until_last(void *argument)
{
    struct snapshot_view view = {.cell = argument};
    uint64_t last = 0;

    while (last < PUBLICATIONS) {
        const struct value *value = (struct value *)snapshot_view_refresh(&view);

        CHECK(value->number >= last && value->copy == value->number);
        last = value->number;
    }
    snapshot_view_cleanup(&view);
    return NULL;
}

/* However many threads look on: none goes back in time, none sees a freed value, none leaks. */
static void snapshot_cell_publish_while_read(void **state)
{
    _Atomic unsigned freed = 0;
    struct snapshot_cell cell;
    pthread_t readers[READERS];

    (void)state;
    snapshot_cell_init(&cell);
    snapshot_cell_publish_take(&cell, value_new(0, &freed));
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_until_last, &cell), 0);
    for (uint64_t number = 1; number <= PUBLICATIONS; number++)
        snapshot_cell_publish_take(&cell, value_new(number, &freed));
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    snapshot_cell_cleanup(&cell);
    assert_int_equal(freed, PUBLICATIONS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshot_view_refresh_newest),
        cmocka_unit_test(snapshot_cell_hold_outlives),
        cmocka_unit_test(snapshot_cell_publish_while_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
