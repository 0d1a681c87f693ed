#include "schemas/cosignature.h"

#include "tests/support/cmocka_all.h"

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
    struct note note;
    struct buf vkey = {0};
    struct buf message = {0};
    struct err err = {0};
    uint64_t time_s = 0;
    bool bad = false;

    (void)state;
    assert_true(cosigner_init(&cosigner, NAME, signer, &err));
    assert_true(cosigner_append_vkey(&vkey, &cosigner, &err));
    assert_true(note_verifier_parse(&verifier, bytes_of(vkey.data, vkey.len - 1), &err));
    assert_int_equal(verifier.type, NOTE_TYPE_COSIGNATURE);
    buf_append_format(&message, "%s\n", TEXT);
    assert_true(cosignature_append(&message, &cosigner, 1679315147, bytes_of_text(TEXT), &err));
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
    assert_false(cosigner_init(&cosigner, "two words", ed25519, &err));
    assert_false(cosigner_init(&cosigner, "", ed25519, &err));
    assert_false(cosigner_init(&cosigner, NAME, p256, &err));
    assert_int_equal(err.code, ERR_INVALID);
    signer_close(ed25519);
    signer_close(p256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosignature_append_verifies),
        cmocka_unit_test(cosigner_init_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
