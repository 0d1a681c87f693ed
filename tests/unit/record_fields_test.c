#include "schemas/record_fields.h"

#include "schemas/view.h"
#include "tests/support/cmocka_all.h"

struct sample {
    struct buf cbor;
    struct record_fields fields;
};

static const struct field *read_json(struct sample *sample, const char *json)
{
    struct err err = {0};

    *sample = (struct sample){0};
    assert_true(view_parse_json(&sample->cbor, bytes_of_text(json), &err));
    assert_true(record_fields_read(&sample->fields, bytes_of_buf(&sample->cbor), &err));
    return sample->fields.fields;
}

static void sample_cleanup(struct sample *sample)
{
    record_fields_cleanup(&sample->fields);
    buf_cleanup(&sample->cbor);
}

/* What is trimmed is the same record, and takes another one after it. */
static void record_fields_trim_reused(void **state)
{
    struct sample sample;
    struct err err = {0};

    (void)state;
    read_json(&sample, "{\"a\":{\"b\":7},\"c\":true}");
    record_fields_trim(&sample.fields);
    assert_int_equal(sample.fields.count, 4);
    assert_int_equal(field_uint(field_at(sample.fields.fields, "a.b"), 0), 7);
    buf_clear(&sample.cbor);
    assert_true(view_parse_json(&sample.cbor, bytes_of_text("[1,2,3,4,5,6,7,8]"), &err));
    assert_true(record_fields_read(&sample.fields, bytes_of_buf(&sample.cbor), &err));
    assert_int_equal(field_count(sample.fields.fields), 8);
    sample_cleanup(&sample);
}

/* Every member is found under its name, however deep, and only there. */
static void field_at_nested(void **state)
{
    struct sample sample;
    const struct field *record =
        read_json(&sample, "{\"a\":{\"b\":{\"c\":7}},\"c\":true,\"list\":[[],{},\"x\"],\"d\":-1}");

    (void)state;
    assert_int_equal(field_uint(field_at(record, "a.b.c"), 0), 7);
    assert_true(field_is_true(field_get(record, "c")));
    assert_int_equal(field_get(record, "d")->type, DCBOR_NINT);
    assert_null(field_get(record, "b"));
    assert_null(field_at(record, "a.c"));
    assert_null(field_at(record, "c.c"));
    sample_cleanup(&sample);
}

/* Items are met in order, empty containers among them, and the walk ends at the array's end. */
static void field_next_walks(void **state)
{
    struct sample sample;
    const struct field *record = read_json(&sample, "{\"list\":[[],{},\"x\",[1,2]],\"z\":3}");
    const struct field *list = field_get(record, "list");
    const struct field *item = field_first(list);
    size_t seen = 0;

    (void)state;
    for (; item != NULL; item = field_next(list, item))
        seen++;
    assert_int_equal(seen, 4);
    assert_int_equal(field_count(list), 4);
    assert_true(field_list_has(list, bytes_of_text("x")));
    assert_false(field_list_has(list, bytes_of_text("y")));
    sample_cleanup(&sample);
}

/* What a field spans is exactly its encoding. */
static void field_encoded_whole(void **state)
{
    struct sample sample;
    const struct field *record = read_json(&sample, "{\"a\":[1,[2]],\"b\":\"t\"}");
    static const uint8_t expected[] = {0x82, 0x01, 0x81, 0x02};

    (void)state;
    assert_true(bytes_equal(record->encoded, bytes_of_buf(&sample.cbor)));
    assert_true(bytes_equal(field_get(record, "a")->encoded, bytes_of(expected, sizeof(expected))));
    sample_cleanup(&sample);
}

/* Chains over what is not there give empty values. */
static void field_absent_empty(void **state)
{
    (void)state;
    assert_int_equal(field_text(field_at(NULL, "a.b")).len, 0);
    assert_int_equal(field_bytes(NULL).len, 0);
    assert_int_equal(field_uint(NULL, 9), 9);
    assert_false(field_is_true(NULL));
    assert_false(field_is_text(NULL, ""));
    assert_int_equal(field_count(NULL), 0);
    assert_null(field_first(NULL));
}

/* Bytes that are not one whole item are refused. */
static void record_fields_read_refused(void **state)
{
    static const uint8_t cut[] = {0xa1, 0x61, 0x61};
    static const uint8_t trailing[] = {0x01, 0x01};
    struct record_fields fields = {0};
    struct err err = {0};

    (void)state;
    assert_false(record_fields_read(&fields, bytes_of(cut, sizeof(cut)), &err));
    assert_false(record_fields_read(&fields, bytes_of(trailing, sizeof(trailing)), &err));
    record_fields_cleanup(&fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_fields_trim_reused),
        cmocka_unit_test(field_at_nested),     cmocka_unit_test(field_next_walks),
        cmocka_unit_test(field_encoded_whole), cmocka_unit_test(field_absent_empty),
        cmocka_unit_test(record_fields_read_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
