#include "schemas/cddl/cddl.h"

#include "schemas/cddl/table.h"
#include "schemas/dcbor.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sample_cbor.h"

/* An item and what is wrong with it; path NULL: nothing. */
struct row {
    const char *json; /* or hex behind a "#" */
    const char *path;
    const char *have;
    const char *want;
};

static struct cddl *compile(const char *text)
{
    struct cddl_source source = {.name = "test.cddl", .text = bytes_of_text(text)};
    struct cddl *cddl = NULL;
    struct err err = {0};

    if (!cddl_compile(&cddl, &source, 1, &err))
        fail_msg("%s", err.text);
    return cddl;
}

static void make_item(struct buf *out, const struct cddl *cddl, const char *json)
{
    struct err err = {0};

    if (json[0] == '#')
        sample_append_hex(out, json + 1);
    else
        assert_true(view_parse_json_of(out, bytes_of_text(json), &cddl->byte_fields, &err));
}

/* Holds each row against the rule "a" of the text. */
static void check_rows(const char *text, const struct row *rows, size_t count)
{
    struct cddl *cddl = compile(text);

    for (size_t i = 0; i < count; i++) {
        struct cddl_mismatch mismatch = {0};
        struct buf item = {0};
        bool ok;

        make_item(&item, cddl, rows[i].json);
        ok = cddl_check(cddl, cddl_find(cddl, "a"), bytes_of_buf(&item), &mismatch);
        if (ok != (rows[i].path == NULL))
            fail_msg("%s: %s, have %s, want %s", rows[i].json, mismatch.path, mismatch.have,
                     mismatch.want);
        assert_string_equal(mismatch.path, ok ? "" : rows[i].path);
        assert_string_equal(mismatch.have, ok ? "" : rows[i].have);
        assert_string_equal(mismatch.want, ok ? "" : rows[i].want);
        buf_cleanup(&item);
    }
    cddl_free(cddl);
}

#define CHECK_ROWS(text, rows) check_rows(text, rows, sizeof(rows) / sizeof((rows)[0]))

/* Integers have bounds, also across zero and at the ends of 64 bits. */
static void cddl_check_of_integers(void **state)
{
    static const struct row limits[] = {
        {"0", NULL, NULL, NULL},
        {"10", NULL, NULL, NULL},
        {"11", "", "11", "a: uint .le 10"},
        {"-1", "", "-1", "a: uint .le 10"},
        {"\"1\"", "", "\"1\"", "a: uint .le 10"},
    };
    static const struct row range[] = {
        {"-3", NULL, NULL, NULL}, {"0", NULL, NULL, NULL},          {"5", NULL, NULL, NULL},
        {"9", NULL, NULL, NULL},  {"-4", "", "-4", "a: -3..5 / 9"}, {"6", "", "6", "a: -3..5 / 9"},
    };
    static const struct row ends[] = {
        {"#1bffffffffffffffff", NULL, NULL, NULL},
        {"#3bffffffffffffffff", NULL, NULL, NULL},
        {"#f5", "", "true", "a: int"},
    };
    static const struct row exclusive[] = {
        {"1", NULL, NULL, NULL},
        {"2", NULL, NULL, NULL},
        {"3", "", "3", "a: 1...3"},
    };
    static const struct row sized[] = {
        {"65535", NULL, NULL, NULL},
        {"65536", "", "65536", "a: uint .size 2"},
    };
    static const struct row negative[] = {
        {"-1", NULL, NULL, NULL},
        {"-7", NULL, NULL, NULL},
        {"-8", "", "-8", "a: nint .gt -8"},
        {"0", "", "0", "a: nint .gt -8"},
    };
    static const struct row both[] = {
        {"-3", NULL, NULL, NULL},
        {"3", NULL, NULL, NULL},
        {"-4", "", "-4", "a: (int .lt 4) .ge -3"},
        {"4", "", "4", "a: (int .lt 4) .ge -3"},
    };

    (void)state;
    CHECK_ROWS("a = uint .le 10", limits);
    CHECK_ROWS("a = -3..5 / 9", range);
    CHECK_ROWS("a = int", ends);
    CHECK_ROWS("a = 1...3", exclusive);
    CHECK_ROWS("a = uint .size 2", sized);
    CHECK_ROWS("a = nint .gt -8", negative);
    CHECK_ROWS("a = (int .lt 4) .ge -3", both);
}

