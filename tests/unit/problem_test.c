#include "schemas/problem.h"

#include <string.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"

static void assert_problem_equal(const struct problem *a, const struct problem *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(a->detail, b->detail);
    assert_string_equal(a->path, b->path);
    assert_string_equal(a->have, b->have);
    assert_string_equal(a->rule, b->rule);
    assert_string_equal(a->want, b->want);
}

/* Every kind has a code of its own, a title, and a status that says whose mistake it is. */
static void problem_code_of_every_kind(void **state)
{
    (void)state;
    assert_int_equal(problem_kind_count(), PROBLEM_INTERNAL + 1);
    for (size_t i = 1; i < problem_kind_count(); i++) {
        int status = problem_http_status((enum problem_kind)i);

        assert_true(status >= 400 && status < 600);
        assert_true(problem_title((enum problem_kind)i)[0] != 0);
        assert_true(problem_code((enum problem_kind)i)[0] != 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(problem_code((enum problem_kind)i),
                                    problem_code((enum problem_kind)j));
    }
}

/* Titles that SCRAPI fixes are as it fixes them. */
static void problem_title_of_scrapi(void **state)
{
    (void)state;
    assert_string_equal(problem_title(PROBLEM_ALGORITHM), "Bad Signature Algorithm");
    assert_string_equal(problem_title(PROBLEM_PAYLOAD_MISSING), "Payload Missing");
    assert_string_equal(problem_title(PROBLEM_SIGNATURE), "Rejected");
    assert_string_equal(problem_title(PROBLEM_UNKNOWN_ISSUER), "Rejected");
    assert_string_equal(problem_title(PROBLEM_LOCATOR), "Invalid locator");
}

/* RFC 9290: title and detail under -1 and -2, our entries in a map under an absolute URI. */
static void problem_encode_has_the_form_of_rfc9290(void **state)
{
    struct problem problem;
    struct buf out = {0};
    struct buf text = {0};
    struct err err = {0};

    (void)state;
    problem_set(&problem, PROBLEM_RECORD, "The \"type\" of a record must be text.");
    problem_add(&problem, "/1/type", "5", "text");
    problem_encode(&out, &problem);
    assert_true(dcbor_check_any(bytes_of_buf(&out), &err));
    assert_true(view_append_diagnostic(&text, bytes_of_buf(&out), &err));
    assert_string_equal(buf_text(&text), "{\n"
                                         "  -1: \"Not a Record\",\n"
                                         "  -2: \"The \\\"type\\\" of a record must be text.\",\n"
                                         "  \"urn:uuid:4d0b1f6e-6a53-4c3e-9d5b-7a1c8e2f9036\": {\n"
                                         "    \"code\": \"record\",\n"
                                         "    \"have\": \"5\",\n"
                                         "    \"path\": \"/1/type\",\n"
                                         "    \"want\": \"text\"\n"
                                         "  }\n"
                                         "}");
    buf_cleanup(&text);
    buf_cleanup(&out);
}

/* The JSON form has the member names of RFC 9457 and leaves out what is empty. */
static void problem_append_json_has_the_form_of_rfc9457(void **state)
{
    struct problem problem;
    struct buf out = {0};

    (void)state;
    problem_set(&problem, PROBLEM_BUSY, "The queue is \"full\".");
    problem_append_json(&out, &problem);
    assert_string_equal(buf_text(&out), "{\"title\":\"Busy\",\"status\":503,\"detail\":"
                                        "\"The queue is \\\"full\\\".\",\"code\":\"busy\"}\n");
    assert_int_equal(problem.retry_after_s, 1);
    buf_cleanup(&out);
}

static void fill_text(char *out, size_t out_len, struct rng *rng)
{
    size_t len = rng_below(rng, 3) == 0 ? 0 : rng_below(rng, out_len);

    for (size_t i = 0; i < len; i++)
        out[i] = (char)(1 + rng_below(rng, 127));
    out[len] = 0;
}

/* Either form read back is the same problem, whatever is in it. */
static void problem_decode_what_was_encoded(void **state)
{
    struct rng rng = rng_seeded("problem_decode_what_was_encoded");

    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        struct problem problem = {0};
        struct problem decoded;
        struct buf cbor = {0};
        struct buf json = {0};
        struct err err = {0};

        problem.kind = (enum problem_kind)(1 + rng_below(&rng, problem_kind_count() - 1));
        fill_text(problem.detail, sizeof(problem.detail), &rng);
        fill_text(problem.path, sizeof(problem.path), &rng);
        fill_text(problem.have, sizeof(problem.have), &rng);
        fill_text(problem.rule, sizeof(problem.rule), &rng);
        fill_text(problem.want, sizeof(problem.want), &rng);
        problem_encode(&cbor, &problem);
        assert_true(problem_decode(&decoded, bytes_of_buf(&cbor), &err));
        assert_problem_equal(&decoded, &problem);
        problem_append_json(&json, &problem);
        assert_true(problem_decode(&decoded, bytes_of_buf(&json), &err));
        assert_problem_equal(&decoded, &problem);
        for (size_t len = 0; len < cbor.len; len++)
            assert_false(problem_decode(&decoded, bytes_of(cbor.data, len), &err));
        buf_cleanup(&json);
        buf_cleanup(&cbor);
    }
}

