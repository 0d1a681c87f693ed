#include "schemas/cose.h"

#include <stdio.h>
#include <string.h>

#include "schemas/dcbor.h"
#include "schemas/key.h"
#include "base/text.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"
#include "tests/support/vectors.h"

static bool decode_hex(const char *hex, bool foreign, struct err *err)
{
    struct buf input = {0};
    struct cose_sign1 cose;
    bool ok;

    sample_append_hex(&input, hex);
    ok =
        (foreign ? cose_sign1_decode_foreign : cose_sign1_decode)(&cose, bytes_of_buf(&input), err);
    buf_cleanup(&input);
    return ok;
}

/* One tagged array of four with byte strings and a map in their places, nothing behind it. */
static void cose_sign1_decode_each_rule(void **state)
{
    static const struct {
        const char *hex;
        bool ok;
        bool foreign_ok;
    } rows[] = {
        {"d2 84 40 a0 41aa 40", true, true},
        {"d2 84 43a10126 a0 41aa 41bb", true, true},
        {"d2 84 43a10126 a1 04 4131 f6 41bb", true, true},
        {"", false, false},
        {"84 40 a0 41aa 40", false, false},             /* no tag */
        {"d1 84 40 a0 41aa 40", false, false},          /* COSE_Mac0 */
        {"d812 84 40 a0 41aa 40", false, false},        /* tag not the shortest */
        {"d2 83 40 a0 41aa", false, false},             /* three parts */
        {"d2 85 40 a0 41aa 40 40", false, false},       /* five parts */
        {"d2 9f 40 a0 41aa 40 ff", false, false},       /* indefinite array */
        {"d2 84 a0 a0 41aa 40", false, false},          /* protected header is a map */
        {"d2 84 60 a0 41aa 40", false, false},          /* protected header is text */
        {"d2 84 40 40 41aa 40", false, true},           /* unprotected header is a byte string */
        {"d2 84 40 80 41aa 40", false, true},           /* unprotected header is an array */
        {"d2 84 40 a0 61aa 40", false, false},          /* payload is bad text */
        {"d2 84 40 a0 6161 40", false, false},          /* payload is text */
        {"d2 84 40 a0 f4 40", false, false},            /* payload is false */
        {"d2 84 40 a0 41aa f6", false, false},          /* signature is null */
        {"d2 84 40 a0 41aa 40 00", false, false},       /* trailing byte */
        {"d2 84 5801 40 a0 41aa 40", false, false},     /* length not the shortest */
        {"d2 84 41a1 a0 41aa 40", false, true},         /* protected header ends early */
        {"d2 84 42a000 a0 41aa 40", false, true},       /* trailing byte in it */
        {"d2 84 4180 a0 41aa 40", false, true},         /* it holds an array */
        {"d2 84 45a204000126 a0 41aa 40", false, true}, /* its keys are not sorted */
        {"d2 84 45a201260126 a0 41aa 40", false, true}, /* its keys are not unique */
        {"d2 84 44a1011806 a0 41aa 40", false, true},   /* integer not the shortest in it */
        {"d2 84 46a101f93c00 a0 41aa 40", false, false},
        {"d2 84 40 a2 04 00 01 26 41aa 40", false, true}, /* unprotected keys not sorted */
        {"d2 84 40 a2 01 26 01 26 41aa 40", false, true}, /* or not unique */
        {"d2 84 40 bf ff 41aa 40", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};

        assert_int_equal(decode_hex(rows[i].hex, false, &err), rows[i].ok);
        if (!rows[i].ok)
            assert_int_equal(err.code, ERR_INVALID);
        assert_int_equal(decode_hex(rows[i].hex, true, &err), rows[i].foreign_ok);
    }
}

/* A refusal names the part that is wrong. */
static void cose_sign1_decode_names_the_part(void **state)
{
    struct err err = {0};

    (void)state;
    assert_false(decode_hex("d2 84 40 a0 6161 40", false, &err));
    assert_string_equal(err.text,
                        "COSE_Sign1: payload: byte 4: text where byte string is expected");
    assert_false(decode_hex("d2 83 40 a0 41aa", false, &err));
    assert_string_equal(err.text, "COSE_Sign1: COSE_Sign1 does not have four parts");
}

