#include "schemas/statement.h"

#include <string.h>

#include "schemas/dcbor.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"

/* {"type": "t"} */
#define PAYLOAD "a1 6474797065 6174"
#define KID "0001020304050607 08090a0b0c0d0e0f 1011121314151617 18191a1b1c1d1e1f"

/* The protected header's members in hex, label and value; NULL is the good one, "" is none. */
struct plan {
    const char *alg;
    const char *content_type;
    const char *kid;
    const char *claims;
    const char *more;
    const char *unprotected;
    const char *payload;
    size_t signature_len;
};

static void append_member(struct buf *out, uint64_t *count, const char *given, const char *good)
{
    const char *hex = given == NULL ? good : given;

    *count += hex[0] != 0;
    sample_append_hex(out, hex);
}

/* Builds 18([...]) of a plan, signed with zeros. */
static void append_message(struct buf *out, const struct plan *plan)
{
    static const uint8_t zeros[100];
    struct buf members = {0};
    struct buf header = {0};
    uint64_t count = 0;

    append_member(&members, &count, plan->alg, "01 26");
    if (plan->content_type == NULL) {
        dcbor_put_int(&members, COSE_HEADER_CONTENT_TYPE);
        dcbor_put_literal(&members, STATEMENT_TYPE_RECORDS);
        count++;
    } else {
        append_member(&members, &count, plan->content_type, "");
    }
    append_member(&members, &count, plan->kid, "04 5820" KID);
    append_member(&members, &count, plan->claims, "0f a2 01 6161 06 1903e8");
    append_member(&members, &count, plan->more, "");
    dcbor_put_map(&header, count);
    buf_append_bytes(&header, bytes_of_buf(&members));
    sample_append_hex(out, "d2 84");
    dcbor_put_bytes(out, bytes_of_buf(&header));
    sample_append_hex(out, plan->unprotected == NULL ? "a0" : plan->unprotected);
    sample_append_hex(out, plan->payload == NULL ? "48" PAYLOAD : plan->payload);
    dcbor_put_bytes(out, bytes_of(zeros, plan->signature_len == 0 ? 64 : plan->signature_len));
    buf_cleanup(&header);
    buf_cleanup(&members);
}

static bool decode_plan(struct problem *problem, const struct plan *plan)
{
    struct statement statement;
    struct buf message = {0};
    bool ok;

    append_message(&message, plan);
    ok = statement_decode(&statement, bytes_of_buf(&message), problem);
    buf_cleanup(&message);
    return ok;
}

