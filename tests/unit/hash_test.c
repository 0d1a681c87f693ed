#include "merkle/hash.h"

#include <string.h>

#include "base/text.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"

static void assert_hash(const struct hash *hash, const char *hex)
{
    uint8_t expected[HASH_LEN];

    assert_true(text_parse_hex(expected, sizeof(expected), bytes_of_text(hex)));
    assert_memory_equal(hash->bytes, expected, HASH_LEN);
}

/* FIPS 180-2, B.1 and B.2. */
static void hash_sha256_published(void **state)
{
    struct hash hash;

    (void)state;
    hash_sha256(&hash, bytes_of_text("abc"));
    assert_hash(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256(&hash, bytes_of_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
    assert_hash(&hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* The empty tree's root, and the leaf hash of an empty entry (RFC 6962 tests). */
static void hash_leaf_and_empty_root_published(void **state)
{
    struct hash hash;

    (void)state;
    hash_empty_root(&hash);
    assert_hash(&hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_leaf(&hash, bytes_of(NULL, 0));
    assert_hash(&hash, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

/* A leaf and a node of the same bytes differ: the prefixes are there. */
static void hash_node_is_no_leaf(void **state)
{
    struct hash pair[2] = {{{1}}, {{2}}};
    struct hash leaf;
    struct hash node;
    uint8_t prefixed[65] = {1};

    (void)state;
    hash_leaf(&leaf, bytes_of(pair, sizeof(pair)));
    hash_node(&node, &pair[0], &pair[1]);
    assert_false(hash_equal(&leaf, &node));
    memcpy(prefixed + 1, pair, sizeof(pair));
    hash_sha256(&leaf, bytes_of(prefixed, sizeof(prefixed)));
    assert_true(hash_equal(&leaf, &node));
    hash_node(&pair[0], &pair[0], &pair[1]); /* out may be left */
    assert_true(hash_equal(&pair[0], &node));
}

/* A hasher fed in any pieces gives the hash of the whole. */
static void hasher_update_in_pieces(void **state)
{
    struct rng rng = rng_seeded("hasher_update_in_pieces");
    uint8_t data[1000];
    struct hash whole;

    (void)state;
    rng_fill(&rng, data, sizeof(data));
    hash_sha256(&whole, bytes_of(data, sizeof(data)));
    for (unsigned round = 0; round < 100; round++) {
        struct hasher hasher;
        struct hash pieces;
        size_t at = 0;

        hasher_init(&hasher);
        while (at < sizeof(data)) {
            size_t len = (size_t)rng_below(&rng, sizeof(data) - at + 1);

            hasher_update(&hasher, bytes_of(data + at, len));
            at += len;
        }
        hasher_final(&hasher, &pieces);
        assert_true(hash_equal(&pieces, &whole));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_sha256_published),
        cmocka_unit_test(hash_leaf_and_empty_root_published),
        cmocka_unit_test(hash_node_is_no_leaf),
        cmocka_unit_test(hasher_update_in_pieces),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
