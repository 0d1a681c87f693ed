#include "server/cosigning/ledger.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/database/database.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"

enum { LOGS = 300, ROUNDS = 60, MARK_LEN_MAX = 16384 };

/* A ledger in a directory of its own, and what must be in it. */
struct world {
    char directory[64];
    char data[80];
    char mark[80];
    struct hash key;
    struct ledger_options options;
    struct ledger *ledger;
    struct ledger_state model[LOGS];
};

static struct hash id_of(size_t log)
{
    struct hash id;

    hash_sha256(&id, bytes_of(&log, sizeof(log)));
    return id;
}

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct err err = {0};

    strcpy(world->directory, "/tmp/vouch-ledger-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    snprintf(world->data, sizeof(world->data), "%s/data", world->directory);
    snprintf(world->mark, sizeof(world->mark), "%s/mark", world->directory);
    world->options = (struct ledger_options){.directory = world->data,
                                             .mark_file = world->mark,
                                             .name = "witness.example",
                                             .key = &world->key};
    assert_true(ledger_create(&world->options, &err));
    assert_true(ledger_open(&world->ledger, &world->options, &err));
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    struct err err = {0};

    ledger_close(world->ledger);
    assert_true(database_remove(world->data, &err));
    assert_int_equal(unlink(world->mark), 0);
    assert_int_equal(rmdir(world->directory), 0);
    free(world);
    return 0;
}

static void reopen(struct world *world)
{
    struct err err = {0};

    ledger_close(world->ledger);
    world->ledger = NULL;
    if (!ledger_open(&world->ledger, &world->options, &err))
        fail_msg("%s", err.text);
}

static void refuse_to_open(struct world *world, const char *want)
{
    struct err err = {0};

    assert_null(world->ledger);
    assert_false(ledger_open(&world->ledger, &world->options, &err));
    if (strstr(err.text, want) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", want, err.text);
}

static void stage(struct world *world, size_t log, uint64_t size)
{
    struct hash id = id_of(log);
    struct ledger_state after = {.size = size, .root = id, .time_s = size + 7};
    char note[64];

    snprintf(note, sizeof(note), "note of %zu at %llu", log, (unsigned long long)size);
    assert_true(ledger_stage(world->ledger, &id, &world->model[log], &after, bytes_of_text(note)));
    world->model[log] = after;
}

static void commit(struct world *world)
{
    struct err err = {0};

    if (!ledger_commit(world->ledger, &err))
        fail_msg("%s", err.text);
}

static void check_model(struct world *world)
{
    size_t count = 0;

    for (size_t log = 0; log < LOGS; log++) {
        struct hash id = id_of(log);
        struct ledger_state state;
        struct buf note = {0};
        struct err err = {0};
        bool found;
        char want[64];

        assert_int_equal(ledger_get(world->ledger, &id, &state), world->model[log].time_s != 0);
        assert_memory_equal(&state, &world->model[log], sizeof(state));
        assert_true(ledger_read_note(world->ledger, &id, &note, &found, &err));
        assert_int_equal(found, world->model[log].time_s != 0);
        snprintf(want, sizeof(want), "note of %zu at %llu", log,
                 (unsigned long long)state.size);
        assert_string_equal(buf_text(&note), found ? want : "");
        count += found;
        buf_cleanup(&note);
    }
    assert_int_equal(ledger_count(world->ledger), count);
}

/* After any number of commits and openings it knows the last state of each log, and no other. */
static void ledger_commit_is_remembered(void **state)
{
    struct world *world = *state;
    struct rng rng = rng_seeded("ledger_commit_is_remembered");

    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t first = rng_below(&rng, LOGS);
        size_t count = rng_below(&rng, 20);

        for (size_t i = 0; i < count; i++) {
            size_t log = (first + i) % LOGS;

            stage(world, log, world->model[log].size + rng_below(&rng, 3));
        }
        commit(world);
        if (round % 10 == 0)
            reopen(world);
    }
    check_model(world);
    reopen(world);
    check_model(world);
}

/* Whoever was examined against a state that is gone is told so, and changes nothing. */
static void ledger_stage_of_what_is_gone(void **state)
{
    struct world *world = *state;
    struct hash id = id_of(1);
    struct ledger_state first = {.size = 4, .time_s = 9};
    struct ledger_state second = {.size = 5, .time_s = 9};
    struct ledger_state none = {0};
    struct ledger_state seen;

    assert_true(ledger_stage(world->ledger, &id, &none, &first, bytes_of_text("a")));
    assert_false(ledger_stage(world->ledger, &id, &none, &second, bytes_of_text("b")));
    assert_false(ledger_get(world->ledger, &id, &seen)); /* before it is on disk */
    commit(world);
    assert_false(ledger_stage(world->ledger, &id, &none, &second, bytes_of_text("b")));
    assert_false(ledger_stage(world->ledger, &id, &second, &first, bytes_of_text("b")));
    commit(world);
    assert_true(ledger_get(world->ledger, &id, &seen));
    assert_int_equal(seen.size, 4);
    assert_true(ledger_stage(world->ledger, &id, &first, &second, bytes_of_text("b")));
    commit(world);
    world->model[1] = second;
}

/* A crash between the two writes of a commit leaves the mark one behind: that is no roll-back. */
static void ledger_open_with_a_mark_one_behind(void **state)
{
    struct world *world = *state;
    struct buf mark = {0};
    struct err err = {0};
    int fd;

    stage(world, 2, 3);
    commit(world);
    assert_true(file_read(&mark, world->mark, MARK_LEN_MAX, &err));
    stage(world, 2, 6);
    commit(world);
    ledger_close(world->ledger);
    world->ledger = NULL;
    fd = open(world->mark, O_WRONLY);
    assert_int_equal(write(fd, mark.data, mark.len), mark.len);
    close(fd);
    buf_cleanup(&mark);
    reopen(world);
    reopen(world);
    check_model(world);
}

/* Name and key are of one witness. */
static void ledger_open_of_another(void **state)
{
    struct world *world = *state;
    const struct hash other = {{1}};

    ledger_close(world->ledger);
    world->ledger = NULL;
    world->options.key = &other;
    refuse_to_open(world, "this is the ledger of witness.example");
    world->options.key = &world->key;
    world->options.name = "witness.example/2";
    refuse_to_open(world, "this is the ledger of witness.example");
    world->options.name = "witness.example";
    reopen(world);
}

/* A mark that was copied is another file: the ledger is opened again when that is said to be right. */
static void ledger_adopt_a_copy(void **state)
{
    struct world *world = *state;
    struct buf mark = {0};
    struct err err = {0};

    stage(world, 2, 3);
    commit(world);
    ledger_close(world->ledger);
    world->ledger = NULL;
    assert_true(file_read(&mark, world->mark, MARK_LEN_MAX, &err));
    assert_true(file_write_durable(world->mark, bytes_of_buf(&mark), 0600, &err));
    buf_cleanup(&mark);
    refuse_to_open(world, "is a copy");
    assert_true(ledger_adopt(&world->options, &err));
    reopen(world);
    check_model(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ledger_commit_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ledger_stage_of_what_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ledger_open_with_a_mark_one_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ledger_open_of_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ledger_adopt_a_copy, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
