#include "schemas/key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/vectors.h"

/* Throw-away keys of kinds that must be refused, as OpenSSL's command line writes them. */
static const char ED448_KEY[] = "-----BEGIN PRIVATE KEY-----\n"
                                "MEcCAQAwBQYDK2VxBDsEOb47ENJNUXmitbrATdLWB5O5fUdaB2EooxdINoZahayU\n"
                                "yhyffIQO9CU/1oliSsPd5QaySt99dXeUEA==\n"
                                "-----END PRIVATE KEY-----\n";
static const char SECP256K1_KEY[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgq1dG8zCUPk1i3IJ+9Odd\n"
    "9d8MLfl2i0QL+6wl4oFZHuehRANCAAQi5WaF5IVhf0R/EUbMzdYJCYbjsNQTNXfa\n"
    "dHzloOCfv9q1rMgQps08inORBxNl3zeL9Bf5s2EEKp2FYwdxhRY1\n"
    "-----END PRIVATE KEY-----\n";
static const char P384_KEY[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDC0NPRiB5POs0NqqWHh\n"
                               "tjDUO8lSFjwEKR7shf3qgdrVztBwhjLJYsVQipATa1QAqe6hZANiAAQSzYuvr5Xi\n"
                               "+uKmkvQ1b+iRBdDQ42QOv9AsfJ2RGx2ZurM8xk3TPGkNIvWJ/nqI1oAKHMFl3KcC\n"
                               "F7PezRnjzVvduvzLhVKmbfs6SkcUpGGL+U7DR+VsINnYyOB44MgklaU=\n"
                               "-----END PRIVATE KEY-----\n";
static const char TRADITIONAL_KEY[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIL6NxpguEmQk4QYTk/bCoCKuRI3pmet+A444QVgM1jc4oAoGCCqGSM49\n"
    "AwEHoUQDQgAE0zIaMHoe7AiOSNJVyLq2oYgCBvSmWUNJf9g4tUQ81w9Nhc+1/9rG\n"
    "LrzCS120KCm/XmqvEnUCeQStnEqV1V+8Lw==\n"
    "-----END EC PRIVATE KEY-----\n";
static const char ENCRYPTED_KEY[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg/miAOMXEDNAICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEHKKU7vZ9dKZe0J+Ovftsi4EgZCF\n"
    "t12UXSOj3p61CYwUDLLZtVrPiCzlaDCmfyC61tdPD2SYZHlf6XlfvoGCqs9XFBzQ\n"
    "9B/XBEmWkXbq3/Wx6MCCaHdkZZ3NLqEm0TktH8BY2lhDAaDEC/mVDfpeRgiMxiQt\n"
    "Rjq2gkaUTwt8lYfXZ2c8ksVrU4KBp1SJ+nMBTBrAI4fKGAZ/0SAFjodTuNv4Wzk=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
static const char COMPRESSED_PUBLIC_KEY[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgAD0zIaMHoe7AiOSNJVyLq2oYgCBvSm\n"
    "WUNJf9g4tUQ81w8=\n"
    "-----END PUBLIC KEY-----\n";

enum { P256_PUBLIC_LEN = 64 };

/* Wraps DER as PEM in the one line that base64 makes of it. */
static void append_pem(struct buf *out, const char *name, struct bytes der)
{
    struct buf base64 = {0};

    text_append_base64(&base64, der);
    buf_append_format(out, "-----BEGIN %s-----\n", name);
    for (size_t i = 0; i < base64.len; i += 64) {
        size_t end = i + 64 < base64.len ? i + 64 : base64.len;

        buf_append_bytes(out, bytes_slice(bytes_of_buf(&base64), i, end));
        buf_append_byte(out, '\n');
    }
    buf_append_format(out, "-----END %s-----\n", name);
    buf_cleanup(&base64);
}

/* The DER inside a PEM text. */
static void take_der(struct buf *out, struct bytes pem)
{
    struct bytes rest = pem;
    struct bytes line;
    struct buf base64 = {0};

    while (text_split(&rest, &line, '\n')) {
        if (line.data[0] != '-')
            buf_append_bytes(&base64, line);
    }
    assert_true(text_parse_base64(out, bytes_of_buf(&base64)));
    buf_cleanup(&base64);
}

static void assert_refused(const char *pem, const char *reason)
{
    struct signer *signer;
    struct err err = {0};

    assert_false(signer_open_pem(&signer, bytes_of_text(pem), &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, reason));
}

/* A generated key opens again from its PEM and is the same key. */
static void signer_open_pem_round_trip(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 2; type++) {
        struct signer *first;
        struct signer *again;
        struct buf pem = {0};
        uint8_t signature[SIGNATURE_LEN];
        struct bytes message = bytes_of_text("message");
        struct err err = {0};

        assert_true(signer_generate(&first, &pem, (enum key_type)type, &err));
        assert_true(signer_open_pem(&again, bytes_of_buf(&pem), &err));
        assert_true(public_key_equal(first->public_key, again->public_key));
        assert_true(signer_sign(again, signature, message, &err));
        assert_true(
            public_key_verify(first->public_key, message, bytes_of(signature, sizeof(signature))));
        signer_close(first);
        signer_close(again);
        buf_cleanup(&pem);
    }
}

/* ECDSA signatures are right 64 bytes also when r or s begins with zeros. */
static void signer_sign_short_integers(void **state)
{
    struct signer *signer;
    struct buf pem = {0};
    struct err err = {0};
    unsigned short_count = 0;

    (void)state;
    assert_true(signer_generate(&signer, &pem, KEY_P256, &err));
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t signature[SIGNATURE_LEN];
        struct bytes message = bytes_of(&i, sizeof(i));

        assert_true(signer_sign(signer, signature, message, &err));
        if (signature[0] != 0 && signature[32] != 0)
            continue;
        short_count++;
        assert_true(
            public_key_verify(signer->public_key, message, bytes_of(signature, sizeof(signature))));
    }
    assert_true(short_count > 0);
    signer_close(signer);
    buf_cleanup(&pem);
}

/* Other curves, other forms and pass phrases are refused with the reason. */
static void signer_open_pem_other_keys(void **state)
{
    (void)state;
    assert_refused(ED448_KEY, "neither");
    assert_refused(SECP256K1_KEY, "neither");
    assert_refused(P384_KEY, "neither");
    assert_refused(TRADITIONAL_KEY, "EC PRIVATE KEY");
    assert_refused(ENCRYPTED_KEY, "without a pass phrase");
    assert_refused("", "not PEM");
    assert_refused("hello\n", "not PEM");
    assert_refused("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "not ");
}

/* A public key is no private key, nor the other way round. */
static void signer_open_pem_public_key(void **state)
{
    struct signer *signer;
    struct signer *none;
    struct public_key *key;
    struct buf private_pem = {0};
    struct buf public_pem = {0};
    struct err err = {0};

    (void)state;
    assert_true(signer_generate(&signer, &private_pem, KEY_ED25519, &err));
    public_key_append_pem(&public_pem, signer->public_key);
    assert_false(signer_open_pem(&none, bytes_of_buf(&public_pem), &err));
    assert_false(public_key_from_pem(&key, bytes_of_buf(&private_pem), &err));
    signer_close(signer);
    buf_cleanup(&private_pem);
    buf_cleanup(&public_pem);
}

/* A file whose public half is that of another key must never sign. */
static void signer_open_pem_halves_of_two_keys(void **state)
{
    struct signer *a;
    struct signer *b;
    struct signer *none;
    struct buf pem = {0};
    struct buf der = {0};
    struct err err = {0};

    (void)state;
    assert_true(signer_generate(&b, &pem, KEY_P256, &err));
    buf_clear(&pem);
    assert_true(signer_generate(&a, &pem, KEY_P256, &err));
    take_der(&der, bytes_of_buf(&pem));
    memcpy(der.data + der.len - P256_PUBLIC_LEN, public_key_raw(b->public_key).data,
           P256_PUBLIC_LEN);
    buf_clear(&pem);
    append_pem(&pem, "PRIVATE KEY", bytes_of_buf(&der));
    assert_false(signer_open_pem(&none, bytes_of_buf(&pem), &err));
    assert_int_equal(err.code, ERR_INVALID);
    signer_close(a);
    signer_close(b);
    buf_cleanup(&pem);
    buf_cleanup(&der);
}

/* Bytes after the key in the PEM block, or a key cut short, are refused. */
static void signer_open_pem_trailing_or_missing(void **state)
{
    struct signer *signer;
    struct signer *none;
    struct buf pem = {0};
    struct buf der = {0};
    struct err err = {0};

    (void)state;
    assert_true(signer_generate(&signer, &pem, KEY_ED25519, &err));
    take_der(&der, bytes_of_buf(&pem));
    buf_append_byte(&der, 0);
    for (size_t len = 0; len <= der.len; len++) {
        buf_clear(&pem);
        append_pem(&pem, "PRIVATE KEY", bytes_of(der.data, len));
        if (len == der.len - 1) {
            assert_true(signer_open_pem(&none, bytes_of_buf(&pem), &err));
            signer_close(none);
        } else {
            assert_false(signer_open_pem(&none, bytes_of_buf(&pem), &err));
        }
    }
    signer_close(signer);
    buf_cleanup(&pem);
    buf_cleanup(&der);
}

/* A key file that others may read is refused, and so is one that is far too long. */
static void signer_open_file_permissions(void **state)
{
    char directory[] = "/tmp/vouch-signer-test-XXXXXX";
    struct signer *signer;
    struct signer *again;
    struct buf pem = {0};
    struct err err = {0};
    char *path;

    (void)state;
    assert_non_null(mkdtemp(directory));
    path = mem_format("%s/key.pem", directory);
    assert_true(signer_generate(&signer, &pem, KEY_P256, &err));
    assert_false(signer_open_file(&again, path, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_true(file_create_durable(path, bytes_of_buf(&pem), 0600, &err));
    assert_true(signer_open_file(&again, path, &err));
    assert_true(public_key_equal(signer->public_key, again->public_key));
    signer_close(again);
    assert_int_equal(chmod(path, 0640), 0);
    assert_false(signer_open_file(&again, path, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    memset(buf_extend(&pem, KEY_FILE_LEN_MAX), '\n', KEY_FILE_LEN_MAX);
    assert_true(file_write_durable(path, bytes_of_buf(&pem), 0600, &err));
    assert_false(signer_open_file(&again, path, &err));
    assert_int_equal(err.code, ERR_INVALID);
    unlink(path);
    rmdir(directory);
    free(path);
    signer_close(signer);
    buf_cleanup(&pem);
}

/* A public key survives PEM; text around the block is ignored, as is usual with PEM. */
static void public_key_from_pem_round_trip(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 2; type++) {
        struct signer *signer;
        struct public_key *key;
        struct buf pem = {0};
        struct err err = {0};

        assert_true(signer_generate(&signer, &pem, (enum key_type)type, &err));
        buf_clear(&pem);
        buf_append_text(&pem, "the engine's key\n");
        public_key_append_pem(&pem, signer->public_key);
        buf_append_text(&pem, "and that is all\n");
        assert_true(public_key_from_pem(&key, bytes_of_buf(&pem), &err));
        assert_true(public_key_equal(key, signer->public_key));
        public_key_free(key);
        signer_close(signer);
        buf_cleanup(&pem);
    }
}

/* Only Ed25519 and uncompressed P-256 keys, whole and without anything behind them. */
static void public_key_from_pem_refused(void **state)
{
    static const char *const others[] = {
        "/receipts/v1/valid-ccf-vds2/log-key.pub",
        "/receipts/receipt-v1/fail-es256-secp256k1-key/log-key.pub",
    };
    struct signer *signer;
    struct public_key *key;
    struct buf pem = {0};
    struct buf der = {0};
    struct err err = {0};

    (void)state;
    assert_false(public_key_from_pem(&key, bytes_of_text(COMPRESSED_PUBLIC_KEY), &err));
    assert_false(public_key_from_pem(&key, bytes_of_text(""), &err));
    assert_false(public_key_from_pem(&key, bytes_of(NULL, 0), &err));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char *path = mem_format("%s%s", VECTORS_DIR, others[i]);

        buf_clear(&pem);
        vectors_read(&pem, path);
        assert_false(public_key_from_pem(&key, bytes_of_buf(&pem), &err));
        assert_int_equal(err.code, ERR_INVALID);
        free(path);
    }
    buf_clear(&pem);
    assert_true(signer_generate(&signer, &pem, KEY_P256, &err));
    buf_clear(&pem);
    public_key_append_pem(&pem, signer->public_key);
    take_der(&der, bytes_of_buf(&pem));
    buf_append_byte(&der, 0);
    for (size_t len = 0; len <= der.len; len++) {
        bool ok;

        buf_clear(&pem);
        append_pem(&pem, "PUBLIC KEY", bytes_of(der.data, len));
        ok = public_key_from_pem(&key, bytes_of_buf(&pem), &err);
        assert_int_equal(ok, len == der.len - 1);
        if (ok)
            public_key_free(key);
    }
    memset(buf_extend(&pem, KEY_FILE_LEN_MAX), '\n', KEY_FILE_LEN_MAX);
    assert_false(public_key_from_pem(&key, bytes_of_buf(&pem), &err));
    signer_close(signer);
    buf_cleanup(&pem);
    buf_cleanup(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signer_open_pem_round_trip),
        cmocka_unit_test(signer_sign_short_integers),
        cmocka_unit_test(signer_open_pem_other_keys),
        cmocka_unit_test(signer_open_pem_public_key),
        cmocka_unit_test(signer_open_pem_halves_of_two_keys),
        cmocka_unit_test(signer_open_pem_trailing_or_missing),
        cmocka_unit_test(signer_open_file_permissions),
        cmocka_unit_test(public_key_from_pem_round_trip),
        cmocka_unit_test(public_key_from_pem_refused),
    };

    return cmocka_run_group_tests_name("signer", tests, NULL, NULL);
}
