#include "schemas/key_set.h"

#include <string.h>

#include "schemas/dcbor.h"
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

/* The example of RFC 9679: members in its own order, the kid not ours, the thumbprint its. */
static void public_key_thumbprint_published(void **state)
{
    json_t *json = vectors_load(VECTORS_DIR "/thumbprint/rfc9679.json");
    struct buf cose_key = {0};
    struct buf expected = {0};
    struct public_key *key;
    struct err err = {0};

    (void)state;
    vectors_hex(&cose_key, vectors_get(json, "key"), "cose_key_hex");
    vectors_hex(&expected, json, "sha256");
    assert_true(public_key_from_cose(&key, bytes_of_buf(&cose_key), &err));
    assert_true(bytes_equal(hash_bytes(public_key_thumbprint(key)), bytes_of_buf(&expected)));
    public_key_free(key);
    buf_cleanup(&cose_key);
    buf_cleanup(&expected);
    json_decref(json);
}

/* A thumbprint is the hash of the required members in deterministic order, for both types. */
static void public_key_thumbprint_definition(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 2; type++) {
        struct signer *signer = generate((enum key_type)type);
        struct bytes raw = public_key_raw(signer->public_key);
        struct buf map = {0};
        struct hash expected;

        dcbor_put_map(&map, type == KEY_P256 ? 4 : 3);
        dcbor_put_int(&map, 1);
        dcbor_put_int(&map, type == KEY_P256 ? 2 : 1);
        dcbor_put_int(&map, -1);
        dcbor_put_int(&map, type == KEY_P256 ? 1 : 6);
        dcbor_put_int(&map, -2);
        dcbor_put_bytes(&map, bytes_slice(raw, 0, 32));
        if (type == KEY_P256) {
            dcbor_put_int(&map, -3);
            dcbor_put_bytes(&map, bytes_slice(raw, 32, 64));
        }
        hash_sha256(&expected, bytes_of_buf(&map));
        assert_true(hash_equal(&expected, public_key_thumbprint(signer->public_key)));
        buf_cleanup(&map);
        signer_close(signer);
    }
}

/* Encoding is deterministic and decodes to the same key. */
static void public_key_append_cose_round_trip(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 2; type++) {
        struct signer *signer = generate((enum key_type)type);
        struct public_key *key;
        struct buf first = {0};
        struct buf again = {0};
        struct err err = {0};

        public_key_append_cose(&first, signer->public_key);
        assert_true(first.len <= COSE_KEY_LEN_MAX);
        assert_true(dcbor_check_any(bytes_of_buf(&first), &err));
        assert_true(public_key_from_cose(&key, bytes_of_buf(&first), &err));
        assert_true(public_key_equal(key, signer->public_key));
        public_key_append_cose(&again, key);
        assert_true(bytes_equal(bytes_of_buf(&first), bytes_of_buf(&again)));
        public_key_free(key);
        buf_cleanup(&first);
        buf_cleanup(&again);
        signer_close(signer);
    }
}

/* Every prefix is refused, and every changed byte is refused or makes another key or kid. */
static void public_key_from_cose_changed(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 2; type++) {
        struct signer *signer = generate((enum key_type)type);
        struct buf good = {0};
        struct public_key *key;
        struct err err = {0};

        public_key_append_cose(&good, signer->public_key);
        for (size_t i = 0; i < good.len; i++) {
            bool in_kid = i >= 6 && i < 6 + HASH_LEN;

            assert_false(public_key_from_cose(&key, bytes_of(good.data, i), &err));
            for (unsigned bit = 0; bit < 8; bit++) {
                good.data[i] ^= (uint8_t)(1u << bit);
                if (public_key_from_cose(&key, bytes_of_buf(&good), &err)) {
                    assert_true(in_kid || !public_key_equal(key, signer->public_key) ||
                                good.data[i - 1] == 3 /* ESP256 for ES256 */);
                    public_key_free(key);
                }
                good.data[i] ^= (uint8_t)(1u << bit);
            }
        }
        buf_append_byte(&good, 0);
        assert_false(public_key_from_cose(&key, bytes_of_buf(&good), &err));
        buf_cleanup(&good);
        signer_close(signer);
    }
}

