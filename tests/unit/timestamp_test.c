#include "schemas/timestamp.h"

#include <string.h>

#include "tests/support/authority.h"
#include "tests/support/cmocka_all.h"

enum { NOW_S = 1795000000, DAY_S = 86400 };

/* An authority, what it was asked and what it answered. */
struct stamped {
    struct authority *authority;
    struct timestamp_query query;
    struct buf token;
    struct buf ca;
};

static void ask(struct stamped *out, const struct authority_options *options)
{
    struct buf query = {0};
    struct buf reply = {0};
    struct err err = {0};

    *out = (struct stamped){.authority = authority_new(options), .query = {.has_nonce = true}};
    hash_sha256(&out->query.imprint, bytes_of_text("what is stamped"));
    memset(out->query.nonce, 0x81, sizeof(out->query.nonce));
    assert_true(timestamp_query_append(&query, &out->query, &err));
    authority_answer(&reply, out->authority, bytes_of_buf(&query));
    assert_true(timestamp_reply_token(&out->token, bytes_of_buf(&reply), &err));
    authority_append_ca(&out->ca, out->authority);
    buf_cleanup(&query);
    buf_cleanup(&reply);
}

static void ask_usual(struct stamped *out)
{
    ask(out, &(struct authority_options){
                 .at_s = NOW_S, .begins_at_s = NOW_S - DAY_S, .ends_at_s = NOW_S + DAY_S});
}

static void stamped_cleanup(struct stamped *stamped)
{
    authority_free(stamped->authority);
    buf_cleanup(&stamped->token);
    buf_cleanup(&stamped->ca);
}

static bool verify(struct timestamp *out, const struct stamped *stamped, struct err *err)
{
    return timestamp_verify(out, bytes_of_buf(&stamped->token), &stamped->query,
                            bytes_of_buf(&stamped->ca), err);
}

/* A token says when, and by whose word. */
static void timestamp_verify_a_token(void **state)
{
    struct stamped stamped;
    struct timestamp stamp;
    struct err err = {0};

    (void)state;
    ask_usual(&stamped);
    assert_true(verify(&stamp, &stamped, &err));
    assert_int_equal(stamp.at_s, NOW_S);
    assert_int_equal(stamp.before_s, NOW_S);
    assert_string_equal(stamp.authority, "CN=Example Time-Stamps");
    stamped_cleanup(&stamped);
}

/* Who verifies later does not know the nonce, and need not. */
static void timestamp_verify_without_the_nonce(void **state)
{
    struct stamped stamped;
    struct timestamp stamp;
    struct err err = {0};

    (void)state;
    ask_usual(&stamped);
    stamped.query.has_nonce = false;
    assert_true(verify(&stamp, &stamped, &err));
    stamped_cleanup(&stamped);
}

/* How far the authority's clock may be off counts against it. */
static void timestamp_verify_adds_the_accuracy(void **state)
{
    struct stamped stamped;
    struct timestamp stamp;
    struct err err = {0};

    (void)state;
    ask(&stamped, &(struct authority_options){.at_s = NOW_S,
                                              .begins_at_s = NOW_S - DAY_S,
                                              .ends_at_s = NOW_S + DAY_S,
                                              .accuracy_s = 7});
    assert_true(verify(&stamp, &stamped, &err));
    assert_int_equal(stamp.at_s, NOW_S);
    assert_int_equal(stamp.before_s, NOW_S + 7);
    stamped_cleanup(&stamped);
}

/* A stamp of something else says nothing of this. */
static void timestamp_verify_refuses_another_imprint(void **state)
{
    struct stamped stamped;
    struct timestamp stamp;
    struct err err = {0};

    (void)state;
    ask_usual(&stamped);
    stamped.query.imprint.bytes[0] ^= 1;
    assert_false(verify(&stamp, &stamped, &err));
    assert_int_equal(err.code, ERR_INVALID);
    stamped_cleanup(&stamped);
}

/* A token with another nonce may be an old one. */
static void timestamp_verify_refuses_another_nonce(void **state)
{
    struct stamped stamped;
    struct timestamp stamp;
    struct err err = {0};

    (void)state;
    ask_usual(&stamped);
    stamped.query.nonce[TIMESTAMP_NONCE_LEN - 1] ^= 1;
    assert_false(verify(&stamp, &stamped, &err));
    assert_int_equal(err.code, ERR_INVALID);
    stamped_cleanup(&stamped);
}

/* Nobody is believed whose certificate does not lead to a CA that was given. */
static void timestamp_verify_refuses_an_unknown_ca(void **state)
{
    struct stamped stamped;
    struct stamped other;
    struct timestamp stamp;
    struct err err = {0};

    (void)state;
    ask_usual(&stamped);
    ask(&other, &(struct authority_options){.ca_name = "Other CA",
                                            .at_s = NOW_S,
                                            .begins_at_s = NOW_S - DAY_S,
                                            .ends_at_s = NOW_S + DAY_S});
    buf_clear(&stamped.ca);
    buf_append_bytes(&stamped.ca, bytes_of_buf(&other.ca));
    assert_false(verify(&stamp, &stamped, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, "certificate verify error"));
    /* Both together: one of them is enough. */
    authority_append_ca(&stamped.ca, stamped.authority);
    assert_true(verify(&stamp, &stamped, &err));
    stamped_cleanup(&other);
    stamped_cleanup(&stamped);
}