/* Text has a length in bytes, a pattern, or is one of some words. */
static void cddl_check_of_text(void **state)
{
    static const struct row sized[] = {
        {"\"ab\"", NULL, NULL, NULL},
        {"\"\\u00e9\"", NULL, NULL, NULL},
        {"\"a\"", "", "\"a\"", "a: tstr .size (2..3)"},
        {"\"\\u00e9\\u00e9\"", "", "\"éé\"", "a: tstr .size (2..3)"},
    };
    static const struct row pattern[] = {
        {"\"CC8.1\"", NULL, NULL, NULL},
        {"\"CC10.22\"", NULL, NULL, NULL},
        {"\"CC.1\"", "", "\"CC.1\"", "a: tstr .regexp \"CC[0-9]+\\\\.[0-9]{1,2}\""},
        {"\"CC1.222\"", "", "\"CC1.222\"", "a: tstr .regexp \"CC[0-9]+\\\\.[0-9]{1,2}\""},
        {"\"\"", "", "\"\"", "a: tstr .regexp \"CC[0-9]+\\\\.[0-9]{1,2}\""},
    };
    static const struct row words[] = {
        {"\"low\"", NULL, NULL, NULL},
        {"\"high\"", NULL, NULL, NULL},
        {"\"Low\"", "", "\"Low\"", "a: \"low\" / b"},
        {"\"lo\"", "", "\"lo\"", "a: \"low\" / b"},
        {"#43010203", "", "3 bytes", "a: \"low\" / b"},
    };

    (void)state;
    CHECK_ROWS("a = tstr .size (2..3)", sized);
    CHECK_ROWS("a = tstr .regexp \"CC[0-9]+\\\\.[0-9]{1,2}\"", pattern);
    CHECK_ROWS("a = \"low\" / b   b = \"high\" / \"higher\"", words);
}

/* Byte strings have a length; truth values can be one alone; choices may mix everything. */
static void cddl_check_of_other_scalars(void **state)
{
    static const struct row bytes[] = {
        {"#420102", NULL, NULL, NULL},
        {"#4101", "", "1 bytes", "a: bytes .size 2"},
        {"#626161", "", "\"aa\"", "a: bytes .size 2"},
    };
    static const struct row truth[] = {
        {"true", NULL, NULL, NULL},
        {"5", NULL, NULL, NULL},
        {"[]", NULL, NULL, NULL},
        {"false", "", "false", "a: true / 5 / [* uint]"},
        {"{}", "", "a map of 0", "a: true / 5 / [* uint]"},
        {"#f6", "", "null", "a: true / 5 / [* uint]"},
        {"#c000", "", "a tag", "a: true / 5 / [* uint]"},
    };

    (void)state;
    CHECK_ROWS("a = bytes .size 2", bytes);
    CHECK_ROWS("a = true / 5 / [* uint]", truth);
}

/* Arrays have first items of their own, then any number of one kind within bounds. */
static void cddl_check_of_arrays(void **state)
{
    static const struct row list[] = {
        {"[1]", NULL, NULL, NULL},
        {"[1, 2, 3]", NULL, NULL, NULL},
        {"[]", "", "an array of 0", "a: [1*3 uint]"},
        {"[1, 2, 3, 4]", "", "an array of 4", "a: [1*3 uint]"},
        {"[1, \"x\"]", "/1", "\"x\"", "uint"},
    };
    static const struct row tuple[] = {
        {"[1, \"x\"]", NULL, NULL, NULL},
        {"[1, \"x\", true, false]", NULL, NULL, NULL},
        {"[1]", "", "an array of 1", "a: [number: uint, tstr, * bool]"},
        {"[\"x\", 1]", "/0", "\"x\"", "uint"},
        {"[1, \"x\", 1]", "/2", "1", "bool"},
    };
    static const struct row nested[] = {
        {"[[1, 2], [3, 4]]", NULL, NULL, NULL},
        {"[[1, 2], [3]]", "/1", "an array of 1", "b: [uint, uint]"},
    };

    (void)state;
    CHECK_ROWS("a = [1*3 uint]", list);
    CHECK_ROWS("a = [number: uint, tstr, * bool]", tuple);
    CHECK_ROWS("a = [+ b]  b = [uint, uint]", nested);
}

