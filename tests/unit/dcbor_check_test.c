#include "schemas/dcbor.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"

enum { RANDOM_ITEMS = 100, CHANGED_ITEMS = 40 };

/* "" when accepted, or why not. */
static const char *check_hex(bool (*check)(struct bytes, struct err *), const char *hex)
{
    static struct err err;
    struct buf input = {0};

    memset(&err, 0, sizeof(err));
    sample_append_hex(&input, hex);
    if (!check(bytes_of_buf(&input), &err))
        assert_int_equal(err.code, ERR_INVALID);
    buf_cleanup(&input);
    return err.text;
}

/* What every record must be: one item, sorted unique text keys, no tags, no null. */
static void dcbor_check_each_rule(void **state)
{
    static const struct {
        const char *hex;
        const char *reason;
    } rows[] = {
        {"", "byte 0: end of input, an item is missing"},
        {"0000", "byte 1: trailing bytes"},
        {"00", ""},
        {"a2 6161 01 6162 02", ""},
        {"a2 6162 01 6161 02", "byte 4: map keys are not in bytewise order"},
        {"a2 6161 01 6161 02", "byte 4: duplicate map key"},
        /* The shorter key first, although "aa" precedes "b" in a dictionary (4.2.1). */
        {"a2 6162 01 626161 02", ""},
        {"a2 626161 01 6162 02", "byte 5: map keys are not in bytewise order"},
        /* Order is per map: an inner map begins anew, and the outer one goes on after it. */
        {"a2 6162 a1 6161 01 6163 02", ""},
        {"a2 6162 a1 6163 01 6161 02", "byte 7: map keys are not in bytewise order"},
        {"a1 01 02", "byte 1: map key is not text"},
        {"a1 4161 02", "byte 1: map key is not text"},
        {"a1 80 02", "byte 1: map key is not text"},
        {"a1 d2 6161 02", "byte 1: map key is not text"},
        {"81 c0 00", "byte 1: tags are not allowed in records"},
        {"81 f6", "byte 1: null is not allowed in records"},
        {"82 01 f93c00", "byte 2: floating-point numbers are not allowed"},
        {"82 01 1817", "byte 2: not the shortest encoding"},
        {"82 01 9fff", "byte 2: indefinite length"},
        {"82 01 61ff", "byte 2: text is not UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(check_hex(dcbor_check, rows[i].hex), rows[i].reason);
}

/* What COSE carries may have tags, null and integer keys, but the same order of keys. */
static void dcbor_check_any_each_rule(void **state)
{
    static const struct {
        const char *hex;
        const char *reason;
    } rows[] = {
        {"d2 84 40 a0 f6 40", ""},
        {"a3 01 26 20 00 6161 00", ""},
        {"a2 04 26 01 00", "byte 3: map keys are not in bytewise order"},
        {"a2 20 26 01 00", "byte 3: map keys are not in bytewise order"},
        {"a2 01 26 01 00", "byte 3: duplicate map key"},
        {"a1 4161 02", "byte 1: map key is neither text nor an integer"},
        {"a1 c2 4101 02", "byte 1: map key is neither text nor an integer"},
        {"c0 c0 c0", "byte 3: end of input, an item is missing"},
        {"82 c0 c0 00 c1", "byte 5: end of input, an item is missing"},
        {"82 c0 c0 00 c1 00", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(check_hex(dcbor_check_any, rows[i].hex), rows[i].reason);
}

/* depth arrays or maps inside each other around a scalar. */
static bool check_depth(unsigned depth, bool with_maps, unsigned around)
{
    struct buf input = {0};
    struct dcbor_reader reader;
    struct bytes out;
    struct err err = {0};
    bool ok;

    for (unsigned i = 0; i < depth; i++) {
        if (with_maps && i % 2 == 0) {
            dcbor_put_map(&input, 1);
            dcbor_put_literal(&input, "k");
        } else {
            dcbor_put_array(&input, 1);
        }
    }
    dcbor_put_uint(&input, 0);
    reader = dcbor_reader_of(bytes_of_buf(&input));
    ok = dcbor_check_next(&reader, &out, around, &err);
    if (around == 0)
        assert_int_equal(dcbor_check(bytes_of_buf(&input), &err), ok);
    buf_cleanup(&input);
    return ok;
}

/* Sixteen levels are accepted, seventeen are not; levels around the item count too. */
static void dcbor_check_depth_at_the_limit(void **state)
{
    (void)state;
    assert_true(check_depth(0, false, 0));
    assert_true(check_depth(DCBOR_DEPTH_MAX, false, 0));
    assert_true(check_depth(DCBOR_DEPTH_MAX, true, 0));
    assert_false(check_depth(DCBOR_DEPTH_MAX + 1, false, 0));
    assert_false(check_depth(DCBOR_DEPTH_MAX + 1, true, 0));
    assert_true(check_depth(DCBOR_DEPTH_MAX - 1, false, 1));
    assert_false(check_depth(DCBOR_DEPTH_MAX, false, 1));
    assert_true(check_depth(0, false, DCBOR_DEPTH_MAX));
    assert_false(check_depth(1, false, DCBOR_DEPTH_MAX));
}

/* An empty array at the deepest level counts as a level. */
static void dcbor_check_depth_of_an_empty_array(void **state)
{
    struct buf input = {0};
    struct err err = {0};

    (void)state;
    for (unsigned i = 0; i < DCBOR_DEPTH_MAX; i++)
        dcbor_put_array(&input, i + 1 < DCBOR_DEPTH_MAX);
    assert_true(dcbor_check(bytes_of_buf(&input), &err));
    buf_clear(&input);
    for (unsigned i = 0; i < DCBOR_DEPTH_MAX + 1; i++)
        dcbor_put_array(&input, i < DCBOR_DEPTH_MAX);
    assert_false(dcbor_check(bytes_of_buf(&input), &err));
    assert_string_equal(err.text, "byte 16: nested deeper than 16");
    buf_cleanup(&input);
}

/* 4,096 items of an array or pairs of a map are accepted, one more is not. */
static void dcbor_check_count_at_the_limit(void **state)
{
    (void)state;
    for (unsigned count = DCBOR_COUNT_MAX; count <= DCBOR_COUNT_MAX + 1; count++) {
        struct buf array = {0};
        struct buf map = {0};
        struct err err = {0};

        dcbor_put_array(&array, count);
        dcbor_put_map(&map, count);
        for (unsigned i = 0; i < count; i++) {
            char key[16];

            snprintf(key, sizeof(key), "%05u", i);
            dcbor_put_uint(&array, 0);
            dcbor_put_literal(&map, key);
            dcbor_put_uint(&map, 0);
        }
        assert_int_equal(dcbor_check(bytes_of_buf(&array), &err), count == DCBOR_COUNT_MAX);
        assert_int_equal(dcbor_check(bytes_of_buf(&map), &err), count == DCBOR_COUNT_MAX);
        buf_cleanup(&map);
        buf_cleanup(&array);
    }
}

/* The reader stands behind an item that is good and at the faulty item otherwise. */
static void dcbor_check_next_position(void **state)
{
    struct buf input = {0};
    struct dcbor_reader reader;
    struct bytes out;
    struct err err = {0};

    (void)state;
    sample_append_hex(&input, "a1 6161 01  82 00 81 f6");
    reader = dcbor_reader_of(bytes_of_buf(&input));
    assert_true(dcbor_check_next(&reader, &out, 0, &err));
    assert_int_equal(out.len, 4);
    assert_int_equal(reader.position, 4);
    assert_false(dcbor_check_next(&reader, &out, 0, &err));
    assert_int_equal(reader.position, 7);
    buf_cleanup(&input);
}

/* What an observer was shown. */
struct seen {
    size_t positions[8];
    size_t rests[8];
    enum dcbor_type types[8];
    size_t count;
};

static void see(void *context, const struct dcbor_item *item, size_t position,
                const struct dcbor_reader *rest)
{
    struct seen *seen = context;

    seen->positions[seen->count] = position;
    seen->rests[seen->count] = rest->position;
    seen->types[seen->count++] = item->type;
}

/* An observer sees every item with its place and what follows it, and none that has no right there.
 */
static void dcbor_check_observed_shows_each_item(void **state)
{
    static const size_t positions[] = {1, 2, 4, 5, 6};
    static const enum dcbor_type types[] = {DCBOR_MAP, DCBOR_TEXT, DCBOR_ARRAY, DCBOR_UINT,
                                            DCBOR_ARRAY};
    struct buf input = {0};
    struct seen seen = {0};
    struct dcbor_observer observer = {.see = see, .context = &seen};
    struct dcbor_reader reader;
    struct bytes out;
    struct err err = {0};

    (void)state;
    sample_append_hex(&input, "00 a1 6161 82 05 81 f6");
    reader = dcbor_reader_of(bytes_of_buf(&input));
    reader.position = 1;
    assert_false(dcbor_check_observed(&reader, &out, 0, &observer, &err));
    assert_int_equal(seen.count, 5);
    for (size_t i = 0; i < seen.count; i++) {
        assert_int_equal(seen.positions[i], positions[i]);
        assert_int_equal(seen.types[i], types[i]);
        assert_int_equal(seen.rests[i], i + 1 < seen.count ? positions[i + 1] : 7);
    }
    buf_cleanup(&input);
}

/* Whatever the encoders wrote in order is accepted; every prefix of it is refused. */
static void dcbor_check_random_items(void **state)
{
    struct rng rng = rng_seeded("dcbor_check_random_items");

    (void)state;
    for (unsigned i = 0; i < RANDOM_ITEMS; i++) {
        struct buf input = {0};
        struct err err = {0};

        sample_append_item(&input, &rng);
        assert_true(dcbor_check(bytes_of_buf(&input), &err));
        for (size_t len = 0; len < input.len; len++)
            assert_false(dcbor_check(bytes_of(input.data, len), &err));
        buf_append_byte(&input, 0);
        assert_false(dcbor_check(bytes_of_buf(&input), &err));
        buf_cleanup(&input);
    }
}

/* Every change of one byte is refused, or is again what the encoders would write. */
static void dcbor_check_every_changed_byte(void **state)
{
    struct rng rng = rng_seeded("dcbor_check_every_changed_byte");

    (void)state;
    for (unsigned i = 0; i < CHANGED_ITEMS; i++) {
        struct buf input = {0};
        struct buf copy = {0};
        struct err err = {0};

        sample_append_record(&input, &rng);
        for (size_t at = 0; at < input.len; at++) {
            uint8_t before = input.data[at];

            for (unsigned change = 1; change < 256; change++) {
                input.data[at] = (uint8_t)(before ^ change);
                if (!dcbor_check(bytes_of_buf(&input), &err))
                    continue;
                buf_clear(&copy);
                assert_true(sample_copy(&copy, bytes_of_buf(&input)));
                assert_true(bytes_equal(bytes_of_buf(&input), bytes_of_buf(&copy)));
            }
            input.data[at] = before;
        }
        buf_cleanup(&copy);
        buf_cleanup(&input);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(dcbor_check_each_rule),
        cmocka_unit_test(dcbor_check_any_each_rule),
        cmocka_unit_test(dcbor_check_depth_at_the_limit),
        cmocka_unit_test(dcbor_check_depth_of_an_empty_array),
        cmocka_unit_test(dcbor_check_count_at_the_limit),
        cmocka_unit_test(dcbor_check_next_position),
        cmocka_unit_test(dcbor_check_observed_shows_each_item),
        cmocka_unit_test(dcbor_check_random_items),
        cmocka_unit_test(dcbor_check_every_changed_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
