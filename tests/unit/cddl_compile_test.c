#include "schemas/cddl/cddl.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/support/cmocka_all.h"

struct row {
    const char *text;
    const char *error; /* with line and column in front */
};

/* Each text is refused, at this place and with these words. */
static void check_refused(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct cddl_source source = {.name = "t", .text = bytes_of_text(rows[i].text)};
        struct cddl *cddl = NULL;
        struct err err = {0};

        if (cddl_compile(&cddl, &source, 1, &err))
            fail_msg("compiled: %s", rows[i].text);
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.text, rows[i].error);
        assert_null(cddl);
    }
}

#define CHECK_REFUSED(rows) check_refused(rows, sizeof(rows) / sizeof((rows)[0]))

/* Parts of CDDL that are not supported are refused by name. */
static void cddl_compile_of_what_is_not_supported(void **state)
{
    static const struct row rows[] = {
        {"a = #6.32(tstr)",
         "t:1:5: tags and major types (#) are not supported: records hold neither"},
        {"a = ~b", "t:1:5: unwrapping (~) is not supported"},
        {"a = &(x: 1)", "t:1:5: enumerations of a group (&) are not supported"},
        {"a = { x ^=> uint }",
         "t:1:9: cuts (^) are not supported; members written with ':' have one"},
        {"a<t> = [t]", "t:1:1: generics are not supported"},
        {"a = b <t>", "t:1:7: generics are not supported"},
        {"$a = uint", "t:1:1: sockets ($) are not supported; /= extends any rule"},
        {"a = 'x'", "t:1:5: byte string literals are not supported"},
        {"a = h'00'", "t:1:5: byte string literals are not supported"},
        {"a = 0x10", "t:1:5: only decimal numbers are supported"},
        {"a = 1.5", "t:1:5: floating-point numbers are not supported: records hold none"},
        {"a = 1e3", "t:1:5: floating-point numbers are not supported: records hold none"},
        {"a = \"\\n\"", "t:1:5: in text only \\\" and \\\\ are supported escapes"},
        {"a = any", "t:1:5: any is not supported: records cannot hold it"},
        {"a = [* float]", "t:1:8: float is not supported: records cannot hold it"},
        {"a = null", "t:1:5: null is not supported: records cannot hold it"},
        {"a = tstr .cbor uint", "t:1:5: the control .cbor is not supported"},
        {"a = uint .default 1", "t:1:5: the control .default is not supported"},
        {"a = (tstr .size 3) .regexp \"[a-z]+\" / b  b = (tstr .regexp \"x\") .regexp \"x\"",
         "t:1:46: one .regexp to a type is supported"},
        {"a = b..5  b = 1", "t:1:5: only numbers are supported as ends of a range"},
        {"a = 1..b  b = 5", "t:1:5: only numbers are supported as ends of a range"},
        {"a = [* uint] / [tstr]", "t:1:16: a choice between two arrays is not supported"},
        {"a = [* uint, tstr]", "t:1:14: only the last item of an array may have an occurrence"},
        {"a = [? uint, ? tstr]", "t:1:16: only the last item of an array may have an occurrence"},
        {"a = [uint // tstr, uint]", "t:1:5: a choice between groups in an array"},
        {"a = [* b]  b = (uint, tstr)", "t:1:8: a group that may occur more than once"},
        {"a = { tstr => uint, bytes => uint }",
         "t:1:21: more than one => in a map is not supported"},
        {"a = [tstr => uint]", "t:1:6: a => in an array is not supported"},
    };

    (void)state;
    CHECK_REFUSED(rows);
}