/* One member of a COSE_Key: an integer, or a string of x_len bytes when that is not 0. */
struct member {
    int label;
    int value;
    size_t x_len;
};

static bool accepts(const struct member *members, size_t count)
{
    static const uint8_t ed25519[33] = {
        0x7d, 0x4d, 0x0e, 0x7f, 0x61, 0x53, 0xa6, 0x9b, 0x62, 0x42, 0xb5,
        0x22, 0xab, 0xbe, 0xe6, 0x85, 0xfd, 0xa4, 0x42, 0x0f, 0x88, 0x34,
        0xb1, 0x08, 0xc3, 0xbd, 0xae, 0x36, 0x9e, 0xf5, 0x49, 0xfa,
    };
    struct buf map = {0};
    struct public_key *key = NULL;
    struct err err = {0};
    bool ok;

    dcbor_put_map(&map, count);
    for (size_t i = 0; i < count; i++) {
        dcbor_put_int(&map, members[i].label);
        if (members[i].x_len > 0)
            dcbor_put_bytes(&map, bytes_of(ed25519, members[i].x_len));
        else
            dcbor_put_int(&map, members[i].value);
    }
    ok = public_key_from_cose(&key, bytes_of_buf(&map), &err);
    if (!ok)
        assert_int_equal(err.code, ERR_INVALID);
    public_key_free(key);
    buf_cleanup(&map);
    return ok;
}

#define ACCEPTS(...)                                                                               \
    accepts((const struct member[]){__VA_ARGS__},                                                  \
            sizeof((const struct member[]){__VA_ARGS__}) / sizeof(struct member))

/* Members in any order; nothing missing, twice, unknown, of another type or for another key. */
static void public_key_from_cose_members(void **state)
{
    (void)state;
    assert_true(ACCEPTS({1, 1, 0}, {-1, 6, 0}, {-2, 0, 32}));
    assert_true(ACCEPTS({-2, 0, 32}, {-1, 6, 0}, {1, 1, 0}));
    assert_true(ACCEPTS({1, 1, 0}, {2, 0, 5}, {3, -8, 0}, {-1, 6, 0}, {-2, 0, 32}));
    assert_true(ACCEPTS({1, 1, 0}, {3, -19, 0}, {-1, 6, 0}, {-2, 0, 32}));
    assert_false(ACCEPTS({1, 1, 0}, {3, -7, 0}, {-1, 6, 0}, {-2, 0, 32}));
    assert_false(ACCEPTS({1, 1, 0}, {-1, 6, 0}));
    assert_false(ACCEPTS({1, 1, 0}, {-2, 0, 32}));
    assert_false(ACCEPTS({-1, 6, 0}, {-2, 0, 32}));
    assert_false(ACCEPTS({1, 1, 0}, {-1, 6, 0}, {-2, 0, 31}));
    assert_false(ACCEPTS({1, 1, 0}, {-1, 6, 0}, {-2, 0, 33}));
    assert_false(ACCEPTS({1, 1, 0}, {-1, 6, 0}, {-2, 7, 0}));
    assert_false(ACCEPTS({1, 1, 0}, {1, 1, 0}, {-1, 6, 0}, {-2, 0, 32}));
    assert_false(ACCEPTS({1, 1, 0}, {-1, 6, 0}, {-2, 0, 32}, {-2, 0, 32}));
    assert_false(ACCEPTS({1, 1, 0}, {-1, 6, 0}, {-2, 0, 32}, {-3, 0, 32}));
    assert_false(ACCEPTS({1, 1, 0}, {4, 0, 1}, {-1, 6, 0}, {-2, 0, 32}));
    assert_false(ACCEPTS({1, 1, 0}, {-1, 6, 0}, {-2, 0, 32}, {-4, 0, 32})); /* the private key */
    assert_false(ACCEPTS({1, 1, 0}, {-1, 7, 0}, {-2, 0, 32}));
    assert_false(ACCEPTS({1, 2, 0}, {-1, 6, 0}, {-2, 0, 32}));
    assert_false(ACCEPTS({1, 2, 0}, {-1, 1, 0}, {-2, 0, 32}));
    assert_false(ACCEPTS({1, 2, 0}, {-1, 1, 0}, {-2, 0, 32}, {-3, 0, 32})); /* off the curve */
    assert_false(ACCEPTS({1, 2, 0}, {-1, 1, 0}, {-2, 0, 32}, {-3, 1, 0}));  /* compressed */
}

