#include "schemas/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/dcbor.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/reference_tree.h"
#include "tests/support/sample_tree.h"
#include "tests/support/vectors.h"

static const char ORIGIN[] = "log.example/evidence";

struct fixture {
    struct sample_tree tree;
    struct signer *signers[2]; /* by enum key_type */
    struct buf protected_headers[2];
};

static int set_up(void **state)
{
    struct fixture *fixture = mem_alloc(sizeof(*fixture));
    struct buf pem = {0};
    struct err err = {0};

    sample_tree_init(&fixture->tree);
    for (unsigned type = 0; type < 2; type++) {
        assert_true(signer_generate(&fixture->signers[type], &pem, (enum key_type)type, &err));
        receipt_append_protected(&fixture->protected_headers[type], fixture->signers[type], ORIGIN);
    }
    buf_cleanup(&pem);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned type = 0; type < 2; type++) {
        signer_close(fixture->signers[type]);
        buf_cleanup(&fixture->protected_headers[type]);
    }
    free(fixture);
    return 0;
}

static const struct public_key *key_of(const struct fixture *fixture, enum key_type type)
{
    return fixture->signers[type]->public_key;
}

static void make_inclusion(struct buf *out, struct fixture *fixture, enum key_type type,
                           uint64_t index, uint64_t size)
{
    struct bytes header = bytes_of_buf(&fixture->protected_headers[type]);
    uint8_t signature[SIGNATURE_LEN];
    struct proof proof;
    struct err err = {0};

    assert_true(
        receipt_sign(signature, fixture->signers[type], header, &fixture->tree.roots[size], &err));
    reference_inclusion(&proof, index, fixture->tree.nodes[0], size);
    receipt_append_inclusion(out, header, signature, index, size, &proof);
}

static void make_consistency(struct buf *out, struct fixture *fixture, enum key_type type,
                             uint64_t old_size, uint64_t new_size)
{
    struct bytes header = bytes_of_buf(&fixture->protected_headers[type]);
    uint8_t signature[SIGNATURE_LEN];
    struct proof proof;
    struct err err = {0};

    assert_true(receipt_sign(signature, fixture->signers[type], header,
                             &fixture->tree.roots[new_size], &err));
    reference_consistency(&proof, old_size, fixture->tree.nodes[0], new_size);
    receipt_append_consistency(out, header, signature, old_size, new_size, &proof);
}

/* A receipt of either key verifies its own leaf, says where it is and leads to the root. */
static void receipt_verify_inclusion_round_trip(void **state)
{
    static const uint64_t places[][2] = {{0, 1}, {0, 2}, {1, 2}, {2, 3}, {5, 11}, {99, 500}};
    struct fixture *fixture = *state;

    for (unsigned type = 0; type < 2; type++) {
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            uint64_t index = places[i][0];
            uint64_t size = places[i][1];
            struct buf message = {0};
            struct receipt receipt;
            struct hash root;
            struct err err = {0};

            make_inclusion(&message, fixture, (enum key_type)type, index, size);
            assert_true(receipt_decode(&receipt, bytes_of_buf(&message), &err));
            assert_true(receipt_verify_inclusion(&receipt, &fixture->tree.nodes[0][index],
                                                 key_of(fixture, (enum key_type)type), &root));
            assert_true(hash_equal(&root, &fixture->tree.roots[size]));
            assert_int_equal(receipt.leaf_index, index);
            assert_int_equal(receipt.tree_size, size);
            assert_true(bytes_equal_text(receipt.issuer, ORIGIN));
            assert_true(bytes_equal(receipt.kid, hash_bytes(public_key_thumbprint(
                                                     key_of(fixture, (enum key_type)type)))));
            assert_false(receipt_verify_inclusion(&receipt, &fixture->tree.nodes[0][index + 1],
                                                  key_of(fixture, (enum key_type)type), NULL));
            assert_false(receipt_verify_inclusion(&receipt, &fixture->tree.nodes[0][index],
                                                  key_of(fixture, (enum key_type) !type), NULL));
            assert_false(receipt_verify_consistency(&receipt, &fixture->tree.roots[1],
                                                    &fixture->tree.roots[size],
                                                    key_of(fixture, (enum key_type)type)));
            buf_cleanup(&message);
        }
    }
}

