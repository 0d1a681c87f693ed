/* LevelDB as the store uses it. */
#include <stdlib.h>

#include "base/file.h"
#include "base/database/database.h"
#include "tests/store/scratch.h"
#include "tests/support/cmocka_all.h"

struct place {
    char *scratch;
    char *path;
    struct database *database;
};

static struct database_options options_for(bool create)
{
    return (struct database_options){
        .cache_bytes = 1 << 20, .write_buffer_bytes = 64 << 10, .create = create};
}

static int setup(void **state)
{
    struct place *place = mem_alloc(sizeof(*place));
    struct database_options options = options_for(true);
    struct err err = {0};

    place->scratch = scratch_new();
    place->path = mem_format("%s/db", place->scratch);
    assert_true(database_open(&place->database, place->path, &options, &err));
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    database_close(place->database);
    scratch_remove(place->scratch);
    free(place->path);
    free(place);
    return 0;
}

static void put(struct database *database, const char *key, const char *value)
{
    struct database_batch *batch = database_batch_new();
    struct err err = {0};

    database_batch_put(batch, bytes_of_text(key), bytes_of_text(value));
    assert_true(database_write(database, batch, &err));
    database_batch_free(batch);
}

/* The value under key is want; NULL: there is none. */
static void assert_value(struct database *database, const char *key, const char *want)
{
    struct database_value value = {0};
    struct err err = {0};

    assert_true(database_get(database, &value, bytes_of_text(key), &err));
    assert_int_equal(value.data != NULL, want != NULL);
    if (want != NULL)
        assert_true(bytes_equal_text(database_value_bytes(&value), want));
    database_value_cleanup(&value);
    assert_null(value.data);
}

/* What was put is found, an empty value too, and it is not the same as nothing. */
static void get_tells_empty_from_nothing(void **state)
{
    struct place *place = *state;

    put(place->database, "a", "one");
    put(place->database, "b", "");
    assert_value(place->database, "a", "one");
    assert_value(place->database, "b", "");
    assert_value(place->database, "c", NULL);
    assert_value(place->database, "", NULL);
}

/* A batch is empty after it was written: writing it again changes nothing. */
static void write_empties_the_batch(void **state)
{
    struct place *place = *state;
    struct database_batch *batch = database_batch_new();
    struct err err = {0};

    database_batch_put(batch, bytes_of_text("a"), bytes_of_text("old"));
    assert_true(database_write(place->database, batch, &err));
    put(place->database, "a", "new");
    assert_true(database_write(place->database, batch, &err));
    assert_value(place->database, "a", "new");
    database_batch_free(batch);
    database_batch_free(NULL);
}

/* Seeking finds the key itself, else the next one, else nothing. */
static void seek_finds_the_next_key(void **state)
{
    struct place *place = *state;
    struct buf key = {0};
    struct buf value = {0};
    struct err err = {0};

    put(place->database, "b", "1");
    put(place->database, "d", "2");
    assert_true(database_seek(place->database, &key, &value, bytes_of_text("a"), &err));
    assert_string_equal(buf_text(&key), "b");
    assert_string_equal(buf_text(&value), "1");
    assert_true(database_seek(place->database, &key, &value, bytes_of_text("b"), &err));
    assert_string_equal(buf_text(&key), "b");
    assert_true(database_seek(place->database, &key, &value, bytes_of_text("ba"), &err));
    assert_string_equal(buf_text(&key), "d");
    assert_string_equal(buf_text(&value), "2");
    assert_false(database_seek(place->database, &key, &value, bytes_of_text("da"), &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    buf_cleanup(&key);
    buf_cleanup(&value);
}

/* A database is created once and never by opening. */
static void open_creates_only_when_told(void **state)
{
    struct place *place = *state;
    struct database_options create = options_for(true);
    struct database_options open = options_for(false);
    struct database *second = NULL;
    char *other = mem_format("%s/other", place->scratch);
    char *current = mem_format("%s/CURRENT", other);
    struct err err = {0};

    assert_false(database_open(&second, place->path, &open, &err));
    assert_int_equal(err.code, ERR_BUSY);
    database_close(place->database);
    place->database = NULL;
    assert_false(database_open(&second, place->path, &create, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(database_open(&second, other, &open, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(file_exists(current));
    assert_null(second);
    assert_true(database_open(&place->database, place->path, &open, &err));
    free(other);
    free(current);
}

/* Compaction loses nothing, and the bytes of tables are counted. */
static void compact_keeps_everything(void **state)
{
    struct place *place = *state;

    for (unsigned i = 0; i < 3000; i++) {
        char *key = mem_format("key %u", i % 1000);
        char *value = mem_format("a value that takes some room in the table, %u", i);

        put(place->database, key, value);
        free(key);
        free(value);
    }
    database_compact(place->database);
    assert_value(place->database, "key 999", "a value that takes some room in the table, 2999");
    assert_value(place->database, "key 0", "a value that takes some room in the table, 2000");
    assert_in_range(database_table_bytes(place->database), 45000, 100000);
}

#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_PLACE(get_tells_empty_from_nothing), IN_A_PLACE(write_empties_the_batch),
        IN_A_PLACE(seek_finds_the_next_key),      IN_A_PLACE(open_creates_only_when_told),
        IN_A_PLACE(compact_keeps_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
