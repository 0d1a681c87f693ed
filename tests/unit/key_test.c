#include "schemas/key.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/vectors.h"

static struct signer *generate(enum key_type type)
{
    struct signer *signer;
    struct buf pem = {0};
    struct err err = {0};

    assert_true(signer_generate(&signer, &pem, type, &err));
    buf_cleanup(&pem);
    return signer;
}

/* What a signer signs its public key verifies, whatever the length of the message. */
static void public_key_verify_round_trip(void **state)
{
    uint8_t message[300] = {0};

    (void)state;
    for (unsigned type = 0; type < 2; type++) {
        struct signer *signer = generate((enum key_type)type);

        for (size_t len = 0; len <= sizeof(message); len += 50) {
            uint8_t signature[SIGNATURE_LEN];
            struct hash hash;
            struct err err = {0};

            assert_true(signer_sign(signer, signature, bytes_of(message, len), &err));
            assert_true(public_key_verify(signer->public_key, bytes_of(message, len),
                                          bytes_of(signature, sizeof(signature))));
            hash_sha256(&hash, bytes_of(message, len));
            assert_true(public_key_verify_hashed(signer->public_key, bytes_of(message, len), &hash,
                                                 bytes_of(signature, sizeof(signature))));
        }
        signer_close(signer);
    }
}