/* Every variant that the form allows is accepted. */
static void statement_decode_accepted(void **state)
{
    static const struct plan rows[] = {
        {0},
        {.alg = "01 28"},                          /* -9 ESP256 */
        {.alg = "01 27"},                          /* -8 EdDSA */
        {.alg = "01 32"},                          /* -19 Ed25519 */
        {.claims = "0f a3 01 6161 02 6173 06 00"}, /* with sub */
        {.claims = "0f a3 01 6161 03 6173 06 00"}, /* with aud */
        {.claims = "0f a4 01 6161 02 6173 03 6175 06 1bffffffffffffffff"},
        {.unprotected = "a1 04 4131"},
        {.unprotected = "a1 19018a 81 41aa"}, /* receipts */
        {.unprotected = "a1 6161 d2 80"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem = {0};

        assert_true(decode_plan(&problem, &rows[i]));
        assert_int_equal(problem.kind, PROBLEM_NONE);
    }
}

/* Every departure from the form is refused with its kind and its path. */
static void statement_decode_refused(void **state)
{
    static const struct {
        struct plan plan;
        enum problem_kind kind;
        const char *path;
    } rows[] = {
        /* algorithm */
        {{.alg = ""}, PROBLEM_STATEMENT, "/protected/1"},
        {{.alg = "01 3822"}, PROBLEM_ALGORITHM, "/protected/1"}, /* -35 ES384 */
        {{.alg = "01 3824"}, PROBLEM_ALGORITHM, "/protected/1"}, /* -37 PS256 */
        {{.alg = "01 05"}, PROBLEM_ALGORITHM, "/protected/1"},   /* 5 HMAC */
        {{.alg = "01 00"}, PROBLEM_ALGORITHM, "/protected/1"},
        {{.alg = "01 3bffffffffffffffff"}, PROBLEM_ALGORITHM, "/protected/1"},
        {{.alg = "01 654553323536"}, PROBLEM_ALGORITHM, "/protected/1"}, /* "ES256" */
        {{.alg = "01 40"}, PROBLEM_ALGORITHM, "/protected/1"},
        /* content type */
        {{.content_type = ""}, PROBLEM_STATEMENT, "/protected/3"},
        {{.content_type = "03 00"}, PROBLEM_STATEMENT, "/protected/3"},
        {{.content_type = "03 60"}, PROBLEM_STATEMENT, "/protected/3"},
        {{.content_type = "03 6a746578742f706c61696e"}, PROBLEM_STATEMENT, "/protected/3"},
        /* key id */
        {{.kid = ""}, PROBLEM_STATEMENT, "/protected/4"},
        {{.kid = "04 40"}, PROBLEM_STATEMENT, "/protected/4"},
        {{.kid = "04 581f"
                 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"},
         PROBLEM_STATEMENT,
         "/protected/4"},
        {{.kid = "04 5821" KID "20"}, PROBLEM_STATEMENT, "/protected/4"},
        {{.kid = "04 6161"}, PROBLEM_STATEMENT, "/protected/4"},
        /* claims */
        {{.claims = ""}, PROBLEM_STATEMENT, "/protected/15"},
        {{.claims = "0f 80"}, PROBLEM_STATEMENT, "/protected/15"},
        {{.claims = "0f a1 06 00"}, PROBLEM_STATEMENT, "/protected/15/1"},
        {{.claims = "0f a2 01 60 06 00"}, PROBLEM_STATEMENT, "/protected/15/1"},
        {{.claims = "0f a2 01 4161 06 00"}, PROBLEM_STATEMENT, "/protected/15/1"},
        {{.claims = "0f a3 01 6161 02 05 06 00"}, PROBLEM_STATEMENT, "/protected/15/2"},
        {{.claims = "0f a3 01 6161 02 60 06 00"}, PROBLEM_STATEMENT, "/protected/15/2"},
        {{.claims = "0f a3 01 6161 03 816161 06 00"}, PROBLEM_STATEMENT, "/protected/15/3"},
        {{.claims = "0f a1 01 6161"}, PROBLEM_STATEMENT, "/protected/15/6"},
        {{.claims = "0f a2 01 6161 06 20"}, PROBLEM_STATEMENT, "/protected/15/6"},
        {{.claims = "0f a2 01 6161 06 c1 00"}, PROBLEM_STATEMENT, "/protected/15/6"},
        {{.claims = "0f a3 01 6161 04 00 06 00"}, PROBLEM_STATEMENT, "/protected/15"},
        {{.claims = "0f a3 01 6161 06 00 6161 00"}, PROBLEM_STATEMENT, "/protected/15"},
        /* other headers */
        {{.more = "10 00"}, PROBLEM_STATEMENT, "/protected"},
        {{.more = "6161 00"}, PROBLEM_STATEMENT, "/protected"},
        {{.alg = "01 26 02 8103"}, PROBLEM_CBOR, "/protected"}, /* count of pairs is wrong */
        {{.content_type = "02 81 03"}, PROBLEM_STATEMENT, "/protected"}, /* crit */
        /* encoding */
        {{.alg = "01 3806"}, PROBLEM_CBOR, "/protected"},
        {{.alg = "01 f93c00"}, PROBLEM_CBOR, "/protected"},
        {{.more = "04 40"}, PROBLEM_CBOR, "/protected"},
        {{.more = "03 00"}, PROBLEM_CBOR, "/protected"},
        {{.claims = "0f a2 06 00 01 6161"}, PROBLEM_CBOR, "/protected"},
        {{.claims = "0f a2 01 6161 01 6161"}, PROBLEM_CBOR, "/protected"},
        {{.claims = "0f a2 01 61ff 06 00"}, PROBLEM_CBOR, "/protected"},
        {{.claims = "0f bf 01 6161 06 00 ff"}, PROBLEM_CBOR, "/protected"},
        {{.unprotected = "a2 04 40 01 26"}, PROBLEM_CBOR, "/unprotected"},
        {{.unprotected = "a2 04 40 04 40"}, PROBLEM_CBOR, "/unprotected"},
        {{.unprotected = "bf ff"}, PROBLEM_CBOR, ""},
        {{.unprotected = "a1 04 fb0000000000000000"}, PROBLEM_CBOR, ""},
        {{.unprotected = "40"}, PROBLEM_STATEMENT, ""},
        {{.unprotected = "80"}, PROBLEM_STATEMENT, ""},
        /* payload and signature */
        {{.payload = "f6"}, PROBLEM_PAYLOAD_MISSING, "/payload"},
        {{.payload = "40"}, PROBLEM_PAYLOAD_MISSING, "/payload"},
        {{.payload = PAYLOAD}, PROBLEM_STATEMENT, ""},
        {{.payload = "580100"}, PROBLEM_CBOR, ""},
        {{.payload = "5f4100ff"}, PROBLEM_CBOR, ""},
        {{.signature_len = 63}, PROBLEM_STATEMENT, "/signature"},
        {{.signature_len = 65}, PROBLEM_STATEMENT, "/signature"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem = {0};

        assert_false(decode_plan(&problem, &rows[i].plan));
        if (problem.kind != rows[i].kind || strcmp(problem.path, rows[i].path) != 0)
            fail_msg("row %zu: %s %s: %s", i, problem_code(problem.kind), problem.path,
                     problem.detail);
        assert_true(problem.detail[0] != 0);
    }
}

/* What is no COSE_Sign1 at all is bad CBOR or not a statement. */
static void statement_decode_of_something_else(void **state)
{
    static const struct {
        const char *hex;
        enum problem_kind kind;
    } rows[] = {
        {"", PROBLEM_CBOR},
        {"7b 22", PROBLEM_CBOR}, /* JSON */
        {"3c 68", PROBLEM_CBOR}, /* HTML */
        {"00", PROBLEM_STATEMENT},
        {"0000", PROBLEM_CBOR},
        {"84 40 a0 40 40", PROBLEM_STATEMENT},
        {"d2 84 40 a0 40 40 00", PROBLEM_CBOR},
        {"d1 84 40 a0 40 40", PROBLEM_STATEMENT},
        {"d2 84 40 a0 40 40", PROBLEM_STATEMENT},
        {"d2 83 40 a0 40", PROBLEM_STATEMENT},
        {"d2 9f 40 a0 40 40 ff", PROBLEM_CBOR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct statement statement;
        struct problem problem = {0};
        struct buf message = {0};

        sample_append_hex(&message, rows[i].hex);
        assert_false(statement_decode(&statement, bytes_of_buf(&message), &problem));
        assert_int_equal(problem.kind, rows[i].kind);
        buf_cleanup(&message);
    }
}

/* A refusal says what it found and what it wants. */
static void statement_decode_says_have_and_want(void **state)
{
    static const struct plan wrong_alg = {.alg = "01 3822"};
    static const struct plan short_kid = {.kid = "04 43 000102"};
    struct problem problem;

    (void)state;
    assert_false(decode_plan(&problem, &wrong_alg));
    assert_string_equal(problem.detail, "Signature algorithm -35 is not accepted.");
    assert_string_equal(problem.have, "-35");
    assert_string_equal(problem.want, "-7, -9, -8 or -19");
    assert_false(decode_plan(&problem, &short_kid));
    assert_string_equal(problem.detail, "The message is not a statement: key id of 3 bytes.");
    assert_string_equal(problem.have, "key id of 3 bytes");
    assert_string_equal(problem.want, "COSE Key Thumbprint, 32 bytes");
}

/* The entry is the statement with its unprotected header emptied; the entry's entry is itself. */
static void statement_append_entry_empties_the_header(void **state)
{
    static const struct plan with_header = {.unprotected = "a1 19018a 81 41aa"};
    static const struct plan without_header = {0};
    struct statement first;
    struct statement second;
    struct problem problem;
    struct buf message = {0};
    struct buf expected = {0};
    struct buf entry = {0};
    struct buf again = {0};

    (void)state;
    append_message(&message, &with_header);
    append_message(&expected, &without_header);
    assert_true(statement_decode(&first, bytes_of_buf(&message), &problem));
    statement_append_entry(&entry, &first);
    assert_true(bytes_equal(bytes_of_buf(&entry), bytes_of_buf(&expected)));
    assert_true(statement_decode(&second, bytes_of_buf(&entry), &problem));
    assert_true(hash_equal(&first.sid, &second.sid));
    statement_append_entry(&again, &second);
    assert_true(bytes_equal(bytes_of_buf(&again), bytes_of_buf(&entry)));
    buf_cleanup(&again);
    buf_cleanup(&entry);
    buf_cleanup(&expected);
    buf_cleanup(&message);
}

static struct signer *make_signer(enum key_type type)
{
    struct signer *signer = NULL;
    struct buf pem = {0};
    struct err err = {0};

    assert_true(signer_generate(&signer, &pem, type, &err));
    buf_cleanup(&pem);
    return signer;
}

static const struct statement_claims CLAIMS = {
    .content_type = STATEMENT_TYPE_RECORDS,
    .issuer = "engine.example",
    .subject = "run/1",
    .audience = "log.example",
    .issued_at_s = 1700000000,
};

static void sign_sample(struct buf *out, struct signer *signer)
{
    struct buf payload = {0};
    struct err err = {0};

    sample_append_hex(&payload, PAYLOAD);
    assert_true(statement_sign(out, signer, &CLAIMS, bytes_of_buf(&payload), &err));
    buf_cleanup(&payload);
}

/* What was signed decodes to the same claims and verifies with its key only. */
static void statement_verify_what_was_signed(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 2; type++) {
        struct signer *signer = make_signer(type == 0 ? KEY_ED25519 : KEY_P256);
        struct signer *other = make_signer(type == 0 ? KEY_ED25519 : KEY_P256);
        struct statement statement;
        struct problem problem = {0};
        struct buf message = {0};
        struct buf structure = {0};
        struct hash sid;

        sign_sample(&message, signer);
        assert_true(statement_decode(&statement, bytes_of_buf(&message), &problem));
        assert_int_equal(statement.alg, type == 0 ? COSE_ALG_EDDSA : COSE_ALG_ES256);
        assert_true(bytes_equal_text(statement.content_type, CLAIMS.content_type));
        assert_true(bytes_equal_text(statement.issuer, CLAIMS.issuer));
        assert_true(bytes_equal_text(statement.subject, CLAIMS.subject));
        assert_true(bytes_equal_text(statement.audience, CLAIMS.audience));
        assert_int_equal(statement.issued_at_s, CLAIMS.issued_at_s);
        assert_true(statement_verify(&statement, signer->public_key, &problem));
        assert_false(statement_verify(&statement, other->public_key, &problem));
        assert_int_equal(problem.kind, PROBLEM_SIGNATURE);
        assert_string_equal(problem.path, "/protected/4");
        cose_sig_structure(&structure, statement.cose.protected_header, statement.cose.payload);
        hash_sha256(&sid, bytes_of_buf(&structure));
        assert_true(hash_equal(&sid, &statement.sid));
        buf_cleanup(&structure);
        buf_cleanup(&message);
        signer_close(other);
        signer_close(signer);
    }
}

/* Signs again under another algorithm number; false when that is refused. */
static bool verify_with_alg(struct signer *signer, int64_t alg, struct problem *problem)
{
    struct statement statement;
    struct cose_sign1 cose;
    struct buf message = {0};
    struct buf header = {0};
    struct buf structure = {0};
    struct buf changed = {0};
    uint8_t signature[SIGNATURE_LEN];
    struct err err = {0};
    bool ok;

    sign_sample(&message, signer);
    assert_true(cose_sign1_decode(&cose, bytes_of_buf(&message), &err));
    /* The header begins with the map's head, the label 1 and a number of one byte. */
    dcbor_put_map(&header, 4);
    dcbor_put_int(&header, COSE_HEADER_ALG);
    dcbor_put_int(&header, alg);
    buf_append_bytes(&header, bytes_slice(cose.protected_header, 3, cose.protected_header.len));
    cose.protected_header = bytes_of_buf(&header);
    cose_sig_structure(&structure, cose.protected_header, cose.payload);
    assert_true(signer_sign(signer, signature, bytes_of_buf(&structure), &err));
    cose.signature = bytes_of(signature, sizeof(signature));
    cose_sign1_encode(&changed, &cose);
    assert_true(statement_decode(&statement, bytes_of_buf(&changed), problem));
    ok = statement_verify(&statement, signer->public_key, problem);
    buf_cleanup(&changed);
    buf_cleanup(&structure);
    buf_cleanup(&header);
    buf_cleanup(&message);
    return ok;
}

/* Each key verifies under both of its algorithm numbers and under no other key's. */
static void statement_verify_under_each_algorithm(void **state)
{
    static const struct {
        enum key_type type;
        int64_t alg;
        bool ok;
    } rows[] = {
        {KEY_P256, COSE_ALG_ES256, true},     {KEY_P256, COSE_ALG_ESP256, true},
        {KEY_P256, COSE_ALG_EDDSA, false},    {KEY_P256, COSE_ALG_ED25519, false},
        {KEY_ED25519, COSE_ALG_EDDSA, true},  {KEY_ED25519, COSE_ALG_ED25519, true},
        {KEY_ED25519, COSE_ALG_ES256, false}, {KEY_ED25519, COSE_ALG_ESP256, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct signer *signer = make_signer(rows[i].type);
        struct problem problem = {0};

        assert_int_equal(verify_with_alg(signer, rows[i].alg, &problem), rows[i].ok);
        assert_int_equal(problem.kind, rows[i].ok ? PROBLEM_NONE : PROBLEM_ALGORITHM);
        signer_close(signer);
    }
}

/* Every prefix is refused, and after every change of a byte decoding or verifying fails. */
static void statement_verify_every_changed_byte(void **state)
{
    struct rng rng = rng_seeded("statement_verify_every_changed_byte");
    struct signer *signer = make_signer(KEY_P256);
    struct statement statement;
    struct problem problem;
    struct buf message = {0};

    (void)state;
    sign_sample(&message, signer);
    for (size_t at = 0; at < message.len; at++) {
        uint8_t change = (uint8_t)(1 + rng_below(&rng, 255));

        assert_false(statement_decode(&statement, bytes_of(message.data, at), &problem));
        message.data[at] ^= change;
        if (statement_decode(&statement, bytes_of_buf(&message), &problem))
            assert_false(statement_verify(&statement, signer->public_key, &problem));
        message.data[at] ^= change;
    }
    buf_cleanup(&message);
    signer_close(signer);
}

/* A changed byte that still decodes re-encodes identically. */
static void statement_decode_every_changed_byte(void **state)
{
    static const struct plan plan = {0};
    struct statement statement;
    struct problem problem;
    struct buf message = {0};
    struct buf entry = {0};

    (void)state;
    append_message(&message, &plan);
    for (size_t at = 0; at < message.len; at++) {
        for (unsigned change = 1; change < 256; change++) {
            message.data[at] ^= (uint8_t)change;
            if (statement_decode(&statement, bytes_of_buf(&message), &problem)) {
                buf_clear(&entry);
                statement_append_entry(&entry, &statement);
                assert_true(bytes_equal(bytes_of_buf(&entry), bytes_of_buf(&message)));
            }
            message.data[at] ^= (uint8_t)change;
        }
    }
    buf_cleanup(&entry);
    buf_cleanup(&message);
}

/* 65,535 bytes are accepted, one more is not, by the signer as by the reader. */
static void statement_decode_size_at_the_limit(void **state)
{
    struct signer *signer = make_signer(KEY_ED25519);
    struct buf payload = {0};
    struct buf message = {0};
    struct statement statement;
    struct problem problem = {0};
    struct err err = {0};
    size_t around;

    (void)state;
    buf_extend(&payload, 60000);
    memset(payload.data, 0, payload.len);
    assert_true(statement_sign(&message, signer, &CLAIMS, bytes_of_buf(&payload), &err));
    around = message.len - payload.len;
    buf_clear(&message);
    memset(buf_extend(&payload, STATEMENT_LEN_MAX - around - payload.len), 0,
           STATEMENT_LEN_MAX - around - 60000);
    assert_true(statement_sign(&message, signer, &CLAIMS, bytes_of_buf(&payload), &err));
    assert_int_equal(message.len, STATEMENT_LEN_MAX);
    assert_true(statement_decode(&statement, bytes_of_buf(&message), &problem));
    buf_append_byte(&message, 0);
    assert_false(statement_decode(&statement, bytes_of_buf(&message), &problem));
    assert_int_equal(problem.kind, PROBLEM_TOO_LARGE);
    assert_string_equal(problem.have, "65536 bytes");
    buf_clear(&message);
    buf_append_byte(&payload, 0);
    assert_false(statement_sign(&message, signer, &CLAIMS, bytes_of_buf(&payload), &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(message.len, 0);
    buf_cleanup(&message);
    buf_cleanup(&payload);
    signer_close(signer);
}

/* Nothing is signed that would be refused: an empty issuer, another content type, no payload. */
static void statement_sign_refused(void **state)
{
    static const struct {
        struct statement_claims claims;
        const char *payload;
    } rows[] = {
        {{.content_type = STATEMENT_TYPE_RECORDS, .issuer = ""}, PAYLOAD},
        {{.content_type = "text/plain", .issuer = "a"}, PAYLOAD},
        {{.content_type = STATEMENT_TYPE_RECORDS, .issuer = "a", .subject = ""}, PAYLOAD},
        {{.content_type = STATEMENT_TYPE_RECORDS, .issuer = "a"}, ""},
    };
    struct signer *signer = make_signer(KEY_P256);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf payload = {0};
        struct buf message = {0};
        struct err err = {0};

        sample_append_hex(&payload, rows[i].payload);
        assert_false(
            statement_sign(&message, signer, &rows[i].claims, bytes_of_buf(&payload), &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_int_equal(message.len, 0);
        buf_cleanup(&message);
        buf_cleanup(&payload);
    }
    signer_close(signer);
}

/* iss may have 200 bytes, sub and aud 300, and not one more. */
static void statement_sign_claims_at_the_limits(void **state)
{
    static const struct {
        size_t issuer_len;
        size_t subject_len;
        size_t audience_len;
        bool ok;
    } rows[] = {
        {1, 1, 1, true},
        {ISSUER_LEN_MAX, SUBJECT_LEN_MAX, SUBJECT_LEN_MAX, true},
        {ISSUER_LEN_MAX + 1, 1, 1, false},
        {1, SUBJECT_LEN_MAX + 1, 1, false},
        {1, 1, SUBJECT_LEN_MAX + 1, false},
    };
    struct signer *signer = make_signer(KEY_ED25519);
    struct buf payload = {0};

    (void)state;
    sample_append_hex(&payload, PAYLOAD);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[3][SUBJECT_LEN_MAX + 2] = {0};
        struct statement_claims claims = {STATEMENT_TYPE_RECORDS, text[0], text[1], text[2], 1};
        struct buf message = {0};
        struct err err = {0};

        memset(text[0], 'i', rows[i].issuer_len);
        memset(text[1], 's', rows[i].subject_len);
        memset(text[2], 'a', rows[i].audience_len);
        assert_int_equal(statement_sign(&message, signer, &claims, bytes_of_buf(&payload), &err),
                         rows[i].ok);
        buf_cleanup(&message);
    }
    buf_cleanup(&payload);
    signer_close(signer);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(statement_decode_accepted),
        cmocka_unit_test(statement_decode_refused),
        cmocka_unit_test(statement_decode_of_something_else),
        cmocka_unit_test(statement_decode_says_have_and_want),
        cmocka_unit_test(statement_append_entry_empties_the_header),
        cmocka_unit_test(statement_verify_what_was_signed),
        cmocka_unit_test(statement_verify_under_each_algorithm),
        cmocka_unit_test(statement_verify_every_changed_byte),
        cmocka_unit_test(statement_decode_every_changed_byte),
        cmocka_unit_test(statement_decode_size_at_the_limit),
        cmocka_unit_test(statement_sign_refused),
        cmocka_unit_test(statement_sign_claims_at_the_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