/* A consistency receipt verifies its two roots and no others. */
static void receipt_verify_consistency_round_trip(void **state)
{
    static const uint64_t sizes[][2] = {{1, 2}, {2, 3}, {4, 8}, {6, 8}, {7, 300}, {499, 500}};
    struct fixture *fixture = *state;
    const struct hash *roots = fixture->tree.roots;

    for (unsigned type = 0; type < 2; type++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            const struct public_key *key = key_of(fixture, (enum key_type)type);
            const struct hash *old_root = &roots[sizes[i][0]];
            const struct hash *new_root = &roots[sizes[i][1]];
            struct buf message = {0};
            struct receipt receipt;
            struct err err = {0};

            make_consistency(&message, fixture, (enum key_type)type, sizes[i][0], sizes[i][1]);
            assert_true(receipt_decode(&receipt, bytes_of_buf(&message), &err));
            assert_true(receipt.is_consistency);
            assert_int_equal(receipt.old_size, sizes[i][0]);
            assert_int_equal(receipt.tree_size, sizes[i][1]);
            assert_true(receipt_verify_consistency(&receipt, old_root, new_root, key));
            assert_false(receipt_verify_consistency(&receipt, new_root, new_root, key));
            assert_false(receipt_verify_consistency(&receipt, old_root, old_root, key));
            assert_false(receipt_verify_consistency(&receipt, &roots[501], new_root, key));
            assert_false(receipt_verify_consistency(&receipt, old_root, new_root,
                                                    key_of(fixture, (enum key_type) !type)));
            assert_false(receipt_verify_inclusion(&receipt, &fixture->tree.nodes[0][0], key, NULL));
            buf_cleanup(&message);
        }
    }
}

/*
 * A receipt with one byte changed verifies only when the change is in tree size or index, which
 * RFC 9942 leaves unsigned, and leads to the same root; cut anywhere it does not decode.
 */
static void receipt_verify_inclusion_every_byte_changed(void **state)
{
    static const uint8_t changes[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff};
    struct fixture *fixture = *state;
    const struct public_key *key = key_of(fixture, KEY_P256);
    const struct hash *leaf = &fixture->tree.nodes[0][5];
    struct buf message = {0};
    struct receipt receipt;
    struct hash root;
    struct err err = {0};

    make_inclusion(&message, fixture, KEY_P256, 5, 11);
    for (size_t i = 0; i < message.len; i++) {
        for (size_t k = 0; k < sizeof(changes); k++) {
            message.data[i] ^= changes[k];
            if (receipt_decode(&receipt, bytes_of_buf(&message), &err) &&
                receipt_verify_inclusion(&receipt, leaf, key, &root)) {
                assert_true(receipt.tree_size != 11 || receipt.leaf_index != 5);
                assert_true(hash_equal(&root, &fixture->tree.roots[11]));
            }
            message.data[i] ^= changes[k];
        }
        assert_false(receipt_decode(&receipt, bytes_of(message.data, i), &err));
    }
    buf_append_byte(&message, 0);
    assert_false(receipt_decode(&receipt, bytes_of_buf(&message), &err));
    buf_cleanup(&message);
}

/* The deterministic encoding of a receipt is fixed: alg, kid, claims, vds, in this order. */
static void receipt_append_protected_is_deterministic(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};

    for (unsigned type = 0; type < 2; type++)
        assert_true(dcbor_check_any(bytes_of_buf(&fixture->protected_headers[type]), &err));
}

struct variant {
    int64_t alg;
    int64_t vds;
    bool has_crit;
    bool has_alg_twice;
    bool has_kind_twice;
    const struct hash *payload;
    size_t proof_count;
    size_t good_proof;
    size_t hash_len;
    uint64_t tree_size;
};

static struct variant good_variant(void)
{
    return (struct variant){
        .alg = COSE_ALG_ESP256, .vds = 1, .proof_count = 1, .hash_len = HASH_LEN, .tree_size = 8};
}

