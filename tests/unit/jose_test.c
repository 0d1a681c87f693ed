#include "server/oidc/jose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/token_maker.h"

#define PAYLOAD "{\"sub\":\"usr_77\"}"

enum { ALL_ALGS = (1 << JOSE_ALG_COUNT) - 1 };

/* One key of each kind; making RSA keys takes its time. */
struct pens {
    struct token_key *rsa;
    struct token_key *p256;
    struct token_key *p384;
    struct token_key *p521;
};

static int set_up(void **state)
{
    struct pens *pens = mem_alloc(sizeof(*pens));

    pens->rsa = token_key_new("RSA", "r");
    pens->p256 = token_key_new("P-256", "e");
    pens->p384 = token_key_new("P-384", "e3");
    pens->p521 = token_key_new("P-521", "e5");
    *state = pens;
    return 0;
}

static int tear_down(void **state)
{
    struct pens *pens = *state;

    token_key_free(pens->rsa);
    token_key_free(pens->p256);
    token_key_free(pens->p384);
    token_key_free(pens->p521);
    free(pens);
    return 0;
}

static const struct token_key *pen_for(const struct pens *pens, enum jose_alg alg)
{
    switch (alg) {
    case JOSE_ES256:
        return pens->p256;
    case JOSE_ES384:
        return pens->p384;
    case JOSE_ES512:
        return pens->p521;
    default:
        return pens->rsa;
    }
}

static struct jose_keys *parse_keys(const char *json)
{
    struct jose_keys *keys = NULL;
    struct err err = {0};

    if (!jose_keys_parse(&keys, bytes_of_text(json), &err))
        fail_msg("%s: %s", err.text, json);
    return keys;
}

static struct jose_keys *keys_of(const struct token_key *a, const struct token_key *b)
{
    struct buf json = {0};
    struct jose_keys *keys;

    token_keys_append_set(&json, a, b);
    keys = parse_keys(buf_text(&json));
    buf_cleanup(&json);
    return keys;
}

/* The verdict on a token, which must be well-formed. */
static enum jose_verdict judge(struct bytes compact, const struct jose_keys *keys, uint32_t allowed)
{
    struct jose_token token;
    struct err err = {0};
    enum jose_verdict verdict;

    if (!jose_token_parse(&token, compact, &err))
        fail_msg("%s", err.text);
    verdict = jose_token_verify(&token, keys, allowed);
    jose_token_cleanup(&token);
    return verdict;
}

static void assert_judged(struct buf *token, const struct jose_keys *keys,
                          enum jose_verdict expected)
{
    assert_int_equal(judge(bytes_of_buf(token), keys, ALL_ALGS), expected);
    buf_clear(token);
}

/* Every algorithm verifies what OpenSSL signed, with its own key and only when it is allowed. */
static void jose_token_verify_every_algorithm(void **state)
{
    const struct pens *pens = *state;
    struct buf token = {0};

    for (unsigned i = 0; i < JOSE_ALG_COUNT; i++) {
        const struct token_key *pen = pen_for(pens, (enum jose_alg)i);
        struct jose_keys *keys = keys_of(pen, NULL);
        const char *name = jose_alg_name((enum jose_alg)i);
        char header[64];

        snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", name);
        token_sign(&token, pen, name, header, PAYLOAD);
        assert_int_equal(judge(bytes_of_buf(&token), keys, ALL_ALGS), JOSE_VERIFIED);
        assert_int_equal(judge(bytes_of_buf(&token), keys, jose_alg_bit((enum jose_alg)i)),
                         JOSE_VERIFIED);
        assert_int_equal(
            judge(bytes_of_buf(&token), keys, ALL_ALGS & ~jose_alg_bit((enum jose_alg)i)),
            JOSE_ALG_REFUSED);
        buf_clear(&token);
        snapshot_release(&keys->snapshot);
    }
    buf_cleanup(&token);
}