/* Any bit changed in message or signature, and any other length of it, is refused. */
static void public_key_verify_tampered(void **state)
{
    uint8_t message[40] = "a statement";

    (void)state;
    for (unsigned type = 0; type < 2; type++) {
        struct signer *signer = generate((enum key_type)type);
        struct signer *other = generate((enum key_type)type);
        struct bytes all = bytes_of(message, sizeof(message));
        uint8_t signature[SIGNATURE_LEN + 1] = {0};
        struct err err = {0};

        assert_true(signer_sign(signer, signature, all, &err));
        for (unsigned bit = 0; bit < 8 * SIGNATURE_LEN; bit++) {
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(
                public_key_verify(signer->public_key, all, bytes_of(signature, SIGNATURE_LEN)));
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (unsigned bit = 0; bit < 8 * sizeof(message); bit++) {
            message[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(
                public_key_verify(signer->public_key, all, bytes_of(signature, SIGNATURE_LEN)));
            message[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t len = 0; len <= sizeof(signature); len++)
            assert_int_equal(public_key_verify(signer->public_key, all, bytes_of(signature, len)),
                             len == SIGNATURE_LEN);
        assert_false(public_key_verify(other->public_key, all, bytes_of(signature, SIGNATURE_LEN)));
        signer_close(signer);
        signer_close(other);
    }
}

/* r and s of zero, of the group's order and beyond are refused. */
static void public_key_verify_p256_out_of_range(void **state)
{
    static const char order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    struct signer *signer = generate(KEY_P256);
    struct bytes message = bytes_of_text("message");
    uint8_t good[SIGNATURE_LEN];
    uint8_t values[3][32];
    struct err err = {0};

    (void)state;
    assert_true(signer_sign(signer, good, message, &err));
    memset(values[0], 0, 32);
    memset(values[1], 0xff, 32);
    assert_true(text_parse_hex(values[2], 32, bytes_of_text(order)));
    for (size_t i = 0; i < 3; i++) {
        for (size_t half = 0; half < 2; half++) {
            uint8_t bad[SIGNATURE_LEN];

            memcpy(bad, good, sizeof(bad));
            memcpy(bad + 32 * half, values[i], 32);
            assert_false(
                public_key_verify(signer->public_key, message, bytes_of(bad, sizeof(bad))));
        }
    }
    assert_true(public_key_verify(signer->public_key, message, bytes_of(good, sizeof(good))));
    signer_close(signer);
}

/* Every Wycheproof signature gets the verdict written there. */
static void check_wycheproof(const char *path, enum key_type type, const char *key_member,
                             size_t key_skip)
{
    json_t *json = vectors_load(path);
    size_t g;
    json_t *group;

    json_array_foreach(vectors_get(json, "testGroups"), g, group)
    {
        struct buf raw = {0};
        struct public_key *key = NULL;
        struct err err = {0};
        size_t t;
        json_t *test;

        vectors_hex(&raw, vectors_get(group, "publicKey"), key_member);
        assert_true(public_key_from_raw(&key, type,
                                        bytes_slice(bytes_of_buf(&raw), key_skip, raw.len), &err));
        json_array_foreach(vectors_get(group, "tests"), t, test)
        {
            bool valid = strcmp(vectors_text(test, "result"), "valid") == 0;
            struct buf message = {0};
            struct buf signature = {0};

            vectors_hex(&message, test, "msg");
            vectors_hex(&signature, test, "sig");
            if (public_key_verify(key, bytes_of_buf(&message), bytes_of_buf(&signature)) != valid)
                fail_msg("%s: case %d", path, (int)vectors_uint(test, "tcId"));
            buf_cleanup(&message);
            buf_cleanup(&signature);
        }
        public_key_free(key);
        buf_cleanup(&raw);
    }
    json_decref(json);
}

static void public_key_verify_wycheproof_ed25519(void **state)
{
    (void)state;
    check_wycheproof(VECTORS_DIR "/wycheproof/ed25519_test.json", KEY_ED25519, "pk", 0);
}

static void public_key_verify_wycheproof_p256(void **state)
{
    (void)state;
    check_wycheproof(VECTORS_DIR "/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json", KEY_P256,
                     "uncompressed", 1);
}

enum { THREADS = 4, ROUNDS = 100 };

struct shared {
    const struct public_key *key;
    uint8_t message[64];
    uint8_t good[SIGNATURE_LEN];
    uint8_t bad[SIGNATURE_LEN];
    atomic_uint wrong;
};

static void *verify_many(void *argument)
{
    struct shared *shared = argument;
    struct bytes message = bytes_of(shared->message, sizeof(shared->message));

    for (unsigned i = 0; i < ROUNDS; i++) {
        if (!public_key_verify(shared->key, message, bytes_of(shared->good, SIGNATURE_LEN)) ||
            public_key_verify(shared->key, message, bytes_of(shared->bad, SIGNATURE_LEN)))
            atomic_fetch_add(&shared->wrong, 1);
    }
    return NULL;
}

/* One key may be used by many threads at once, with good and bad signatures mixed. */
static void public_key_verify_many_threads(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 2; type++) {
        struct signer *signer = generate((enum key_type)type);
        struct shared shared = {.key = signer->public_key};
        pthread_t threads[THREADS];
        struct err err = {0};

        assert_true(signer_sign(signer, shared.good,
                                bytes_of(shared.message, sizeof(shared.message)), &err));
        memcpy(shared.bad, shared.good, SIGNATURE_LEN);
        shared.bad[40] ^= 1;
        for (unsigned i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, verify_many, &shared), 0);
        for (unsigned i = 0; i < THREADS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(atomic_load(&shared.wrong), 0);
        signer_close(signer);
    }
}

/* A key is usable with the algorithms of its own type, under both of their names. */
static void public_key_accepts_own_algorithms(void **state)
{
    struct signer *ed25519 = generate(KEY_ED25519);
    struct signer *p256 = generate(KEY_P256);

    (void)state;
    for (int64_t alg = -70; alg < 70; alg++) {
        assert_int_equal(public_key_accepts(p256->public_key, alg), alg == -7 || alg == -9);
        assert_int_equal(public_key_accepts(ed25519->public_key, alg), alg == -8 || alg == -19);
    }
    assert_int_equal(signer_cose_alg(p256), COSE_ALG_ES256);
    assert_int_equal(signer_cose_alg(ed25519), COSE_ALG_EDDSA);
    signer_close(ed25519);
    signer_close(p256);
}

/* A key survives its raw form; a wrong length and a point off the curve are refused. */
static void public_key_from_raw_refused(void **state)
{
    struct signer *signer = generate(KEY_P256);
    struct bytes raw = public_key_raw(signer->public_key);
    struct public_key *key;
    uint8_t bad[65] = {0};
    struct err err = {0};

    (void)state;
    assert_true(public_key_from_raw(&key, KEY_P256, raw, &err));
    assert_true(public_key_equal(key, signer->public_key));
    public_key_free(key);
    memcpy(bad, raw.data, 64);
    assert_false(public_key_from_raw(&key, KEY_P256, bytes_of(bad, 63), &err));
    assert_false(public_key_from_raw(&key, KEY_P256, bytes_of(bad, 65), &err));
    assert_false(public_key_from_raw(&key, KEY_P256, bytes_of(bad, 32), &err));
    assert_false(public_key_from_raw(&key, KEY_ED25519, bytes_of(bad, 31), &err));
    assert_false(public_key_from_raw(&key, KEY_ED25519, bytes_of(bad, 64), &err));
    assert_false(public_key_from_raw(&key, KEY_ED25519, bytes_of(NULL, 0), &err));
    assert_int_equal(err.code, ERR_INVALID);
    bad[63] ^= 1;
    assert_false(public_key_from_raw(&key, KEY_P256, bytes_of(bad, 64), &err));
    memset(bad, 0, sizeof(bad));
    assert_false(public_key_from_raw(&key, KEY_P256, bytes_of(bad, 64), &err));
    memset(bad, 0xff, sizeof(bad));
    assert_false(public_key_from_raw(&key, KEY_P256, bytes_of(bad, 64), &err));
    signer_close(signer);
}

/* Two keys are equal when type and raw form are. */
static void public_key_equal_only_itself(void **state)
{
    struct signer *a = generate(KEY_P256);
    struct signer *b = generate(KEY_P256);
    struct signer *c = generate(KEY_ED25519);

    (void)state;
    assert_true(public_key_equal(a->public_key, a->public_key));
    assert_false(public_key_equal(a->public_key, b->public_key));
    assert_false(public_key_equal(a->public_key, c->public_key));
    assert_int_equal(public_key_type(a->public_key), KEY_P256);
    assert_int_equal(public_key_type(c->public_key), KEY_ED25519);
    public_key_free(NULL);
    signer_close(NULL);
    signer_close(a);
    signer_close(b);
    signer_close(c);
}

/* random_fill gives other bytes each time. */
static void random_fill_differs(void **state)
{
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    struct err err = {0};

    (void)state;
    assert_true(random_fill(a, sizeof(a), &err));
    assert_true(random_fill(b, sizeof(b), &err));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_true(random_fill(a, 0, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_key_verify_round_trip),
        cmocka_unit_test(public_key_verify_tampered),
        cmocka_unit_test(public_key_verify_p256_out_of_range),
        cmocka_unit_test(public_key_verify_wycheproof_ed25519),
        cmocka_unit_test(public_key_verify_wycheproof_p256),
        cmocka_unit_test(public_key_verify_many_threads),
        cmocka_unit_test(public_key_accepts_own_algorithms),
        cmocka_unit_test(public_key_from_raw_refused),
        cmocka_unit_test(public_key_equal_only_itself),
        cmocka_unit_test(random_fill_differs),
    };

    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