/* A receipt for leaf 5 of 8 as another issuer might write it: headers in its own order. */
static void make_variant(struct buf *out, struct fixture *fixture, const struct variant *variant)
{
    struct buf header = {0};
    struct buf unprotected = {0};
    struct buf encoded = {0};
    struct cose_sign1 cose = {0};
    uint8_t signature[SIGNATURE_LEN];
    struct proof proof;
    struct err err = {0};

    dcbor_put_map(&header, 3 + (uint64_t)variant->has_crit + (uint64_t)variant->has_alg_twice);
    dcbor_put_literal(&header, "x-own");
    dcbor_put_bool(&header, true);
    dcbor_put_int(&header, COSE_HEADER_VDS);
    dcbor_put_int(&header, variant->vds);
    for (unsigned i = 0; i < 1u + variant->has_alg_twice; i++) {
        dcbor_put_int(&header, COSE_HEADER_ALG);
        dcbor_put_int(&header, variant->alg);
    }
    if (variant->has_crit) {
        dcbor_put_int(&header, COSE_HEADER_CRIT);
        dcbor_put_array(&header, 1);
        dcbor_put_literal(&header, "x-own");
    }
    assert_true(receipt_sign(signature, fixture->signers[KEY_P256], bytes_of_buf(&header),
                             &fixture->tree.roots[8], &err));
    dcbor_put_map(&unprotected, 1);
    dcbor_put_int(&unprotected, COSE_HEADER_VDP);
    dcbor_put_map(&unprotected, 1 + (uint64_t)variant->has_kind_twice);
    for (unsigned kind = 0; kind < 1u + variant->has_kind_twice; kind++) {
        dcbor_put_int(&unprotected, COSE_VDP_INCLUSION);
        dcbor_put_array(&unprotected, variant->proof_count);
        for (size_t i = 0; i < variant->proof_count; i++) {
            uint64_t index = i == variant->good_proof ? 5 : 1;

            reference_inclusion(&proof, index, fixture->tree.nodes[0], 8);
            buf_clear(&encoded);
            dcbor_put_array(&encoded, 3);
            dcbor_put_uint(&encoded, variant->tree_size);
            dcbor_put_uint(&encoded, index);
            dcbor_put_array(&encoded, proof.count);
            for (size_t k = 0; k < proof.count; k++)
                dcbor_put_bytes(&encoded, bytes_of(proof.hashes[k].bytes, variant->hash_len));
            dcbor_put_bytes(&unprotected, bytes_of_buf(&encoded));
        }
    }
    cose.protected_header = bytes_of_buf(&header);
    cose.unprotected_header = bytes_of_buf(&unprotected);
    cose.has_payload = variant->payload != NULL;
    if (cose.has_payload)
        cose.payload = hash_bytes(variant->payload);
    cose.signature = bytes_of(signature, sizeof(signature));
    cose_sign1_encode(out, &cose);
    buf_cleanup(&header);
    buf_cleanup(&unprotected);
    buf_cleanup(&encoded);
}

/* 0: does not decode, 1: decodes but does not verify, 2: verifies. */
static int judge(struct fixture *fixture, const struct variant *variant)
{
    struct buf message = {0};
    struct receipt receipt;
    struct err err = {0};
    int result = 0;

    make_variant(&message, fixture, variant);
    if (receipt_decode(&receipt, bytes_of_buf(&message), &err))
        result = receipt_verify_inclusion(&receipt, &fixture->tree.nodes[0][5],
                                          key_of(fixture, KEY_P256), NULL)
                     ? 2
                     : 1;
    if (result == 2)
        assert_int_equal(receipt.leaf_index, 5);
    buf_cleanup(&message);
    return result;
}

/* Headers in another order, further headers and fully specified algorithm names are accepted. */
static void receipt_decode_of_another_issuer(void **state)
{
    struct variant variant = good_variant();

    assert_int_equal(judge(*state, &variant), 2);
    variant.alg = COSE_ALG_ES256;
    assert_int_equal(judge(*state, &variant), 2);
}

/* An attached payload must be the root that the proof leads to. */
static void receipt_decode_attached_payload(void **state)
{
    struct fixture *fixture = *state;
    struct variant variant = good_variant();

    variant.payload = &fixture->tree.roots[8];
    assert_int_equal(judge(fixture, &variant), 2);
    variant.payload = &fixture->tree.roots[7];
    assert_int_equal(judge(fixture, &variant), 1);
}

/* Among several proofs any one may lead to the signed root; more than the limit are refused. */
static void receipt_verify_inclusion_several_proofs(void **state)
{
    struct variant variant = good_variant();

    variant.proof_count = RECEIPT_PROOFS_MAX;
    for (variant.good_proof = 0; variant.good_proof < variant.proof_count; variant.good_proof++)
        assert_int_equal(judge(*state, &variant), 2);
    assert_int_equal(judge(*state, &variant), 1);
    variant.good_proof = 0;
    variant.proof_count = RECEIPT_PROOFS_MAX + 1;
    assert_int_equal(judge(*state, &variant), 0);
    variant.proof_count = 0;
    assert_int_equal(judge(*state, &variant), 0);
}

/* What is ambiguous, critical, of another structure or not a proof is refused. */
static void receipt_decode_refused(void **state)
{
    struct variant variant = good_variant();

    variant.has_crit = true;
    assert_int_equal(judge(*state, &variant), 0);
    variant = good_variant();
    variant.has_alg_twice = true;
    assert_int_equal(judge(*state, &variant), 0);
    variant = good_variant();
    variant.has_kind_twice = true;
    assert_int_equal(judge(*state, &variant), 0);
    variant = good_variant();
    variant.vds = 2;
    assert_int_equal(judge(*state, &variant), 0);
    variant = good_variant();
    variant.hash_len = HASH_LEN - 1;
    assert_int_equal(judge(*state, &variant), 0);
    variant = good_variant();
    variant.tree_size = 5;
    assert_int_equal(judge(*state, &variant), 0);
    variant = good_variant();
    variant.tree_size = TREE_SIZE_MAX + 1;
    assert_int_equal(judge(*state, &variant), 0);
    variant = good_variant();
    variant.alg = COSE_ALG_EDDSA;
    assert_int_equal(judge(*state, &variant), 1);
}