/* A certificate counts for the time it was given for: not after, not before. */
static void timestamp_verify_refuses_outside_of_the_certificates_time(void **state)
{
    static const int ENDS_S[] = {-1, DAY_S, DAY_S};
    static const int BEGINS_S[] = {-DAY_S, 1, -1};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct stamped stamped;
        struct timestamp stamp;
        struct err err = {0};

        ask(&stamped, &(struct authority_options){.at_s = NOW_S,
                                                  .begins_at_s = (uint64_t)(NOW_S + BEGINS_S[i]),
                                                  .ends_at_s = (uint64_t)(NOW_S + ENDS_S[i])});
        assert_int_equal(verify(&stamp, &stamped, &err), i == 2);
        assert_int_equal(err.code, i == 2 ? ERR_NONE : ERR_REFUSED);
        stamped_cleanup(&stamped);
    }
}

/* No byte of a token can be changed so that it says another time. */
static void timestamp_verify_refuses_every_changed_byte(void **state)
{
    struct stamped stamped;
    struct timestamp stamp;

    (void)state;
    ask_usual(&stamped);
    for (size_t i = 0; i < stamped.token.len; i++) {
        struct err err = {0};

        stamped.token.data[i] ^= 1;
        /* Some of it is covered by nothing: in what names the signer, and in spare certificates. */
        if (verify(&stamp, &stamped, &err))
            assert_int_equal(stamp.before_s, NOW_S);
        stamped.token.data[i] ^= 1;
    }
    stamped_cleanup(&stamped);
}

/* A token that is cut off, or goes on, is none. */
static void timestamp_verify_refuses_every_other_length(void **state)
{
    struct stamped stamped;
    struct timestamp stamp;
    size_t len;

    (void)state;
    ask_usual(&stamped);
    len = stamped.token.len;
    buf_append_byte(&stamped.token, 0);
    for (size_t i = 0; i <= len + 1; i++) {
        struct err err = {0};

        stamped.token.len = i;
        assert_int_equal(verify(&stamp, &stamped, &err), i == len);
    }
    stamped_cleanup(&stamped);
}

/* The reason of an authority that grants nothing is passed on. */
static void timestamp_reply_token_tells_a_refusal(void **state)
{
    struct stamped stamped;
    struct buf reply = {0};
    struct buf token = {0};
    struct err err = {0};

    (void)state;
    ask_usual(&stamped);
    authority_answer(&reply, stamped.authority, bytes_of_text("no query"));
    assert_false(timestamp_reply_token(&token, bytes_of_buf(&reply), &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, "granted no time-stamp: "));
    assert_int_equal(token.len, 0);
    buf_cleanup(&reply);
    stamped_cleanup(&stamped);
}

/* Garbage is named as such. */
static void timestamp_reply_token_refuses_garbage(void **state)
{
    static const char *const TEXTS[] = {"", "<html>", "0\x03\x02\x01"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct buf token = {0};
        struct err err = {0};

        assert_false(timestamp_reply_token(&token, bytes_of_text(TEXTS[i]), &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
}

/* A file without certificates makes nobody an authority. */
static void timestamp_check_ca_wants_certificates(void **state)
{
    struct stamped stamped;
    struct err err = {0};

    (void)state;
    ask_usual(&stamped);
    assert_true(timestamp_check_ca(bytes_of_buf(&stamped.ca), &err));
    assert_false(timestamp_check_ca(bytes_of_text(""), &err));
    assert_int_equal(err.code, ERR_REFUSED);
    stamped.ca.data[stamped.ca.len / 2] = '!';
    assert_false(timestamp_check_ca(bytes_of_buf(&stamped.ca), &err));
    stamped_cleanup(&stamped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timestamp_verify_a_token),
        cmocka_unit_test(timestamp_verify_without_the_nonce),
        cmocka_unit_test(timestamp_verify_adds_the_accuracy),
        cmocka_unit_test(timestamp_verify_refuses_another_imprint),
        cmocka_unit_test(timestamp_verify_refuses_another_nonce),
        cmocka_unit_test(timestamp_verify_refuses_an_unknown_ca),
        cmocka_unit_test(timestamp_verify_refuses_outside_of_the_certificates_time),
        cmocka_unit_test(timestamp_verify_refuses_every_changed_byte),
        cmocka_unit_test(timestamp_verify_refuses_every_other_length),
        cmocka_unit_test(timestamp_reply_token_tells_a_refusal),
        cmocka_unit_test(timestamp_reply_token_refuses_garbage),
        cmocka_unit_test(timestamp_check_ca_wants_certificates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