static void append_sample(struct buf *out, struct cose_sign1 *cose, struct rng *rng)
{
    static uint8_t protected_header[] = {0xA1, 0x01, 0x26};
    static uint8_t unprotected_header[] = {0xA1, 0x04, 0x41, 0x31};
    static uint8_t content[80];

    rng_fill(rng, content, sizeof(content));
    *cose = (struct cose_sign1){
        .protected_header = bytes_of(protected_header, rng_below(rng, 2) == 0 ? 0 : 3),
        .unprotected_header = bytes_of(unprotected_header, rng_below(rng, 2) == 0 ? 0 : 4),
        .has_payload = rng_below(rng, 3) != 0,
        .signature = bytes_of(content, rng_below(rng, 64)),
    };
    if (cose->has_payload)
        cose->payload = bytes_of(content, rng_below(rng, 80));
    cose_sign1_encode(out, cose);
}

/* Decoding gives what was encoded; an empty unprotected header is {}; every prefix is refused. */
static void cose_sign1_decode_what_was_encoded(void **state)
{
    struct rng rng = rng_seeded("cose_sign1_decode_what_was_encoded");

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        struct cose_sign1 cose;
        struct cose_sign1 decoded;
        struct buf message = {0};
        struct buf again = {0};
        struct err err = {0};

        append_sample(&message, &cose, &rng);
        assert_true(cose_sign1_decode(&decoded, bytes_of_buf(&message), &err));
        assert_true(bytes_equal(decoded.protected_header, cose.protected_header));
        assert_true(bytes_equal(decoded.payload, cose.payload));
        assert_true(bytes_equal(decoded.signature, cose.signature));
        assert_int_equal(decoded.has_payload, cose.has_payload);
        if (cose.unprotected_header.len == 0)
            assert_true(bytes_equal_text(decoded.unprotected_header, "\xa0"));
        cose_sign1_encode(&again, &decoded);
        assert_true(bytes_equal(bytes_of_buf(&again), bytes_of_buf(&message)));
        for (size_t len = 0; len < message.len; len++)
            assert_false(cose_sign1_decode(&decoded, bytes_of(message.data, len), &err));
        buf_cleanup(&again);
        buf_cleanup(&message);
    }
}

/* Every change of one byte is refused, or is again what encoding would write. */
static void cose_sign1_decode_every_changed_byte(void **state)
{
    struct rng rng = rng_seeded("cose_sign1_decode_every_changed_byte");

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct cose_sign1 cose;
        struct buf message = {0};
        struct buf again = {0};
        struct err err = {0};

        append_sample(&message, &cose, &rng);
        for (size_t at = 0; at < message.len; at++) {
            for (unsigned change = 1; change < 256; change++) {
                message.data[at] ^= (uint8_t)change;
                if (cose_sign1_decode(&cose, bytes_of_buf(&message), &err)) {
                    buf_clear(&again);
                    cose_sign1_encode(&again, &cose);
                    assert_true(bytes_equal(bytes_of_buf(&again), bytes_of_buf(&message)));
                }
                message.data[at] ^= (uint8_t)change;
            }
        }
        buf_cleanup(&again);
        buf_cleanup(&message);
    }
}

/* The hash made in pieces is that of the structure, at every length of its heads. */
static void cose_sig_structure_hash_at_every_head_length(void **state)
{
    static const size_t lens[] = {0, 1, 23, 24, 255, 256, 65535, 65536};
    static uint8_t content[65536];

    (void)state;
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct bytes payload = bytes_of(content, lens[i]);
        struct bytes header = bytes_of(content, lens[i] % 300);
        struct buf structure = {0};
        struct hash expected;
        struct hash hash;

        cose_sig_structure(&structure, header, payload);
        hash_sha256(&expected, bytes_of_buf(&structure));
        cose_sig_structure_hash(&hash, header, payload);
        assert_true(hash_equal(&hash, &expected));
        buf_cleanup(&structure);
    }
}