/* Whether our verifier accepts a published receipt for its entry. */
static bool verify_published(const char *directory, const char *file, struct bytes entry)
{
    char *receipt_path = mem_format("%s/%s", directory, file);
    char *key_path = mem_format("%s/log-key.pub", directory);
    struct buf message = {0};
    struct buf pem = {0};
    struct public_key *key = NULL;
    struct receipt receipt;
    struct hash leaf;
    struct err err = {0};
    bool ok;

    vectors_read(&message, receipt_path);
    vectors_read(&pem, key_path);
    hash_leaf(&leaf, entry);
    ok = public_key_from_pem(&key, bytes_of_buf(&pem), &err) &&
         receipt_decode(&receipt, bytes_of_buf(&message), &err) &&
         receipt_verify_inclusion(&receipt, &leaf, key, NULL);
    public_key_free(key);
    buf_cleanup(&message);
    buf_cleanup(&pem);
    free(receipt_path);
    free(key_path);
    return ok;
}

/*
 * Every published receipt gets the verdict its makers gave it, but for two: one is of a structure
 * we do not have, and one carries the right root as payload, which RFC 9942 allows and they do not.
 */
static void receipt_verify_inclusion_published(void **state)
{
    static const struct {
        const char *name;
        bool verifies;
    } cases[] = {
        {"v1/valid-eddsa", true},
        {"v1/valid-es256", true},
        {"v1/valid-eddsa-multi-proof", true},
        {"v1/valid-ccf-vds2", false},
        {"v1/fail-bad-statement-sig", true}, /* only the statement is bad */
        {"v1/fail-tampered-path", false},
        {"v1/fail-unsupported-vds", false},
        {"v1/fail-zero-size-proof", false},
        {"receipt-v1/trace-sept7-witness", true},
        {"receipt-v1/synthetic-eddsa-iat-grade", true},
        {"receipt-v1/synthetic-eddsa-iat-only", true},
        {"receipt-v1/synthetic-es256-iat-grade", true},
        {"receipt-v1/synthetic-es256-iat-grade-observed-only", true},
        {"receipt-v1/fail-attached-payload", false},
        {"receipt-v1/fail-attached-payload-root", true},
        {"receipt-v1/fail-eddsa-p256-key", false},
        {"receipt-v1/fail-es256-secp256k1-key", false},
        {"receipt-v1/fail-es384-p256-key", false},
        {"receipt-v1/fail-malformed-proof", false},
        {"receipt-v1/fail-malformed-tail-proof", false},
        {"receipt-v1/fail-tampered-grade", false},
        {"receipt-v1/fail-tampered-iat", false},
        {"receipt-v1/fail-unsupported-alg", false},
        {"receipt-v1/fail-wrong-log-key", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *directory = mem_format("%s/receipts/%s", VECTORS_DIR, cases[i].name);
        char *path = mem_format("%s/expected.json", directory);
        json_t *expected = vectors_load(path);
        bool is_v1 = json_object_get(expected, "leaf_entry") != NULL;
        struct buf entry = {0};

        if (is_v1 || json_object_get(expected, "leaf_entry_hex") != NULL)
            vectors_hex(&entry, expected, is_v1 ? "leaf_entry" : "leaf_entry_hex");
        if (verify_published(directory, "receipt.cose", bytes_of_buf(&entry)) != cases[i].verifies)
            fail_msg("%s is judged otherwise", cases[i].name);
        json_decref(expected);
        buf_cleanup(&entry);
        free(path);
        free(directory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipt_verify_inclusion_round_trip),
        cmocka_unit_test(receipt_verify_consistency_round_trip),
        cmocka_unit_test(receipt_verify_inclusion_every_byte_changed),
        cmocka_unit_test(receipt_append_protected_is_deterministic),
        cmocka_unit_test(receipt_decode_of_another_issuer),
        cmocka_unit_test(receipt_decode_attached_payload),
        cmocka_unit_test(receipt_verify_inclusion_several_proofs),
        cmocka_unit_test(receipt_decode_refused),
        cmocka_unit_test(receipt_verify_inclusion_published),
    };

    return cmocka_run_group_tests_name("receipt", tests, set_up, tear_down);
}