/* Maps have members that must be there, members that may, and no others. */
static void cddl_check_of_maps(void **state)
{
    static const char schema[] = "a = { tenant: b, ? note: tstr, n: { kind: \"x\" } } ; no more\n"
                                 "b = tstr .size (1..3)";
    static const struct row rows[] = {
        {"{\"tenant\": \"t\", \"n\": {\"kind\": \"x\"}}", NULL, NULL, NULL},
        {"{\"tenant\": \"t\", \"n\": {\"kind\": \"x\"}, \"note\": \"\"}", NULL, NULL, NULL},
        {"{\"n\": {\"kind\": \"x\"}}", "/tenant", "nothing", "b: tstr .size (1..3)"},
        {"{\"tenant\": \"t\"}", "/n", "nothing", "a map"},
        {"{\"tenant\": \"t\", \"n\": {}}", "/n/kind", "nothing", "\"x\""},
        {"{\"tenant\": \"t\", \"n\": {\"kind\": \"x\", \"z\": 1}}", "/n/z",
         "a member that is not in the schema", "only the members that the schema names"},
        {"{\"tenant\": \"t\", \"n\": {\"kind\": \"x\"}, \"notes\": \"\"}", "/notes",
         "a member that is not in the schema", "\"note\"?"},
        {"{\"tenant\": \"t\", \"n\": {\"kind\": \"x\"}, \"zebra_crossing\": 1}", "/zebra_crossing",
         "a member that is not in the schema", "only the members of a"},
        {"{\"tenant\": 5, \"n\": {\"kind\": \"x\"}}", "/tenant", "5", "b: tstr .size (1..3)"},
        {"#a10000", "/0", "0", "a text as key"},
        {"[]", "", "an array of 0", "a: a map"},
    };

    (void)state;
    CHECK_ROWS(schema, rows);
}

/* Free keys have a form, their values a type, and they are no names of byte strings. */
static void cddl_check_of_free_keys(void **state)
{
    static const char schema[] = "a = { first: uint, + key => uint, }\n"
                                 "key = tstr .size (1..8)\n"
                                 "other = { digest: bytes }";
    static const struct row rows[] = {
        {"{\"first\": 1, \"x\": 2, \"longer\": 3}", NULL, NULL, NULL},
        {"{\"first\": 1}", "", "0 members", "1 or more members"},
        {"{\"x\": 2}", "/first", "nothing", "uint"},
        {"{\"first\": 1, \"ninechars\": 2}", "/ninechars", "\"ninechars\"",
         "key: tstr .size (1..8)"},
        {"{\"first\": 1, \"\": 2}", "/", "\"\"", "key: tstr .size (1..8)"},
        {"{\"first\": 1, \"x\": \"2\"}", "/x", "\"2\"", "uint"},
        {"#a2 65666972737401 6664696765737402", "/digest", "\"digest\"",
         "a name that stands for no byte string elsewhere"},
    };

    (void)state;
    CHECK_ROWS(schema, rows);
}

/* Groups stand for what is in them, by name or bracket, in maps and arrays. */
static void cddl_check_of_groups(void **state)
{
    static const struct row map[] = {
        {"{\"id\": 1, \"x\": true, \"at\": 5}", NULL, NULL, NULL},
        {"{\"id\": 1, \"x\": true}", NULL, NULL, NULL},
        {"{\"x\": true}", "/id", "nothing", "uint"},
        {"{\"id\": 1}", "/x", "nothing", "bool"},
    };
    static const struct row array[] = {
        {"[1, 2, true]", NULL, NULL, NULL},
        {"[1, true]", "", "an array of 2", "a: [pair, bool]"},
    };

    (void)state;
    CHECK_ROWS("a = { head, x: bool }  head = ( id: uint, ( tail ) )  tail = ( ? at: uint )", map);
    CHECK_ROWS("a = [pair, bool]  pair = (uint, uint)", array);
}

