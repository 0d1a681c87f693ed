#include "server/evidence/mention_search.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/log_fixture.h"
#include "tests/support/rng.h"

enum { ENTRIES = 1000 };

/* A store whose index says of each entry what `bits` says: bit t of bits[i] is term t. */
struct world {
    struct log_fixture log;
    uint8_t bits[ENTRIES];
    struct fact_key terms[MENTION_TERMS_MAX];
};

static void put_term(struct world *world, size_t t, struct store_fact *facts, size_t *count,
                     struct buf *memory)
{
    for (uint64_t block = 0; block <= (ENTRIES - 1) / MENTION_BLOCK; block++) {
        struct fact_key key = fact_key_item(&world->terms[t], block);
        uint64_t bitmap = 0;
        struct store_fact *fact = &facts[*count];

        for (uint64_t bit = 0; bit < MENTION_BLOCK; bit++) {
            uint64_t index = block * MENTION_BLOCK + bit;

            if (index < ENTRIES && (world->bits[index] >> t & 1) != 0)
                bitmap |= UINT64_C(1) << bit;
        }
        if (bitmap == 0)
            continue;
        fact->key = bytes_of(memory->data + memory->len, key.len);
        buf_append(memory, key.bytes, key.len);
        fact->value = bytes_of(memory->data + memory->len, 8);
        buf_append_be64(memory, bitmap);
        (*count)++;
    }
}

static int compare(const void *a, const void *b)
{
    return bytes_compare(((const struct store_fact *)a)->key, ((const struct store_fact *)b)->key);
}

/* Commits one opaque entry with all facts. */
static void commit_index(struct world *world)
{
    static struct store_fact facts[MENTION_TERMS_MAX * (ENTRIES / MENTION_BLOCK + 1)];
    struct store_head head;
    struct bytes entry = bytes_of_text("x");
    struct node node = {.id = {.level = 0, .index = 0}};
    struct store_commit commit = {
        .entries = &entry, .entry_count = 1, .nodes = &node, .node_count = 1, .facts = facts};
    struct buf memory = {0};
    struct err err = {0};

    /* The facts point into it: it must not move. */
    buf_reserve(&memory, sizeof(facts) / sizeof(facts[0]) * (sizeof(struct fact_key) + sizeof(uint64_t)));
    for (size_t t = 0; t < MENTION_TERMS_MAX; t++)
        put_term(world, t, facts, &commit.fact_count, &memory);
    qsort(facts, commit.fact_count, sizeof(facts[0]), compare);
    assert_true(store_read_head(world->log.store, &head, &err));
    commit.expected = head;
    commit.head = head;
    commit.head.size = 1;
    if (!store_commit(world->log.store, &commit, &err))
        fail_msg("%s", err.text);
    buf_cleanup(&memory);
}

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct rng rng = rng_of(7);

    log_fixture_init(&world->log, LOG_OPAQUE);
    for (size_t t = 0; t < MENTION_TERMS_MAX; t++) {
        uint8_t name = (uint8_t)t;

        world->terms[t] = mention_key(MENTION_ACTOR, bytes_of(&name, 1));
    }
    for (size_t i = 0; i < ENTRIES; i++)
        world->bits[i] = (uint8_t)(rng_below(&rng, 3) == 0 ? rng_below(&rng, 16) : 0);
    memset(world->bits + 200, 0, 300); /* whole blocks without any */
    commit_index(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    log_fixture_cleanup(&world->log);
    free(world);
    return 0;
}

static bool matches(const struct world *world, uint64_t index, size_t term_count)
{
    uint8_t all = (uint8_t)((1u << term_count) - 1);

    return (world->bits[index] & all) == all;
}

static void run(struct world *world, struct mention_found *out,
                const struct mention_search *search, size_t count_max)
{
    struct err err = {0};

    if (!mention_search_run(world->log.store, out, search, count_max, &err))
        fail_msg("%s", err.text);
}

/* Page after page, every entry in the range that has all terms is found once, in order. */
static void check_pages(struct world *world, struct mention_search search, size_t count_max)
{
    static struct mention_found found;
    uint64_t expected = search.begin;

    while (search.begin < search.end) {
        run(world, &found, &search, count_max);
        assert_true(found.count <= count_max);
        for (size_t i = 0; i < found.count; i++) {
            while (expected < search.end && !matches(world, expected, search.term_count))
                expected++;
            assert_int_equal(found.indexes[i], expected++);
        }
        assert_true(found.next > search.begin && found.next <= search.end);
        assert_true(found.next == search.end || found.count == count_max);
        search.begin = found.next;
    }
    while (expected < search.end)
        assert_false(matches(world, expected++, search.term_count));
}

/* For every number of terms, any range and any page size. */
static void mention_search_run_against_brute_force(void **state)
{
    static const uint64_t borders[] = {0, 1, 63, 64, 65, 130, 250, 511, 700, 999, 1000, 5000};
    static const size_t sizes[] = {1, 3, 64, MENTION_FOUND_MAX};
    struct world *world = *state;
    struct mention_search search = {0};

    memcpy(search.terms, world->terms, sizeof(search.terms));
    for (search.term_count = 1; search.term_count <= MENTION_TERMS_MAX; search.term_count++) {
        for (size_t b = 0; b < 12; b++) {
            for (size_t e = b; e < 12; e++) {
                search.begin = borders[b];
                search.end = borders[e] < ENTRIES ? borders[e] : ENTRIES;
                for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
                    check_pages(world, search, sizes[s]);
            }
        }
    }
}

/* A page that is full exactly at the last match says that there are no more. */
static void mention_search_run_next_only_when_there_is_one(void **state)
{
    static struct mention_found found;
    struct world *world = *state;
    struct mention_search search = {.terms = {world->terms[0]}, .term_count = 1, .end = ENTRIES};
    size_t count = 0;

    for (uint64_t i = 0; i < ENTRIES; i++)
        count += matches(world, i, 1);
    assert_in_range(count, 2, MENTION_FOUND_MAX);
    run(world, &found, &search, count);
    assert_int_equal(found.next, ENTRIES);
    run(world, &found, &search, count - 1);
    assert_true(matches(world, found.next, 1));
}

/* What nobody mentions is found nowhere, without an error. */
static void mention_search_run_of_nothing(void **state)
{
    static struct mention_found found;
    struct world *world = *state;
    struct mention_search search = {.terms = {mention_key(MENTION_RUN, bytes_of_text("x"))},
                                    .term_count = 1,
                                    .end = ENTRIES};

    run(world, &found, &search, 10);
    assert_int_equal(found.count, 0);
    assert_int_equal(found.next, ENTRIES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mention_search_run_against_brute_force, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mention_search_run_next_only_when_there_is_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(mention_search_run_of_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("mention_search", tests, NULL, NULL);
}