/* Entries of others are passed over, as RFC 9290, 3 asks; the title stands in for a detail. */
static void problem_decode_of_other_programs(void **state)
{
    static const struct {
        const char *hex; /* or JSON */
        const char *detail;
    } rows[] = {
        {"a1 20 616e", "n"},
        {"a1 21 63 640065", "d?e"},
        {"a2 20 616e 21 6164", "d"},
        {"a4 1901f4 a1 00 01 20 616e 23 1884 27 f5", "n"},
        {"a2 20 d826 82 62656e 616e 62613a a1 00 f6", ""},
        {"a0", ""},
        {"{\"type\":\"about:blank\",\"title\":\"Bad Gateway\",\"status\":502}", "Bad Gateway"},
        {"{\"code\":\"of-another-log\",\"detail\":\"d\"}", "d"},
        {"{\"code\":7,\"detail\":[\"d\"]}", ""},
        {"{}", ""},
        {" \n{\"title\":\"t\"}", "t"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem;
        struct buf body = {0};
        struct err err = {0};

        if (strchr(rows[i].hex, '{') != NULL)
            buf_append_text(&body, rows[i].hex);
        else
            sample_append_hex(&body, rows[i].hex);
        assert_true(problem_decode(&problem, bytes_of_buf(&body), &err));
        assert_int_equal(problem.kind, PROBLEM_NONE);
        assert_string_equal(problem.detail, rows[i].detail);
        buf_cleanup(&body);
    }
}

/* What is neither form is refused. */
static void problem_decode_refused(void **state)
{
    static const char *const rows[] = {
        "",         "<html>",           "Bad Request\n",       "{", "[]", "\x80", "\xf6",
        "\xa1\x20", "{\"status\":1.5}", "\xa1\x20\x61\x6e\x20"};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem;
        struct err err = {0};

        assert_false(problem_decode(&problem, bytes_of_text(rows[i]), &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
}

/* What the operating system said is for the operator: the client gets a fixed sentence. */
static void problem_from_err_of_every_code(void **state)
{
    static const struct {
        enum err_code code;
        enum problem_kind kind;
        bool keeps_text;
    } rows[] = {
        {ERR_INVALID, PROBLEM_PARAMETER, true},   {ERR_REFUSED, PROBLEM_CONFLICT, true},
        {ERR_NOT_FOUND, PROBLEM_NOT_FOUND, true}, {ERR_BUSY, PROBLEM_BUSY, true},
        {ERR_IO, PROBLEM_INTERNAL, false},        {ERR_CORRUPT, PROBLEM_INTERNAL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem;
        struct err err = {0};

        err_set(&err, rows[i].code, "pread /var/lib/vouch");
        assert_false(problem_from_err(&problem, &err));
        assert_int_equal(problem.kind, rows[i].kind);
        assert_int_equal(strcmp(problem.detail, err.text) == 0, rows[i].keeps_text);
        assert_int_equal(strstr(problem.detail, "/var") != NULL, rows[i].keeps_text);
    }
}

/* A text that does not fit is cut between characters; one cut before becomes UTF-8 again. */
static void problem_add_long_texts(void **state)
{
    struct problem problem;
    char text[300];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = 0;
    memcpy(text + sizeof(problem.have) - 2, "é", 2);
    memcpy(text + sizeof(problem.detail) - 3, "水", 3);
    assert_false(problem_set(&problem, PROBLEM_RECORD, "%s", text));
    assert_int_equal(strlen(problem.detail), sizeof(problem.detail) - 3);
    assert_false(problem_add(&problem, text, text, "cut \xe6\xb0"));
    assert_int_equal(strlen(problem.have), sizeof(problem.have) - 2);
    assert_string_equal(problem.want, "cut ??");
    assert_true(text_is_utf8(bytes_of_text(problem.have)));
}

/* Setting a problem forgets what an earlier one said. */
static void problem_set_again(void **state)
{
    struct problem problem;

    (void)state;
    problem_set(&problem, PROBLEM_BUSY, "one");
    problem_add(&problem, "/a", "b", "c");
    problem_set(&problem, PROBLEM_RECORD, "two %d", 2);
    assert_int_equal(problem.kind, PROBLEM_RECORD);
    assert_string_equal(problem.detail, "two 2");
    assert_string_equal(problem.path, "");
    assert_string_equal(problem.have, "");
    assert_string_equal(problem.want, "");
    assert_int_equal(problem.retry_after_s, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(problem_code_of_every_kind),
        cmocka_unit_test(problem_title_of_scrapi),
        cmocka_unit_test(problem_encode_has_the_form_of_rfc9290),
        cmocka_unit_test(problem_append_json_has_the_form_of_rfc9457),
        cmocka_unit_test(problem_decode_what_was_encoded),
        cmocka_unit_test(problem_decode_of_other_programs),
        cmocka_unit_test(problem_decode_refused),
        cmocka_unit_test(problem_from_err_of_every_code),
        cmocka_unit_test(problem_add_long_texts),
        cmocka_unit_test(problem_set_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