/* A signature made with one algorithm does not verify under the name of another. */
static void jose_token_verify_renamed_algorithm(void **state)
{
    const struct pens *pens = *state;
    struct jose_keys *keys = keys_of(pens->rsa, pens->p256);
    struct buf token = {0};

    token_sign(&token, pens->rsa, "RS256", "{\"alg\":\"PS256\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_SIGNATURE_BAD);
    token_sign(&token, pens->rsa, "RS256", "{\"alg\":\"RS512\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_SIGNATURE_BAD);
    token_sign(&token, pens->rsa, "RS256", "{\"alg\":\"ES256\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_SIGNATURE_BAD);
    token_sign(&token, pens->p256, "ES256", "{\"alg\":\"ES384\",\"kid\":\"e\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_ALG_REFUSED);
    buf_cleanup(&token);
    snapshot_release(&keys->snapshot);
}

/* No spelling of "none" is an algorithm, with a signature or without. */
static void jose_token_verify_none(void **state)
{
    static const char *const NAMES[] = {"none", "None", "NONE", "nOnE", "null", "RS25", "RS2566"};
    const struct pens *pens = *state;
    struct jose_keys *keys = keys_of(pens->rsa, NULL);
    struct buf token = {0};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        char header[64];

        snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"r\"}", NAMES[i]);
        token_append_unsigned(&token, header, PAYLOAD);
        assert_judged(&token, keys, JOSE_ALG_REFUSED);
        token_sign(&token, pens->rsa, "RS256", header, PAYLOAD);
        assert_judged(&token, keys, JOSE_ALG_REFUSED);
    }
    token_append_unsigned(&token, "{\"alg\":\"RS256\",\"kid\":\"r\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_SIGNATURE_BAD);
    buf_cleanup(&token);
    snapshot_release(&keys->snapshot);
}

/* A public key, in any form, is no secret for an HMAC. */
static void jose_token_verify_hmac_with_public_key(void **state)
{
    const struct pens *pens = *state;
    struct jose_keys *keys = keys_of(pens->rsa, NULL);
    struct buf pem = {0};
    struct buf jwk = {0};
    struct buf token = {0};

    token_key_append_pem(&pem, pens->rsa);
    token_key_append_jwk(&jwk, pens->rsa, "");
    token_sign_hmac(&token, bytes_of_buf(&pem), "{\"alg\":\"HS256\",\"kid\":\"r\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_ALG_REFUSED);
    token_sign_hmac(&token, bytes_of_buf(&jwk), "{\"alg\":\"HS256\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_ALG_REFUSED);
    token_sign_hmac(&token, bytes_of_buf(&pem), "{\"alg\":\"RS256\",\"kid\":\"r\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_SIGNATURE_BAD);
    buf_cleanup(&token);
    buf_cleanup(&jwk);
    buf_cleanup(&pem);
    snapshot_release(&keys->snapshot);
}

/* The header names the key; a key it brings along counts for nothing. */
static void jose_token_verify_finds_the_key(void **state)
{
    const struct pens *pens = *state;
    struct token_key *other = token_key_new("P-256", "e");
    struct jose_keys *keys = keys_of(pens->p256, pens->p384);
    struct jose_keys *twins = keys_of(pens->p256, other);
    struct jose_keys *mixed = keys_of(pens->p256, pens->rsa);
    struct buf token = {0};
    struct buf header = {0};

    token_sign(&token, pens->p256, "ES256", "{\"alg\":\"ES256\",\"kid\":\"e\"}", PAYLOAD);
    assert_int_equal(judge(bytes_of_buf(&token), mixed, ALL_ALGS), JOSE_VERIFIED);
    assert_int_equal(judge(bytes_of_buf(&token), twins, ALL_ALGS), JOSE_KEY_UNKNOWN);
    assert_judged(&token, keys, JOSE_VERIFIED);
    token_sign(&token, pens->p256, "ES256", "{\"alg\":\"ES256\"}", PAYLOAD);
    assert_int_equal(judge(bytes_of_buf(&token), twins, ALL_ALGS), JOSE_KEY_UNKNOWN);
    assert_judged(&token, mixed, JOSE_VERIFIED);
    token_sign(&token, pens->p256, "ES256", "{\"alg\":\"ES256\",\"kid\":\"e3\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_ALG_REFUSED);
    token_sign(&token, pens->p256, "ES256", "{\"alg\":\"ES256\",\"kid\":\"new\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_KEY_UNKNOWN);
    buf_append_text(&header, "{\"alg\":\"ES256\",\"kid\":\"e\",\"jwk\":");
    token_key_append_jwk(&header, other, "}");
    token_sign(&token, other, "ES256", buf_text(&header), PAYLOAD);
    assert_judged(&token, keys, JOSE_SIGNATURE_BAD);
    buf_cleanup(&header);
    buf_cleanup(&token);
    snapshot_release(&keys->snapshot);
    snapshot_release(&twins->snapshot);
    snapshot_release(&mixed->snapshot);
    token_key_free(other);
}

/* No prefix of a token and no token with one character changed verifies. */
static void jose_token_verify_every_change(void **state)
{
    const struct pens *pens = *state;
    struct jose_keys *keys = keys_of(pens->p256, NULL);
    struct buf token = {0};

    token_sign(&token, pens->p256, "ES256", "{\"alg\":\"ES256\"}", PAYLOAD);
    for (size_t i = 0; i < token.len; i++) {
        uint8_t old = token.data[i];

        for (unsigned c = 1; c < 128; c += 3) {
            struct jose_token parsed;
            struct err err = {0};

            token.data[i] = (uint8_t)(old ^ c);
            if (jose_token_parse(&parsed, bytes_of_buf(&token), &err)) {
                assert_int_not_equal(jose_token_verify(&parsed, keys, ALL_ALGS), JOSE_VERIFIED);
                jose_token_cleanup(&parsed);
            }
            if (jose_token_parse(&parsed, bytes_of(token.data, i), &err)) {
                assert_int_not_equal(jose_token_verify(&parsed, keys, ALL_ALGS), JOSE_VERIFIED);
                jose_token_cleanup(&parsed);
            }
        }
        token.data[i] = old;
    }
    assert_judged(&token, keys, JOSE_VERIFIED);
    buf_cleanup(&token);
    snapshot_release(&keys->snapshot);
}

/* An ECDSA signature has one length: zeros in front of its halves make it another. */
static void jose_token_verify_padded_signature(void **state)
{
    const struct pens *pens = *state;
    struct jose_keys *keys = keys_of(pens->p256, NULL);
    struct buf token = {0};
    struct buf signature = {0};
    struct buf padded = {0};
    const uint8_t *dot;
    size_t begin;

    token_sign(&token, pens->p256, "ES256", "{\"alg\":\"ES256\"}", PAYLOAD);
    dot = memrchr(token.data, '.', token.len);
    begin = (size_t)(dot - token.data) + 1;
    assert_true(text_parse_base64url(
        &signature, bytes_of(token.data + begin, token.len - begin)));
    assert_int_equal(signature.len, 64);
    buf_append_byte(&padded, 0);
    buf_append(&padded, signature.data, 32);
    buf_append_byte(&padded, 0);
    buf_append(&padded, signature.data + 32, 32);
    token.len = begin;
    text_append_base64url(&token, bytes_of_buf(&padded));
    assert_judged(&token, keys, JOSE_SIGNATURE_BAD);
    buf_cleanup(&token);
    buf_cleanup(&signature);
    buf_cleanup(&padded);
    snapshot_release(&keys->snapshot);
}

static void assert_no_token(const char *header, const char *payload)
{
    struct jose_token token;
    struct buf compact = {0};
    struct err err = {0};

    token_append_unsigned(&compact, header, payload);
    if (jose_token_parse(&token, bytes_of_buf(&compact), &err))
        fail_msg("taken: %s", header);
    assert_int_equal(err.code, ERR_INVALID);
    buf_cleanup(&compact);
}

/* Headers that are not the plain ones of RFC 7515, or that two readers could read differently. */
static void jose_token_parse_refused_headers(void **state)
{
    (void)state;
    assert_no_token("", PAYLOAD);
    assert_no_token("[]", PAYLOAD);
    assert_no_token("{}", PAYLOAD);
    assert_no_token("{\"alg\":\"\"}", PAYLOAD);
    assert_no_token("{\"alg\":256}", PAYLOAD);
    assert_no_token("{\"alg\":null}", PAYLOAD);
    assert_no_token("{\"alg\":[\"RS256\"]}", PAYLOAD);
    assert_no_token("{\"alg\":\"none\",\"alg\":\"RS256\"}", PAYLOAD);
    assert_no_token("{\"alg\":\"RS256\",\"kid\":\"a\",\"kid\":\"b\"}", PAYLOAD);
    assert_no_token("{\"alg\":\"RS256\",\"kid\":1}", PAYLOAD);
    assert_no_token("{\"alg\":\"RS256\",\"kid\":\"a\\u0000b\"}", PAYLOAD);
    assert_no_token("{\"alg\":\"RS256\",\"typ\":{}}", PAYLOAD);
    assert_no_token("{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", PAYLOAD);
    assert_no_token("{\"alg\":\"RS256\",\"crit\":[]}", PAYLOAD);
    assert_no_token("{\"alg\":\"RS256\"} {}", PAYLOAD);
    assert_no_token("{\"alg\":\"RS256\"}", "");
}

/* Not three parts, parts that are not base64url in its one form, more than the limit. */
static void jose_token_parse_refused_forms(void **state)
{
    static const char *const TOKENS[] = {
        "", ".", "..", "...", "e30", "e30.e30", "e30.e30.e30.e30.e30",
        "eyJhbGciOiJSUzI1NiJ9.e30=.AA", "eyJhbGciOiJSUzI1NiJ9.e31.AA",
        "eyJhbGciOiJSUzI1NiJ9=.e30.AA", " eyJhbGciOiJSUzI1NiJ9.e30.AA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AA.", "eyJhbGciOiJSUzI1NiJ9.e3+0.AA",
    };
    struct buf token = {0};
    struct jose_token out;
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(TOKENS) / sizeof(TOKENS[0]); i++) {
        if (jose_token_parse(&out, bytes_of_text(TOKENS[i]), &err))
            fail_msg("taken: %s", TOKENS[i]);
    }
    buf_append_text(&token, "eyJhbGciOiJSUzI1NiJ9.");
    memset(buf_extend(&token, JOSE_TOKEN_LEN_MAX), 'A', JOSE_TOKEN_LEN_MAX);
    buf_append_text(&token, ".AA");
    assert_false(jose_token_parse(&out, bytes_of_buf(&token), &err));
    assert_non_null(strstr(err.text, "longer"));
    buf_cleanup(&token);
}

static size_t count_keys(const char *format, const char *jwk)
{
    struct jose_keys *keys;
    char *json = mem_format("{\"keys\":[%s]}", format);
    struct buf text = {0};
    struct err err = {0};
    size_t count = 0;
    char *place = strchr(json, '@');

    buf_append(&text, json, place == NULL ? strlen(json) : (size_t)(place - json));
    if (place != NULL) {
        buf_append_text(&text, jwk);
        buf_append_text(&text, place + 1);
    }
    if (jose_keys_parse(&keys, bytes_of_buf(&text), &err)) {
        count = keys->count;
        snapshot_release(&keys->snapshot);
    }
    buf_cleanup(&text);
    free(json);
    return count;
}

/* Keys that could not verify a token of ours are passed over; a set of such keys is refused. */
static void jose_keys_parse_passes_over(void **state)
{
    static const char OTHERS[] =
        "@,{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"},"
        "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AAAA\",\"y\":\"AAAA\"},"
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\"},7,null,{},[],{\"kty\":7},"
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},{\"kty\":\"RSA\",\"e\":\"AQAB\"}";
    static const char *const MEMBERS[] = {
        ",\"use\":\"enc\"", ",\"use\":1",          ",\"key_ops\":[\"sign\"]",
        ",\"key_ops\":7",   ",\"alg\":\"HS256\"",  ",\"alg\":\"RSA-OAEP\"",
        ",\"d\":\"AQAB\"",  ",\"alg\":\"ES384\"",
    };
    const struct pens *pens = *state;
    struct token_key *small = token_key_new("RSA1024", "s");
    struct buf jwk = {0};

    token_key_append_jwk(&jwk, pens->p256, ",\"use\":\"sig\",\"key_ops\":[\"verify\"]");
    assert_int_equal(count_keys("@", buf_text(&jwk)), 1);
    assert_int_equal(count_keys(OTHERS, buf_text(&jwk)), 1);
    assert_int_equal(count_keys(OTHERS + 2, ""), 0);
    for (size_t i = 0; i < sizeof(MEMBERS) / sizeof(MEMBERS[0]); i++) {
        buf_clear(&jwk);
        token_key_append_jwk(&jwk, pens->p256, MEMBERS[i]);
        if (count_keys("@", buf_text(&jwk)) != 0)
            fail_msg("kept: %s", MEMBERS[i]);
    }
    buf_clear(&jwk);
    token_key_append_jwk(&jwk, small, "");
    assert_int_equal(count_keys("@", buf_text(&jwk)), 0);
    buf_cleanup(&jwk);
    token_key_free(small);
}

/* A key that names its algorithm verifies no other. */
static void jose_keys_parse_key_with_algorithm(void **state)
{
    const struct pens *pens = *state;
    struct buf json = {0};
    struct buf token = {0};
    struct jose_keys *keys;

    buf_append_text(&json, "{\"keys\":[");
    token_key_append_jwk(&json, pens->rsa, ",\"alg\":\"PS256\"");
    buf_append_text(&json, "]}");
    keys = parse_keys(buf_text(&json));
    token_sign(&token, pens->rsa, "PS256", "{\"alg\":\"PS256\",\"kid\":\"r\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_VERIFIED);
    token_sign(&token, pens->rsa, "RS256", "{\"alg\":\"RS256\",\"kid\":\"r\"}", PAYLOAD);
    assert_judged(&token, keys, JOSE_ALG_REFUSED);
    snapshot_release(&keys->snapshot);
    buf_cleanup(&json);
    buf_cleanup(&token);
}

/* The keys in a set of the P-256 key, whose x has this character in a place. */
static size_t count_with(const struct pens *pens, size_t place, char character)
{
    struct buf jwk = {0};
    size_t count;
    char *x;

    token_key_append_jwk(&jwk, pens->p256, "");
    x = strstr(buf_text(&jwk), "\"x\":\"") + 5;
    x[place] = character == 0 ? (x[place] == 'A' ? 'B' : 'A') : character;
    count = count_keys("@", (const char *)jwk.data);
    buf_cleanup(&jwk);
    return count;
}

/* A point off its curve is no key. */
static void jose_keys_parse_point_off_the_curve(void **state)
{
    assert_int_equal(count_with(*state, 3, 0), 0);
}

/* What is not base64url is no key either; cjose is not asked, it would end the process. */
static void jose_keys_parse_not_base64url(void **state)
{
    static const char WRONG[] = "=+/ .";

    for (size_t i = 0; i < sizeof(WRONG) - 1; i++) {
        for (size_t place = 0; place < 43; place++)
            assert_int_equal(count_with(*state, place, WRONG[i]), 0);
    }
}

/* What is no JWK Set, or too much of one. */
static void jose_keys_parse_refused(void **state)
{
    static const char *const TEXTS[] = {
        "", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":[],\"keys\":[]}", "<html>",
    };
    struct jose_keys *keys;
    struct buf many = {0};
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
        assert_false(jose_keys_parse(&keys, bytes_of_text(TEXTS[i]), &err));
    buf_append_text(&many, "{\"keys\":[0");
    for (size_t i = 0; i < JOSE_KEYS_MAX; i++)
        buf_append_text(&many, ",0");
    buf_append_text(&many, "]}");
    assert_false(jose_keys_parse(&keys, bytes_of_buf(&many), &err));
    assert_non_null(strstr(err.text, "more than"));
    memset(buf_extend(&many, JOSE_KEY_SET_LEN_MAX), ' ', JOSE_KEY_SET_LEN_MAX);
    assert_false(jose_keys_parse(&keys, bytes_of_buf(&many), &err));
    assert_non_null(strstr(err.text, "longer"));
    buf_cleanup(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jose_token_verify_every_algorithm),
        cmocka_unit_test(jose_token_verify_renamed_algorithm),
        cmocka_unit_test(jose_token_verify_none),
        cmocka_unit_test(jose_token_verify_hmac_with_public_key),
        cmocka_unit_test(jose_token_verify_finds_the_key),
        cmocka_unit_test(jose_token_verify_every_change),
        cmocka_unit_test(jose_token_verify_padded_signature),
        cmocka_unit_test(jose_token_parse_refused_headers),
        cmocka_unit_test(jose_token_parse_refused_forms),
        cmocka_unit_test(jose_keys_parse_passes_over),
        cmocka_unit_test(jose_keys_parse_key_with_algorithm),
        cmocka_unit_test(jose_keys_parse_point_off_the_curve),
        cmocka_unit_test(jose_keys_parse_not_base64url),
        cmocka_unit_test(jose_keys_parse_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