/* A key set keeps order and content, and finds each key by its thumbprint. */
static void key_set_parse_round_trip(void **state)
{
    struct signer *signers[4];
    struct public_key *keys[4];
    struct key_set set;
    struct buf message = {0};
    struct err err = {0};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        signers[i] = generate(i % 2 == 0 ? KEY_P256 : KEY_ED25519);
        keys[i] = signers[i]->public_key;
    }
    for (size_t count = 0; count <= 4; count++) {
        buf_clear(&message);
        key_set_append(&message, keys, count);
        assert_true(key_set_parse(&set, bytes_of_buf(&message), &err));
        assert_int_equal(set.count, count);
        for (size_t i = 0; i < 4; i++) {
            struct bytes kid = hash_bytes(public_key_thumbprint(keys[i]));
            const struct public_key *found = key_set_find(&set, kid);

            assert_int_equal(found != NULL, i < count);
            if (found != NULL)
                assert_true(public_key_equal(found, keys[i]));
        }
        assert_null(key_set_find(&set, bytes_of(NULL, 0)));
        key_set_cleanup(&set);
        assert_int_equal(set.count, 0);
    }
    for (size_t i = 0; i < message.len; i++) {
        assert_false(key_set_parse(&set, bytes_of(message.data, i), &err));
        assert_int_equal(set.count, 0);
    }
    for (unsigned i = 0; i < 4; i++)
        signer_close(signers[i]);
    buf_cleanup(&message);
}

/* Keys of kinds we do not have are passed over, the others still count (RFC 9052, 7). */
static void key_set_parse_unknown_keys(void **state)
{
    struct signer *signer = generate(KEY_P256);
    struct key_set set;
    struct buf message = {0};
    struct err err = {0};

    (void)state;
    dcbor_put_array(&message, 3);
    dcbor_put_map(&message, 1);
    dcbor_put_literal(&message, "kty");
    dcbor_put_literal(&message, "odd");
    public_key_append_cose(&message, signer->public_key);
    dcbor_put_null(&message);
    assert_true(key_set_parse(&set, bytes_of_buf(&message), &err));
    assert_int_equal(set.count, 1);
    assert_true(public_key_equal(set.keys[0], signer->public_key));
    key_set_cleanup(&set);
    signer_close(signer);
    buf_cleanup(&message);
}

/* More keys than the limit are refused, and so is what is no array. */
static void key_set_parse_limit(void **state)
{
    struct key_set set;
    struct buf message = {0};
    struct err err = {0};

    (void)state;
    for (uint64_t count = KEY_SET_KEYS_MAX; count <= KEY_SET_KEYS_MAX + 1; count++) {
        buf_clear(&message);
        dcbor_put_array(&message, count);
        for (uint64_t i = 0; i < count; i++)
            dcbor_put_uint(&message, i);
        assert_int_equal(key_set_parse(&set, bytes_of_buf(&message), &err),
                         count == KEY_SET_KEYS_MAX);
        key_set_cleanup(&set);
    }
    assert_false(key_set_parse(&set, bytes_of("\xa0", 1), &err));
    assert_false(key_set_parse(&set, bytes_of(NULL, 0), &err));
    buf_cleanup(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_key_thumbprint_published),
        cmocka_unit_test(public_key_thumbprint_definition),
        cmocka_unit_test(public_key_append_cose_round_trip),
        cmocka_unit_test(public_key_from_cose_changed),
        cmocka_unit_test(public_key_from_cose_members),
        cmocka_unit_test(key_set_parse_round_trip),
        cmocka_unit_test(key_set_parse_unknown_keys),
        cmocka_unit_test(key_set_parse_limit),
    };

    return cmocka_run_group_tests_name("key_cose", tests, NULL, NULL);
}
