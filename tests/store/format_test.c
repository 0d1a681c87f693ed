/* The bytes of keys and values, written out here once more as docs/STORAGE.md has them. */
#include <string.h>

#include "base/text.h"
#include "server/store/format.h"
#include "tests/support/cmocka_all.h"

static void assert_hex(struct bytes got, const char *want)
{
    struct buf hex = {0};

    text_append_hex(&hex, got);
    assert_string_equal(buf_text(&hex), want);
    buf_cleanup(&hex);
}

static void assert_key(struct format_key key, const char *want)
{
    assert_hex(format_key_bytes(&key), want);
}

static struct hash hash_of(uint8_t byte)
{
    struct hash hash;

    memset(hash.bytes, byte, HASH_LEN);
    return hash;
}

/* Every key is its letter and big-endian numbers, so that keys sort by number. */
static void keys_are_the_documented_bytes(void **state)
{
    struct hash hash = hash_of(0xab);

    (void)state;
    assert_key(format_card_key(), "63");
    assert_key(format_state_key(), "73");
    assert_key(format_head_key(0x0102030405060708), "680102030405060708");
    assert_key(format_bundle_key(258), "620000000000000102");
    assert_key(format_fact_key(bytes_of_text("key")), "666b6579");
    assert_key(format_index_key(STORE_BY_LEAF_HASH, &hash),
               "6cabababababababababababababababababababababababab");
    assert_key(format_index_key(STORE_BY_SID, &hash),
               "69abababababababababababababababababababababababab");
}

/* The size comes back out of a head's key, and out of no other key. */
static void decode_head_key_of_other_keys(void **state)
{
    struct format_key key = format_head_key(77);
    struct format_key bundle = format_bundle_key(77);
    uint64_t size = 0;

    (void)state;
    assert_true(format_decode_head_key(&size, format_key_bytes(&key)));
    assert_int_equal(size, 77);
    assert_false(format_decode_head_key(&size, format_key_bytes(&bundle)));
    assert_false(format_decode_head_key(&size, bytes_of(key.bytes, 8)));
    assert_false(format_decode_head_key(&size, bytes_of(NULL, 0)));
}

/* What comes back out of a fact's key is what it was made of; no other key is one. */
static void decode_fact_key_of_other_keys(void **state)
{
    struct format_key key = format_fact_key(bytes_of_text("key"));
    struct format_key bundle = format_bundle_key(77);
    struct bytes decoded;

    (void)state;
    assert_true(format_decode_fact_key(&decoded, format_key_bytes(&key)));
    assert_true(bytes_equal_text(decoded, "key"));
    assert_false(format_decode_fact_key(&decoded, format_key_bytes(&bundle)));
    assert_false(format_decode_fact_key(&decoded, bytes_of(key.bytes, 1)));
    assert_false(format_decode_fact_key(&decoded, bytes_of(NULL, 0)));
}

/* The state is 44 bytes and comes back as it was; other lengths are corrupt. */
static void decode_state_of_every_length(void **state)
{
    struct format_state want = {
        .epoch = 1, .size = 514, .segment = 3, .segment_len = 4, .tiles_size = 512,
        .facts_size = 513};
    struct format_state got;
    struct buf value = {0};
    struct err err = {0};

    (void)state;
    format_encode_state(&value, &want);
    assert_hex(bytes_of_buf(&value), "0000000000000001000000000000020200000003"
                                     "00000000000000040000000000000200"
                                     "0000000000000201");
    assert_true(format_decode_state(&got, bytes_of_buf(&value), &err));
    assert_int_equal(got.epoch, 1);
    assert_int_equal(got.size, 514);
    assert_int_equal(got.segment, 3);
    assert_int_equal(got.segment_len, 4);
    assert_int_equal(got.tiles_size, 512);
    assert_int_equal(got.facts_size, 513);
    buf_append_byte(&value, 0);
    for (size_t len = 0; len <= value.len; len++) {
        err = (struct err){0};
        if (len != FORMAT_STATE_LEN) {
            assert_false(format_decode_state(&got, bytes_of(value.data, len), &err));
            assert_int_equal(err.code, ERR_CORRUPT);
        }
    }
    buf_cleanup(&value);
}