/* Of several maps the one is meant whose literal texts and members are there. */
static void cddl_check_of_a_choice_of_maps(void **state)
{
    static const struct row kinds[] = {
        {"{\"kind\": \"b\", \"x\": 1}", NULL, NULL, NULL},
        {"{\"kind\": \"c\", \"y\": \"t\"}", NULL, NULL, NULL},
        {"{\"kind\": \"d\", \"y\": \"t\"}", NULL, NULL, NULL},
        {"{\"kind\": \"b\", \"y\": \"t\"}", "/x", "nothing", "uint"},
        {"{\"kind\": \"d\", \"y\": 1}", "/y", "1", "tstr"},
        {"{\"kind\": \"e\", \"y\": \"t\"}", "", "a map of 2", "a: b / c"},
        {"{\"y\": \"t\"}", "", "a map of 1", "a: b / c"},
    };
    static const struct row mixed[] = {
        {"{\"k\": 3, \"x\": 1}", NULL, NULL, NULL},
        {"{\"k\": \"w\", \"x\": 1}", NULL, NULL, NULL},
        {"{\"k\": 3, \"y\": 1}", NULL, NULL, NULL},
    };
    static const struct row groups[] = {
        {"{\"n\": 1, \"x\": 1}", NULL, NULL, NULL},
        {"{\"n\": 1, \"y\": 1, \"z\": 1}", NULL, NULL, NULL},
        {"{\"n\": 1, \"w\": true}", NULL, NULL, NULL},
        {"{\"n\": 1}", "", "a map of 1", "a: a map"},
        {"{\"n\": 1, \"x\": 1, \"y\": 1}", "", "a map of 3", "a: a map"},
    };
    static const struct row optional[] = {
        {"{}", NULL, NULL, NULL},
        {"{\"x\": 1, \"y\": 1}", NULL, NULL, NULL},
        {"{\"x\": 1}", "", "a map of 1", "a: a map"},
    };

    (void)state;
    CHECK_ROWS("a = b / c  b = { kind: \"b\", x: uint }  c = { kind: \"c\" / \"d\", y: tstr }",
               kinds);
    CHECK_ROWS("a = { k: b, x: uint } / { k: b, y: uint }  b = 3 / \"w\"", mixed);
    CHECK_ROWS("a = { n: uint, more }  more = ( x: uint // y: uint, z: uint )  more //= (w: bool)",
               groups);
    CHECK_ROWS("a = { ? ( x: uint, y: uint ) }", optional);
}

/* A rule can be extended, also from another text, and can contain itself. */
static void cddl_check_of_extended_and_recursive_rules(void **state)
{
    static const struct row rows[] = {
        {"5", NULL, NULL, NULL},
        {"[[5], [], [[\"x\"]]]", NULL, NULL, NULL},
        {"[[5], [[true]]]", "/1/0/0", "true", "a: uint / [* a] / b"},
    };

    (void)state;
    CHECK_ROWS("a = uint / [* a]  a /= b  b = \"x\"", rows);
}

/* As deep as deterministic CBOR may be, and no deeper, whatever the rule says. */
static void cddl_check_at_the_depth_limit(void **state)
{
    struct cddl *cddl = compile("a = [* a]");

    (void)state;
    for (unsigned over = 0; over < 2; over++) {
        struct cddl_mismatch mismatch = {0};
        struct buf item = {0};

        for (unsigned i = 0; i < DCBOR_DEPTH_MAX + over; i++)
            dcbor_put_array(&item, i + 1 < DCBOR_DEPTH_MAX + over);
        assert_int_equal(cddl_check(cddl, cddl_find(cddl, "a"), bytes_of_buf(&item), &mismatch),
                         over == 0);
        buf_cleanup(&item);
    }
    cddl_free(cddl);
}

/* What was not checked to be deterministic CBOR gets a refusal that says so. */
static void cddl_check_of_other_bytes(void **state)
{
    static const struct row rows[] = {
        {"#", "", "byte 0: end of input, an item is missing", "deterministic CBOR"},
        {"#82 01", "", "byte 0: array is longer than the input", "deterministic CBOR"},
        {"#81 18", "/0", "byte 1: end of input inside an item", "deterministic CBOR"},
        {"#81 01 01", "", "something behind the item", "one item"},
    };

    (void)state;
    CHECK_ROWS("a = [* uint]", rows);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cddl_check_of_integers),
        cmocka_unit_test(cddl_check_of_text),
        cmocka_unit_test(cddl_check_of_other_scalars),
        cmocka_unit_test(cddl_check_of_arrays),
        cmocka_unit_test(cddl_check_of_maps),
        cmocka_unit_test(cddl_check_of_free_keys),
        cmocka_unit_test(cddl_check_of_groups),
        cmocka_unit_test(cddl_check_of_a_choice_of_maps),
        cmocka_unit_test(cddl_check_of_extended_and_recursive_rules),
        cmocka_unit_test(cddl_check_at_the_depth_limit),
        cmocka_unit_test(cddl_check_of_other_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
