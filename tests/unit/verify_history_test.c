#include "client/verify/verify.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/receipt.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/reference_tree.h"
#include "tests/support/sample_tree.h"

static const char ORIGIN[] = "log.example/evidence";

enum { OLD_SIZE = 12, NEW_SIZE = 20 };

/* Two signed heads of one log, the receipt that one extends the other, and the keys for both. */
struct fixture {
    struct sample_tree tree;
    struct signer *checkpoint_signer;
    struct signer *receipt_signer;
    struct policy policy;
    struct key_set keys;
    struct buf old_note;
    struct buf new_note;
    struct buf receipt;
};

static void make_note(struct buf *out, struct fixture *fixture, uint64_t size)
{
    struct checkpoint checkpoint = {.size = size, .root = fixture->tree.roots[size]};
    struct err err = {0};

    memcpy(checkpoint.origin, ORIGIN, sizeof(ORIGIN));
    assert_true(checkpoint_sign(out, &checkpoint, fixture->checkpoint_signer, &err));
}

static void make_receipt(struct fixture *fixture)
{
    uint8_t signature[SIGNATURE_LEN];
    struct buf header = {0};
    struct proof proof;
    struct err err = {0};

    receipt_append_protected(&header, fixture->receipt_signer, ORIGIN);
    assert_true(receipt_sign(signature, fixture->receipt_signer, bytes_of_buf(&header),
                             &fixture->tree.roots[NEW_SIZE], &err));
    reference_consistency(&proof, OLD_SIZE, fixture->tree.nodes[0], NEW_SIZE);
    receipt_append_consistency(&fixture->receipt, bytes_of_buf(&header), signature, OLD_SIZE,
                               NEW_SIZE, &proof);
    buf_cleanup(&header);
}

static void trust_log(struct fixture *fixture)
{
    struct note_verifier verifier = {0};
    struct buf vkey = {0};
    struct buf text = {0};
    struct buf keys = {0};
    struct err err = {0};

    assert_true(note_verifier_init(&verifier, ORIGIN, NOTE_TYPE_ED25519,
                                   fixture->checkpoint_signer->public_key, &err));
    note_verifier_append(&vkey, &verifier);
    buf_append_format(&text, "log %.*s\nquorum none\n", (int)vkey.len, (const char *)vkey.data);
    assert_true(policy_parse(&fixture->policy, bytes_of_buf(&text), &err));
    key_set_append(&keys, &fixture->receipt_signer->public_key, 1);
    assert_true(key_set_parse(&fixture->keys, bytes_of_buf(&keys), &err));
    note_verifier_cleanup(&verifier);
    buf_cleanup(&vkey);
    buf_cleanup(&text);
    buf_cleanup(&keys);
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_alloc(sizeof(*fixture));
    struct buf pem = {0};
    struct err err = {0};

    sample_tree_init(&fixture->tree);
    assert_true(signer_generate(&fixture->checkpoint_signer, &pem, KEY_ED25519, &err));
    assert_true(signer_generate(&fixture->receipt_signer, &pem, KEY_P256, &err));
    buf_cleanup(&pem);
    make_note(&fixture->old_note, fixture, OLD_SIZE);
    make_note(&fixture->new_note, fixture, NEW_SIZE);
    make_receipt(fixture);
    trust_log(fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    signer_close(fixture->checkpoint_signer);
    signer_close(fixture->receipt_signer);
    policy_cleanup(&fixture->policy);
    key_set_cleanup(&fixture->keys);
    buf_cleanup(&fixture->old_note);
    buf_cleanup(&fixture->new_note);
    buf_cleanup(&fixture->receipt);
    free(fixture);
    return 0;
}

static void verify_heads(struct report *out, const struct fixture *fixture,
                         const struct key_set *keys)
{
    struct evidence evidence = {0};
    struct trust trust = {.policy = &fixture->policy, .log_keys = keys};
    struct err err = {0};

    assert_true(
        evidence_add(&evidence, EVIDENCE_CHECKPOINT, bytes_of_buf(&fixture->old_note), &err));
    assert_true(
        evidence_add(&evidence, EVIDENCE_CHECKPOINT, bytes_of_buf(&fixture->new_note), &err));
    assert_true(
        evidence_add(&evidence, EVIDENCE_CONSISTENCY, bytes_of_buf(&fixture->receipt), &err));
    verify_evidence(out, &evidence, &trust);
}

/* Two heads and a receipt of consistency by a known key verify, and its signature was looked at. */
static void verify_evidence_consistency_receipt(void **state)
{
    struct report report = {0};

    verify_heads(&report, *state, &((struct fixture *)*state)->keys);
    assert_int_equal(report.verdict, VERDICT_VERIFIED);
    assert_non_null(report_find(&report, "receipt-signature"));
    assert_int_equal(report_find(&report, "receipt-signature")->source, FINDING_RECOMPUTED);
}

/* A receipt whose signature does not verify is damaged or forged, however good its proof is. */
static void verify_evidence_consistency_receipt_badly_signed(void **state)
{
    struct fixture *fixture = *state;
    struct report report = {0};

    fixture->receipt.data[fixture->receipt.len - 1] ^= 1;
    verify_heads(&report, fixture, &fixture->keys);
    assert_int_equal(report.verdict, VERDICT_INVALID);
}

/* Without its key the proof still counts, between signed heads, and the report says so. */
static void verify_evidence_consistency_receipt_of_unknown_key(void **state)
{
    struct report report = {0};

    verify_heads(&report, *state, NULL);
    assert_int_equal(report.verdict, VERDICT_VERIFIED);
    assert_non_null(report_find(&report, "receipt-signature"));
    assert_int_equal(report_find(&report, "receipt-signature")->source, FINDING_UNDECIDABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verify_evidence_consistency_receipt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_consistency_receipt_badly_signed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_consistency_receipt_of_unknown_key, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