/* A size no tree can have is corrupt, and so are tiles beyond it or between two, or facts. */
static void decode_state_with_an_impossible_size(void **state)
{
    static const struct format_state impossible[] = {
        {.size = TREE_SIZE_MAX + 1},
        {.size = 511, .tiles_size = 512},
        {.size = 511, .tiles_size = 255},
        {.size = 511, .facts_size = 512},
    };
    struct buf value = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        struct format_state decoded;
        struct err err = {0};

        buf_clear(&value);
        format_encode_state(&value, &impossible[i]);
        assert_false(format_decode_state(&decoded, bytes_of_buf(&value), &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    buf_cleanup(&value);
}

/* A head comes back to the last byte; its size is not in the value. */
static void decode_head_gives_back_every_field(void **state)
{
    struct store_head want = {.epoch = 1,
                              .size = 9,
                              .root = hash_of(2),
                              .previous_size = 3,
                              .received_at_ms = 4,
                              .seal = hash_of(5)};
    struct store_head got;
    struct buf value = {0};
    struct err err = {0};

    (void)state;
    memset(want.checkpoint_signature, 6, STORE_SIGNATURE_LEN);
    memset(want.receipt_signature, 7, STORE_SIGNATURE_LEN);
    format_encode_head(&value, &want);
    assert_int_equal(value.len, FORMAT_HEAD_LEN);
    assert_true(format_decode_head(&got, 9, bytes_of_buf(&value), &err));
    assert_memory_equal(&got, &want, sizeof(want));
    assert_false(format_decode_head(&got, 9, bytes_of(value.data, value.len - 1), &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    buf_cleanup(&value);
}

/* A card comes back as it was; another version, kind or length is corrupt. */
static void decode_card_refuses_what_it_does_not_know(void **state)
{
    struct store_identity_card want = {.origin = "a.example/log", .kind = LOG_OPAQUE};
    struct store_identity_card got;
    struct buf value = {0};
    struct err err = {0};

    (void)state;
    want.checkpoint_key = hash_of(8);
    format_encode_card(&value, &want);
    assert_true(format_decode_card(&got, bytes_of_buf(&value), &err));
    assert_string_equal(got.origin, want.origin);
    assert_int_equal(got.kind, want.kind);
    assert_true(hash_equal(&got.checkpoint_key, &want.checkpoint_key));
    assert_false(format_decode_card(&got, bytes_of(value.data, 34), &err));
    value.data[1]++;
    assert_false(format_decode_card(&got, bytes_of_buf(&value), &err));
    assert_non_null(strstr(err.text, "version"));
    value.data[1]--;
    value.data[2] = 2;
    assert_false(format_decode_card(&got, bytes_of_buf(&value), &err));
    value.data[2] = 1;
    value.data[40] = 0;
    assert_false(format_decode_card(&got, bytes_of_buf(&value), &err));
    buf_extend(&value, STORE_ORIGIN_LEN_MAX);
    assert_false(format_decode_card(&got, bytes_of_buf(&value), &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    buf_cleanup(&value);
}

/* A bundle's value holds its place and the length of each entry so far. */
static void decode_bundle_of_every_count(void **state)
{
    struct format_bundle want = {.segment = 1, .offset = 2};
    struct format_bundle got;
    struct buf value = {0};
    struct err err = {0};

    (void)state;
    for (unsigned count = 0; count <= TILE_WIDTH; count++) {
        want.count = count;
        if (count > 0)
            want.lens[count - 1] = (uint16_t)(count * 250);
        buf_clear(&value);
        format_encode_bundle(&value, &want);
        assert_int_equal(value.len, 12 + 2 * count);
        assert_true(format_decode_bundle(&got, bytes_of_buf(&value), &err));
        assert_int_equal(got.segment, 1);
        assert_int_equal(got.offset, 2);
        assert_int_equal(got.count, count);
        assert_memory_equal(got.lens, want.lens, 2 * count);
        assert_false(format_decode_bundle(&got, bytes_of(value.data, value.len - 1), &err));
    }
    buf_append_be16(&value, 0);
    assert_false(format_decode_bundle(&got, bytes_of_buf(&value), &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    buf_cleanup(&value);
}

static void check_index(uint64_t index, const char *want)
{
    struct buf value = {0};
    struct err err = {0};
    uint64_t got = ~index;

    format_encode_index(&value, index);
    assert_hex(bytes_of_buf(&value), want);
    assert_true(format_decode_index(&got, bytes_of_buf(&value), &err));
    assert_int_equal(got, index);
    buf_cleanup(&value);
}

/* An index takes no more bytes than it needs, and only that form is read. */
static void decode_index_takes_the_shortest_form_only(void **state)
{
    static const uint8_t LONG[9] = {1};
    static const uint8_t PADDED[2] = {0, 1};
    struct err err = {0};
    uint64_t index;

    (void)state;
    check_index(0, "");
    check_index(1, "01");
    check_index(255, "ff");
    check_index(256, "0100");
    check_index(0x123456, "123456");
    check_index(UINT64_MAX - 1, "fffffffffffffffe");
    assert_false(format_decode_index(&index, bytes_of(LONG, sizeof(LONG)), &err));
    assert_false(format_decode_index(&index, bytes_of(PADDED, sizeof(PADDED)), &err));
    assert_false(format_decode_index(&index, bytes_of(PADDED, 1), &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_the_documented_bytes),
        cmocka_unit_test(decode_head_key_of_other_keys),
        cmocka_unit_test(decode_fact_key_of_other_keys),
        cmocka_unit_test(decode_state_of_every_length),
        cmocka_unit_test(decode_state_with_an_impossible_size),
        cmocka_unit_test(decode_head_gives_back_every_field),
        cmocka_unit_test(decode_card_refuses_what_it_does_not_know),
        cmocka_unit_test(decode_bundle_of_every_count),
        cmocka_unit_test(decode_index_takes_the_shortest_form_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