/* Appends the COSE_Key of a P-256 or Ed25519 key of the collection; false for other curves. */
static bool append_cose_key(struct buf *out, const json_t *key)
{
    bool is_p256 = strcmp(vectors_text(key, "crv"), "P-256") == 0;
    struct buf x = {0};
    struct buf y = {0};

    if (!is_p256 && strcmp(vectors_text(key, "crv"), "Ed25519") != 0)
        return false;
    if (is_p256) {
        assert_true(text_parse_base64url(&x, bytes_of_text(vectors_text(key, "x"))));
        assert_true(text_parse_base64url(&y, bytes_of_text(vectors_text(key, "y"))));
    } else {
        sample_append_hex(&x, vectors_text(key, "x_hex"));
    }
    dcbor_put_map(out, is_p256 ? 4 : 3);
    dcbor_put_int(out, 1);
    dcbor_put_int(out, is_p256 ? 2 : 1);
    dcbor_put_int(out, -1);
    dcbor_put_int(out, is_p256 ? 1 : 6);
    dcbor_put_int(out, -2);
    dcbor_put_bytes(out, bytes_of_buf(&x));
    if (is_p256) {
        dcbor_put_int(out, -3);
        dcbor_put_bytes(out, bytes_of_buf(&y));
    }
    buf_cleanup(&x);
    buf_cleanup(&y);
    return true;
}

/* Whether the key of an example, should it be of a kind of ours, verifies it. */
static bool verify_example(const json_t *example, const struct cose_sign1 *cose,
                           struct bytes to_be_signed)
{
    const json_t *sign = vectors_get(vectors_get(example, "input"), "sign0");
    struct public_key *key = NULL;
    struct buf encoded = {0};
    struct err err = {0};
    bool ok;

    assert_true(append_cose_key(&encoded, vectors_get(sign, "key")));
    assert_true(public_key_from_cose(&key, bytes_of_buf(&encoded), &err));
    ok = public_key_verify(key, to_be_signed, cose->signature);
    public_key_free(key);
    buf_cleanup(&encoded);
    return ok;
}

/* The examples of the COSE working group: accepted and verified, or refused as they say. */
static void cose_sign1_decode_examples_of_the_working_group(void **state)
{
    static const struct {
        const char *name;
        bool decodes;
        bool same_structure; /* the Sig_structure we make is the one they give */
        bool verifies;
    } rows[] = {
        {"ecdsa-sig-01", true, true, true},
        {"ecdsa-sig-04", true, true, false}, /* SHA-512 with P-256 */
        {"eddsa-sig-01", true, true, true},
        {"sign-fail-01", false, false, false}, /* tag changed */
        {"sign-fail-02", true, false, false},  /* payload changed */
        {"sign-fail-03", true, false, false},  /* algorithm changed */
        {"sign-fail-04", true, false, false},  /* algorithm changed */
        {"sign-fail-06", true, false, false},  /* protected header added */
        {"sign-fail-07", true, false, false},  /* protected header removed */
        {"sign-pass-02", true, false, false},  /* has external data, which we never have */
        {"sign-pass-03", false, false, false}, /* no tag */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf message = {0};
        struct buf expected = {0};
        struct buf structure = {0};
        struct cose_sign1 cose;
        struct err err = {0};
        char path[512];
        json_t *example;

        snprintf(path, sizeof(path), VECTORS_DIR "/cose/%s.json", rows[i].name);
        example = vectors_load(path);
        sample_append_hex(&message, vectors_text(vectors_get(example, "output"), "cbor"));
        sample_append_hex(&expected,
                          vectors_text(vectors_get(example, "intermediates"), "ToBeSign_hex"));
        assert_int_equal(cose_sign1_decode(&cose, bytes_of_buf(&message), &err), rows[i].decodes);
        if (rows[i].decodes) {
            cose_sig_structure(&structure, cose.protected_header, cose.payload);
            assert_int_equal(bytes_equal(bytes_of_buf(&structure), bytes_of_buf(&expected)),
                             rows[i].same_structure);
            assert_int_equal(verify_example(example, &cose, bytes_of_buf(&structure)),
                             rows[i].verifies);
        }
        json_decref(example);
        buf_cleanup(&structure);
        buf_cleanup(&expected);
        buf_cleanup(&message);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cose_sign1_decode_each_rule),
        cmocka_unit_test(cose_sign1_decode_names_the_part),
        cmocka_unit_test(cose_sign1_decode_what_was_encoded),
        cmocka_unit_test(cose_sign1_decode_every_changed_byte),
        cmocka_unit_test(cose_sig_structure_hash_at_every_head_length),
        cmocka_unit_test(cose_sign1_decode_examples_of_the_working_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
