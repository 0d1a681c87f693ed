#include "server/evidence/event_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/log_trust.h"

/* An evidence log with commits of 1, 2, 3, … statements, and what makes events of it. */
struct world {
    struct log_fixture log;
    struct event_source source;
    uint64_t size;
};

enum { COMMITS = 12 };

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    uint64_t number = 0;

    log_fixture_init(&world->log, LOG_EVIDENCE);
    for (uint64_t count = 1; count <= COMMITS; count++) {
        log_fixture_commit(&world->log, number, number + count);
        number += count;
    }
    world->size = tlog_head(world->log.tlog)->size;
    event_source_init(&world->source, world->log.store, LOG_EVIDENCE, LOG_FIXTURE_ORIGIN, 1);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    event_source_cleanup(&world->source);
    log_fixture_cleanup(&world->log);
    free(world);
    return 0;
}

/* Appends all events from a position up to size. */
static void read_all(struct world *world, struct buf *out, struct event_position position,
                     uint64_t size)
{
    struct err err = {0};
    size_t before;

    do {
        before = out->len;
        if (!event_source_append(&world->source, out, &position, size, &err))
            fail_msg("%s", err.text);
    } while (out->len > before);
    assert_int_equal(position.index, size);
}

/* The id of the event that begins at *text, which then leads to the next event. */
static struct bytes next_id(const char **text)
{
    const char *begin = *text + strlen("id: ");
    const char *end = strchr(begin, '\n');

    assert_memory_equal(*text, "id: ", 4);
    *text = strstr(end, "\n\n") + 2;
    return bytes_of(begin, (size_t)(end - begin));
}

/* Every entry is there once and in order; a checkpoint follows the last entry of each commit. */
static void event_source_append_all(void **state)
{
    struct world *world = *state;
    struct buf text = {0};
    const char *at;
    uint64_t index = 0;

    read_all(world, &text, (struct event_position){0}, world->size);
    at = buf_text(&text);
    for (uint64_t count = 1; count <= COMMITS; count++) {
        char expected[64];

        for (uint64_t i = 0; i <= count; i++) {
            snprintf(expected, sizeof(expected), "%" PRIu64, index++);
            assert_true(bytes_equal_text(next_id(&at), expected));
        }
        snprintf(expected, sizeof(expected), "checkpoint-%" PRIu64, index);
        assert_true(bytes_equal_text(next_id(&at), expected));
    }
    assert_int_equal(*at, 0);
    assert_int_equal(index, world->size);
    buf_cleanup(&text);
}

/* Whichever event was seen last, what follows is exactly the rest. */
static void event_source_append_resumes_anywhere(void **state)
{
    struct world *world = *state;
    struct buf all = {0};
    struct buf rest = {0};
    const char *at;

    read_all(world, &all, (struct event_position){0}, world->size);
    at = buf_text(&all);
    while (*at != 0) {
        struct event_position position;
        struct bytes id = next_id(&at);

        assert_true(event_position_after(&position, id));
        buf_clear(&rest);
        read_all(world, &rest, position, world->size);
        assert_string_equal(buf_text(&rest), at);
    }
    buf_cleanup(&all);
    buf_cleanup(&rest);
}

/* A tree that grew while it was read gives the same events as one that was there before. */
static void event_source_append_while_it_grows(void **state)
{
    struct world *world = *state;
    struct event_position position = {0};
    struct buf all = {0};
    struct buf parts = {0};
    struct err err = {0};
    uint64_t size = 0;

    read_all(world, &all, position, world->size);
    for (uint64_t count = 1; count <= COMMITS; count++) {
        size += count + 1;
        assert_true(event_source_append(&world->source, &parts, &position, size, &err));
    }
    assert_string_equal(buf_text(&all), buf_text(&parts));
    buf_cleanup(&all);
    buf_cleanup(&parts);
}

/* Ids that no event has are refused. */
static void event_position_after_refused(void **state)
{
    static const char *const bad[] = {"", "-1", "x", "07", "1 ", "checkpoint-", "checkpoint-x",
                                      "Checkpoint-1", "9223372036854775808"};
    struct event_position position;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(event_position_after(&position, bytes_of_text(bad[i])));
}

static int set_up_with_mentions(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));

    log_fixture_init(&world->log, LOG_EVIDENCE);
    log_fixture_trust(&world->log, PROFILE_OBSERVE);
    for (uint64_t number = 0; number < 5; number++)
        log_fixture_commit(&world->log, 2 * number, 2 * number + 2);
    world->size = tlog_head(world->log.tlog)->size;
    event_source_init(&world->source, world->log.store, LOG_EVIDENCE, LOG_FIXTURE_ORIGIN, 1);
    *state = world;
    return 0;
}

/* Only entries that mention the term, and one checkpoint behind the newest of them. */
static void event_source_append_found_only(void **state)
{
    struct world *world = *state;
    struct mention_search search = {.terms = {mention_key(MENTION_TYPE, bytes_of_text("test-result"))},
                                    .term_count = 1};
    struct event_position position = {0};
    struct buf text = {0};
    struct err err = {0};
    const char *at;
    char expected[64];

    assert_true(event_source_append_found(&world->source, &text, &position, &search, world->size,
                                          &err));
    assert_int_equal(position.index, world->size);
    at = buf_text(&text);
    for (uint64_t number = 0; number < 10; number++) {
        snprintf(expected, sizeof(expected), "%" PRIu64, 2 + number + number / 2);
        assert_true(bytes_equal_text(next_id(&at), expected));
    }
    snprintf(expected, sizeof(expected), "checkpoint-%" PRIu64, world->size);
    assert_true(bytes_equal_text(next_id(&at), expected));
    assert_int_equal(*at, 0);
    buf_clear(&text);
    assert_true(event_source_append_found(&world->source, &text, &position, &search, world->size,
                                          &err));
    assert_int_equal(text.len, 0);
    buf_cleanup(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(event_source_append_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(event_source_append_resumes_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(event_source_append_while_it_grows, set_up, tear_down),
        cmocka_unit_test(event_position_after_refused),
        cmocka_unit_test_setup_teardown(event_source_append_found_only, set_up_with_mentions,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("event_source", tests, NULL, NULL);
}