/* What is no CDDL is refused where it stops being any. */
static void cddl_compile_of_what_is_no_cddl(void **state)
{
    static const struct row rows[] = {
        {"a", "t:1:2: the text ends where =, /= or //= is expected"},
        {"a =", "t:1:4: the text ends where a type is expected"},
        {"a = {", "t:1:6: the text ends where a type is expected"},
        {"a = { x: }", "t:1:10: '}' where a type is expected"},
        {"a = { x: uint ]", "t:1:15: ']' where a type is expected"},
        {"a = uint,", "t:1:9: ',' where the name of a rule is expected"},
        {"a = uint\n\n b := uint", "t:3:4: ':' where =, /= or //= is expected"},
        {"a = uint / ", "t:1:12: the text ends where a type is expected"},
        {"a = uint .le 5 .ge 1",
         "t:1:16: '.ge' where an end (one control to a type; brackets take more) is expected"},
        {"a = tstr => uint", "t:1:10: '=>' where the end of the rule is expected"},
        {"a = { x: tstr => uint }", "t:1:15: '=>' where the end of the entry is expected"},
        {"a = { 1: uint }", "t:1:7: '1' where a member name (map keys are text) is expected"},
        {"a = \"x", "t:1:5: this text does not end on its line"},
        {"a = \"x\ny\"", "t:1:5: this text does not end on its line"},
        {"a = 18446744073709551616", "t:1:5: not a decimal number below 2^64"},
        {"a = 007", "t:1:5: not a decimal number below 2^64"},
        {"a = [3*2 uint]", "t:1:6: an occurrence needs its smaller number first"},
        {"a = %", "t:1:5: this character begins nothing in CDDL"},
        {"; a comment\n  5", "t:2:3: '5' where the name of a rule is expected"},
        {"a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "t:1:36: brackets are nested deeper than 32"},
    };

    (void)state;
    CHECK_REFUSED(rows);
}

/* Names must lead to something, once, and to what is expected there. */
static void cddl_compile_of_wrong_names(void **state)
{
    static const struct row rows[] = {
        {"a = b", "t:1:5: b is not defined"},
        {"a = { x: uint, b }", "t:1:16: a member of a map needs a name"},
        {"a = uint\na = tstr", "t:2:1: the rule a is defined twice, first in t, line 1"},
        {"a /= uint", "t:1:1: a is extended here and nowhere defined with ="},
        {"a //= (x: uint)", "t:1:1: a is extended here and nowhere defined with ="},
        {"a = uint  a //= (x: uint)", "t:1:11: a is a type: /= adds to it, not //="},
        {"a = (x: uint)  a /= b  b = uint", "t:1:16: a is a group: //= adds to it, not /="},
        {"a = (x: uint)  a //= b  b = uint",
         "t:1:29: a type where a group in ( ) is expected"},
        {"tstr = uint", "t:1:1: tstr is a type of CDDL itself and cannot be defined again"},
        {"any = uint", "t:1:1: any is a type of CDDL itself and cannot be defined again"},
        {"a = b  b = a", "t:1:12: a is defined by itself"},
        {"a = a / uint", "t:1:5: a is defined by itself"},
        {"a = (a)", "t:1:6: a is defined by itself"},
        {"a = { b }  b = ( x: uint, b )", "t:1:18: the member x stands in this map twice"},
        {"a = { x: b }  b = ( y: uint )",
         "t:1:15: b is a group and is used where a type is expected"},
        {"a = [* uint] / b  b = ( y: uint )", "t:1:16: b is a group, here a type is expected"},
        {"a = { b }  b = ( (b), x: uint )",
         "t:1:19: groups are nested deeper than 32, or in a circle"},
        {"a = { b }  b = { y: uint }", "t:1:7: a member of a map needs a name"},
        {"a = { uint }", "t:1:7: a member of a map needs a name"},
        {"a = ( x: uint ) / tstr", "t:1:5: a group where a type is expected"},
    };

    (void)state;
    CHECK_REFUSED(rows);
}

/* Controls fit what they control, and leave something. */
static void cddl_compile_of_wrong_controls(void **state)
{
    static const struct row rows[] = {
        {"a = tstr .le 5", "t:1:5: this control is for numbers only"},
        {"a = uint .le \"5\"", "t:1:14: this control needs a number"},
        {"a = bool .size 1", "t:1:5: nothing can control a truth value"},
        {"a = [uint] .size 1", "t:1:5: nothing can control a text, map or array written out"},
        {"a = \"x\" .size 1", "t:1:5: nothing can control a text, map or array written out"},
        {"a = nint .size 1", "t:1:5: .size is for text, bytes and unsigned numbers"},
        {"a = uint .size (1..2)", "t:1:5: .size of a number must be one number"},
        {"a = tstr .size -1", "t:1:16: .size needs a number or a range of numbers"},
        {"a = tstr .size (1 / 2)", "t:1:16: .size needs a number or a range of numbers"},
        {"a = bytes .regexp \"x\"", "t:1:5: .regexp is for text only"},
        {"a = tstr .regexp x  x = \"x\"", "t:1:18: .regexp needs a text"},
        {"a = uint .lt 0", "t:1:5: nothing can be of this type"},
        {"a = uint .le -1", "t:1:5: nothing can be of this type"},
        {"a = nint .ge 0", "t:1:5: nothing can be of this type"},
        {"a = tstr .size (5..2)", "t:1:5: nothing can be of this type"},
        {"a = 5..1", "t:1:5: this range holds nothing"},
        {"a = -1..-5", "t:1:5: this range holds nothing"},
        {"a = 3...3", "t:1:5: this range holds nothing"},
    };

    (void)state;
    CHECK_REFUSED(rows);
}

/* Members are unique, those with names come first, and maps of one choice can be told apart. */
static void cddl_compile_of_wrong_maps(void **state)
{
    static const struct row rows[] = {
        {"a = { x: uint, x: tstr }", "t:1:16: the member x stands in this map twice"},
        {"a = { x: uint, b }  b = ( \"x\": uint )",
         "t:1:27: the member x stands in this map twice"},
        {"a = { * x: uint }",
         "t:1:9: a member with a name occurs once, or ? times; another number needs =>"},
        {"a = { * tstr => uint, x: uint }",
         "t:1:23: members with names stand before those with =>"},
        {"a = { x: uint } / { x: tstr }",
         "t:1:19: nothing tells this map from the one in line 1 of t: a member that one must have "
         "and the other lacks, or literal texts"},
        {"a = { k: \"x\" } / { k: \"x\" / \"y\" }",
         "t:1:18: nothing tells this map from the one in line 1 of t: a member that one must have "
         "and the other lacks, or literal texts"},
        {"a = { ? x: uint } / { ? y: uint }",
         "t:1:21: nothing tells this map from the one in line 1 of t: a member that one must have "
         "and the other lacks, or literal texts"},
        {"a = { x: uint, * tstr => uint } / { y: uint, * tstr => uint }",
         "t:1:35: nothing tells this map from the one in line 1 of t: a member that one must have "
         "and the other lacks, or literal texts"},
    };

    (void)state;
    CHECK_REFUSED(rows);
}

/* Regular expressions beyond one walk over the text are refused. */
static void cddl_compile_of_wrong_patterns(void **state)
{
    static const struct {
        const char *pattern;
        const char *reason;
    } rows[] = {
        {"^a$", "( ) | . ^ $ are not supported, only characters and [ ] with counts"},
        {"a$", "( ) | . ^ $ are not supported, only characters and [ ] with counts"},
        {"(ab)+", "( ) | . ^ $ are not supported, only characters and [ ] with counts"},
        {"a|b", "( ) | . ^ $ are not supported, only characters and [ ] with counts"},
        {".*", "( ) | . ^ $ are not supported, only characters and [ ] with counts"},
        {"[^a]", "[^ ] is not supported: list what is allowed"},
        {"[]", "[] allows nothing"},
        {"[a", "a [ is not closed"},
        {"[a[b]]", "a [ inside [ ] is not supported"},
        {"[z-a]", "a range of characters goes backwards"},
        {"[é]", "only printable ASCII characters are supported"},
        {"é", "only printable ASCII characters are supported"},
        {"\\\\d", "only \\ and one of \\|.?*+(){}[]-^$ is a supported escape"},
        {"a{2", "a { is not closed"},
        {"a{}", "a count must be a decimal number up to 1000000"},
        {"a{3,2}", "a count needs its smaller number first"},
        {"a{1,9999999}", "a count must be a decimal number up to 1000000"},
        {"[a-z]+a", "a part is not supported that could end in more than one place"},
        {"a?b*a", "a part is not supported that could end in more than one place"},
        {"a??", "( ) | . ^ $ are not supported, only characters and [ ] with counts"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = mem_format("a = tstr .regexp \"%s\"", rows[i].pattern);
        char *error = mem_format("t:1:18: in this regexp %s", rows[i].reason);
        struct row row = {text, error};

        check_refused(&row, 1);
        free(text);
        free(error);
    }
}

/* Several sources are one text; a mistake names the one it is in. */
static void cddl_compile_of_several_sources(void **state)
{
    struct cddl_source sources[] = {
        {"one.cddl", bytes_of_text("a = b")},
        {"two.cddl", bytes_of_text("b = uint\nb /= c")},
        {"three.cddl", bytes_of_text("\n c = tsr")},
    };
    struct cddl *cddl = NULL;
    struct err err = {0};

    (void)state;
    assert_false(cddl_compile(&cddl, sources, 3, &err));
    assert_string_equal(err.text, "three.cddl:2:6: tsr is not defined");
    sources[2].text = bytes_of_text("c = tstr");
    assert_true(cddl_compile(&cddl, sources, 3, &err));
    assert_non_null(cddl_find(cddl, "a"));
    assert_null(cddl_find(cddl, "d"));
    cddl_free(cddl);
}

/* Sizes are bounded: of the text, and of what a short text can stand for. */
static void cddl_compile_at_the_limits(void **state)
{
    struct buf text = {0};
    struct cddl_source source = {.name = "t"};
    struct cddl *cddl = NULL;
    struct err err = {0};

    (void)state;
    while (text.len < CDDL_TEXT_LEN_MAX)
        buf_append_byte(&text, ' ');
    source.text = bytes_of_buf(&text);
    assert_true(cddl_compile(&cddl, &source, 1, &err));
    cddl_free(cddl);
    buf_append_byte(&text, ' ');
    source.text = bytes_of_buf(&text);
    assert_false(cddl_compile(&cddl, &source, 1, &err));
    assert_string_equal(err.text, "t: more than 1048576 bytes of CDDL");
    /* Doubled sixteen times. */
    buf_clear(&text);
    buf_append_text(&text, "a0 = uint / tstr\n");
    for (unsigned i = 1; i <= 16; i++)
        buf_append_format(&text, "a%u = a%u / a%u\n", i, i - 1, i - 1);
    source.text = bytes_of_buf(&text);
    assert_false(cddl_compile(&cddl, &source, 1, &err));
    assert_non_null(strstr(err.text, "a type of more than 1024 alternatives"));
    buf_clear(&text);
    buf_append_text(&text, "a = {");
    for (unsigned i = 0; i < 9; i++)
        buf_append_format(&text, "? (x%u: uint, y%u: uint),", i, i);
    buf_append_text(&text, "}");
    source.text = bytes_of_buf(&text);
    assert_false(cddl_compile(&cddl, &source, 1, &err));
    assert_string_equal(err.text, "t:1:5: the choices of this map have more than 256 results");
    source.text = bytes_of("a = \"\xFF\"", 7);
    assert_false(cddl_compile(&cddl, &source, 1, &err));
    assert_string_equal(err.text, "t: not UTF-8");
    buf_cleanup(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cddl_compile_of_what_is_not_supported),
        cmocka_unit_test(cddl_compile_of_what_is_no_cddl),
        cmocka_unit_test(cddl_compile_of_wrong_names),
        cmocka_unit_test(cddl_compile_of_wrong_controls),
        cmocka_unit_test(cddl_compile_of_wrong_maps),
        cmocka_unit_test(cddl_compile_of_wrong_patterns),
        cmocka_unit_test(cddl_compile_of_several_sources),
        cmocka_unit_test(cddl_compile_at_the_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
