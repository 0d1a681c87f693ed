#include "schemas/cosignature.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/mldsa_witness.h"

static const char TEXT[] = "log.example/tree\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
static const char NAME[] = "witness.example/w1";

static struct signer *new_signer(enum key_type type)
{
    struct signer *signer = NULL;
    struct buf pem = {0};
    struct err err = {0};

    assert_true(signer_generate(&signer, &pem, type, &err));
    buf_cleanup(&pem);
    return signer;
}

/* Whoever has the verifier key reads the time out of the line. */
static void cosignature_append_verifies(void **state)
{
    struct signer *signer = new_signer(KEY_ED25519);
    struct note_verifier verifier;
    struct cosigner cosigner;
    struct checkpoint checkpoint;
    struct note note;
    struct buf vkey = {0};
    struct buf message = {0};
    struct err err = {0};
    uint64_t time_s = 0;
    bool bad = false;

    (void)state;
    assert_true(cosigner_init(&cosigner, NAME, signer, NULL, &err));
    assert_true(checkpoint_parse_text(&checkpoint, bytes_of_text(TEXT), &err));
    assert_true(cosigner_append_vkey(&vkey, &cosigner, NOTE_TYPE_COSIGNATURE, &err));
    assert_true(note_verifier_parse(&verifier, bytes_of(vkey.data, vkey.len - 1), &err));
    assert_int_equal(verifier.type, NOTE_TYPE_COSIGNATURE);
    buf_append_format(&message, "%s\n", TEXT);
    assert_true(cosignature_append(&message, &cosigner, 1679315147, &checkpoint, bytes_of_text(TEXT),
                                   &err));
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    assert_true(note_verify(&note, &verifier, &time_s, &bad));
    assert_int_equal(time_s, 1679315147);
    note_verifier_cleanup(&verifier);
    buf_cleanup(&vkey);
    buf_cleanup(&message);
    signer_close(signer);
}

/* A name that cannot stand in a signature line, and a key of another kind, are refused. */
static void cosigner_init_refuses(void **state)
{
    struct signer *ed25519 = new_signer(KEY_ED25519);
    struct signer *p256 = new_signer(KEY_P256);
    struct cosigner cosigner;
    struct err err = {0};

    (void)state;
    assert_false(cosigner_init(&cosigner, "two words", ed25519, NULL, &err));
    assert_false(cosigner_init(&cosigner, "", ed25519, NULL, &err));
    assert_false(cosigner_init(&cosigner, NAME, p256, NULL, &err));
    assert_int_equal(err.code, ERR_INVALID);
    signer_close(ed25519);
    signer_close(p256);
}

/* The same for ML-DSA-44, where OpenSSL has it; where not, that is what is said. */
static void cosignature_append_verifies_mldsa(void **state)
{
    struct signer *signer = new_signer(KEY_ED25519);
    struct mldsa_signer *mldsa = NULL;
    struct note_verifier verifier;
    struct cosigner cosigner;
    struct checkpoint checkpoint;
    struct note note;
    struct buf pem = {0};
    struct buf vkey = {0};
    struct buf message = {0};
    struct err err = {0};
    uint64_t time_s = 0;

    (void)state;
    if (!mldsa_is_available()) {
        assert_false(mldsa_signer_generate(&mldsa, &pem, &err));
        assert_int_equal(err.code, ERR_NOT_FOUND);
        signer_close(signer);
        skip();
    }
    assert_true(mldsa_signer_generate(&mldsa, &pem, &err));
    assert_true(cosigner_init(&cosigner, NAME, signer, mldsa, &err));
    assert_true(cosigner_append_vkey(&vkey, &cosigner, NOTE_TYPE_MLDSA_COSIGNATURE, &err));
    assert_true(note_verifier_parse(&verifier, bytes_of(vkey.data, vkey.len - 1), &err));
    assert_true(checkpoint_parse_text(&checkpoint, bytes_of_text(TEXT), &err));
    buf_append_format(&message, "%s\n", TEXT);
    assert_true(cosignature_append(&message, &cosigner, 1679315147, &checkpoint,
                                   bytes_of_text(TEXT), &err));
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    assert_int_equal(note.signature_count, 2);
    assert_true(note_verify(&note, &verifier, &time_s, NULL));
    assert_int_equal(time_s, 1679315147);
    message.data[17] ^= 1; /* the size */
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    assert_false(note_verify(&note, &verifier, &time_s, NULL));
    note_verifier_cleanup(&verifier);
    buf_cleanup(&pem);
    buf_cleanup(&vkey);
    buf_cleanup(&message);
    signer_close(signer);
    mldsa_signer_close(mldsa);
}

/*
 * A verifier key of a kind that cannot be verified is an error that says so, or one that is not
 * usable for those who know what to do without it: no note is verified by it, and none is bad.
 */
static void note_verifier_parse_mldsa(void **state)
{
    struct note_verifier verifier;
    struct mldsa_witness witness;
    struct buf message = {0};
    struct buf vkey = {0};
    struct err err = {0};
    struct note note;
    bool bad = true;

    (void)state;
    if (mldsa_is_available())
        skip();
    mldsa_witness_init(&witness);
    assert_false(note_verifier_parse(&verifier, bytes_of_buf(&witness.vkey), &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.text, "the OpenSSL at hand has no ML-DSA-44, version 3.5 has");
    assert_true(note_verifier_parse_any(&verifier, bytes_of_buf(&witness.vkey), &err));
    assert_false(note_verifier_is_usable(&verifier));
    buf_append_format(&message, "%s\n", TEXT);
    mldsa_witness_append(&witness, &message, bytes_of_text(TEXT));
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    assert_false(note_verify(&note, &verifier, NULL, &bad));
    assert_false(bad);
    note_verifier_append(&vkey, &verifier);
    assert_string_equal(buf_text(&vkey), buf_text(&witness.vkey));
    note_verifier_cleanup(&verifier);
    mldsa_witness_cleanup(&witness);
    buf_cleanup(&message);
    buf_cleanup(&vkey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosignature_append_verifies),
        cmocka_unit_test(cosignature_append_verifies_mldsa),
        cmocka_unit_test(cosigner_init_refuses),
        cmocka_unit_test(note_verifier_parse_mldsa),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
