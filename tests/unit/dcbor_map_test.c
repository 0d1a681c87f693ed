#include "schemas/dcbor.h"

#include <stdio.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"

static void add_pair(struct dcbor_map_writer *writer, const char *key, uint64_t value)
{
    dcbor_map_writer_begin_key(writer);
    dcbor_put_literal(&writer->pairs, key);
    dcbor_map_writer_begin_value(writer);
    dcbor_put_uint(&writer->pairs, value);
}

/* Pairs come out in bytewise order of their encoded keys: the shorter text first. */
static void dcbor_map_writer_finish_sorts_pairs(void **state)
{
    struct dcbor_map_writer writer = {0};
    struct buf expected = {0};
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    add_pair(&writer, "aa", 1);
    add_pair(&writer, "b", 2);
    add_pair(&writer, "", 3);
    add_pair(&writer, "a", 4);
    assert_true(dcbor_map_writer_finish(&writer, &out, &err));
    sample_append_hex(&expected, "a4 60 03 6161 04 6162 02 626161 01");
    assert_true(bytes_equal(bytes_of_buf(&out), bytes_of_buf(&expected)));
    buf_cleanup(&out);
    buf_cleanup(&expected);
    dcbor_map_writer_cleanup(&writer);
}

/* The same key twice is refused and nothing is written. */
static void dcbor_map_writer_finish_duplicate_key(void **state)
{
    struct dcbor_map_writer writer = {0};
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    add_pair(&writer, "a", 1);
    add_pair(&writer, "b", 1);
    add_pair(&writer, "a", 2);
    assert_false(dcbor_map_writer_finish(&writer, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(out.len, 0);
    dcbor_map_writer_cleanup(&writer);
}

/* A map without pairs is the empty map. */
static void dcbor_map_writer_finish_without_pairs(void **state)
{
    struct dcbor_map_writer writer = {0};
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    assert_true(dcbor_map_writer_finish(&writer, &out, &err));
    assert_int_equal(out.len, 1);
    assert_int_equal(out.data[0], 0xA0);
    buf_cleanup(&out);
    dcbor_map_writer_cleanup(&writer);
}

/* At every number of pairs, added in any order, the map is deterministic and complete. */
static void dcbor_map_writer_finish_many_pairs(void **state)
{
    struct rng rng = rng_seeded("dcbor_map_writer_finish_many_pairs");

    (void)state;
    for (unsigned count = 1; count <= 70; count++) {
        struct dcbor_map_writer writer = {0};
        struct buf out = {0};
        struct err err = {0};
        unsigned offset = (unsigned)rng_below(&rng, count);

        for (unsigned i = 0; i < count; i++) {
            char key[16];

            snprintf(key, sizeof(key), "%u", (i * 71 + offset) % 1000);
            add_pair(&writer, key, i);
        }
        assert_true(dcbor_map_writer_finish(&writer, &out, &err));
        assert_true(dcbor_check(bytes_of_buf(&out), &err));
        buf_cleanup(&out);
        dcbor_map_writer_cleanup(&writer);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(dcbor_map_writer_finish_sorts_pairs),
        cmocka_unit_test(dcbor_map_writer_finish_duplicate_key),
        cmocka_unit_test(dcbor_map_writer_finish_without_pairs),
        cmocka_unit_test(dcbor_map_writer_finish_many_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
