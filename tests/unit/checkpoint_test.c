#include "schemas/checkpoint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "merkle/node.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/vectors.h"

static struct checkpoint sample(uint64_t size)
{
    struct checkpoint checkpoint = {.origin = "log.example/evidence", .size = size};

    memset(checkpoint.root.bytes, 0xa5, HASH_LEN);
    return checkpoint;
}

static bool parses(const char *text)
{
    struct checkpoint checkpoint;
    struct err err = {0};
    bool ok = checkpoint_parse_text(&checkpoint, bytes_of_text(text), &err);

    if (!ok)
        assert_int_equal(err.code, ERR_INVALID);
    return ok;
}

/* Text written is read back the same, at both ends of the sizes. */
static void checkpoint_append_text_round_trip(void **state)
{
    static const uint64_t sizes[] = {0, 1, 20852163, TREE_SIZE_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct checkpoint checkpoint = sample(sizes[i]);
        struct checkpoint parsed;
        struct buf text = {0};
        struct err err = {0};

        checkpoint_append_text(&text, &checkpoint);
        assert_true(checkpoint_parse_text(&parsed, bytes_of_buf(&text), &err));
        assert_string_equal(parsed.origin, checkpoint.origin);
        assert_true(parsed.size == checkpoint.size);
        assert_true(hash_equal(&parsed.root, &checkpoint.root));
        buf_cleanup(&text);
    }
}

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

/* Three lines, canonical numbers and base64; extension lines may follow but not be empty. */
static void checkpoint_parse_text_forms(void **state)
{
    (void)state;
    assert_true(parses("example.com/behind-the-sofa\n20852163\n" ROOT "\n"));
    assert_true(parses("o\n0\n" ROOT "\n"));
    assert_true(parses("an origin with spaces + plus\n1\n" ROOT "\n"));
    assert_true(parses("o\n1\n" ROOT "\nextension\nanother one\n"));
    assert_false(parses(""));
    assert_false(parses("o\n"));
    assert_false(parses("o\n1\n"));
    assert_false(parses("o\n1\n" ROOT));
    assert_false(parses("\n1\n" ROOT "\n"));
    assert_false(parses("o\n01\n" ROOT "\n"));
    assert_false(parses("o\n+1\n" ROOT "\n"));
    assert_false(parses("o\n-1\n" ROOT "\n"));
    assert_false(parses("o\n 1\n" ROOT "\n"));
    assert_false(parses("o\n\n" ROOT "\n"));
    assert_false(parses("o\n9223372036854775809\n" ROOT "\n"));
    assert_false(parses("o\n18446744073709551616\n" ROOT "\n"));
    assert_false(parses("o\n1\n\n"));
    assert_false(parses("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n"));
    assert_false(parses("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"));
    assert_false(parses("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jx\n"));
    assert_false(parses("o\n1\n" ROOT " \n"));
    assert_false(parses("o\n1\n" ROOT "\n\n"));
    assert_false(parses("o\n1\n" ROOT "\nextension"));
    assert_false(parses("o\n1\n" ROOT "\n\nextension\n"));
    assert_false(parses("o\x01\n1\n" ROOT "\n"));
    assert_false(parses("o\xff\n1\n" ROOT "\n"));
}

/* The origin has a limit, and its C string ends where it ends. */
static void checkpoint_parse_text_origin_limit(void **state)
{
    char origin[ORIGIN_LEN_MAX + 2] = {0};

    (void)state;
    for (size_t len = ORIGIN_LEN_MAX; len <= ORIGIN_LEN_MAX + 1; len++) {
        char *text;

        memset(origin, 'o', len);
        text = mem_format("%s\n1\n" ROOT "\n", origin);
        assert_int_equal(parses(text), len == ORIGIN_LEN_MAX);
        assert_int_equal(origin_is_valid(origin), len == ORIGIN_LEN_MAX);
        free(text);
    }
    assert_false(origin_is_valid(""));
    assert_false(origin_is_valid("a b"));
    assert_false(origin_is_valid("a+b"));
    assert_false(origin_is_valid("a\nb"));
    assert_false(origin_is_valid("a\xff"));
    assert_true(origin_is_valid("log.example/\xc3\xa4"));
}

/* What a log signs opens under its verifier key and no other. */
static void checkpoint_sign_then_open(void **state)
{
    struct checkpoint checkpoint = sample(7);
    struct checkpoint opened;
    struct signer *signers[2];
    struct note_verifier verifier;
    struct note_verifier other;
    struct note_verifier renamed;
    struct buf pem = {0};
    struct buf message = {0};
    struct err err = {0};

    (void)state;
    for (unsigned i = 0; i < 2; i++)
        assert_true(signer_generate(&signers[i], &pem, KEY_ED25519, &err));
    assert_true(note_verifier_init(&verifier, checkpoint.origin, NOTE_TYPE_ED25519,
                                   signers[0]->public_key, &err));
    assert_true(note_verifier_init(&other, checkpoint.origin, NOTE_TYPE_ED25519,
                                   signers[1]->public_key, &err));
    assert_true(note_verifier_init(&renamed, "another.example", NOTE_TYPE_ED25519,
                                   signers[0]->public_key, &err));
    assert_true(checkpoint_sign(&message, &checkpoint, signers[0], &err));
    assert_true(checkpoint_open(&opened, bytes_of_buf(&message), &verifier, &err));
    assert_int_equal(opened.size, 7);
    assert_true(hash_equal(&opened.root, &checkpoint.root));
    assert_false(checkpoint_open(&opened, bytes_of_buf(&message), &other, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_false(checkpoint_open(&opened, bytes_of_buf(&message), &renamed, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    for (size_t i = 0; i < message.len; i++) {
        assert_false(checkpoint_open(&opened, bytes_of(message.data, i), &verifier, &err));
        message.data[i] ^= 1;
        assert_false(checkpoint_open(&opened, bytes_of_buf(&message), &verifier, &err));
        message.data[i] ^= 1;
    }
    note_verifier_cleanup(&verifier);
    note_verifier_cleanup(&other);
    note_verifier_cleanup(&renamed);
    for (unsigned i = 0; i < 2; i++)
        signer_close(signers[i]);
    buf_cleanup(&pem);
    buf_cleanup(&message);
}

static bool sign_fails(struct signer *signer, uint8_t out[SIGNATURE_LEN], struct bytes message,
                       struct err *err)
{
    (void)signer;
    (void)out;
    (void)message;
    return err_set(err, ERR_IO, "the device is gone");
}

/* When the signer fails, or is of the wrong type, nothing is appended. */
static void checkpoint_sign_fails(void **state)
{
    struct checkpoint checkpoint = sample(7);
    struct signer *ed25519;
    struct signer *p256;
    struct signer failing;
    struct buf pem = {0};
    struct buf message = {0};
    struct err err = {0};

    (void)state;
    assert_true(signer_generate(&ed25519, &pem, KEY_ED25519, &err));
    assert_true(signer_generate(&p256, &pem, KEY_P256, &err));
    failing = (struct signer){.sign = sign_fails, .public_key = ed25519->public_key};
    buf_append_text(&message, "before");
    assert_false(checkpoint_sign(&message, &checkpoint, &failing, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(buf_text(&message), "before");
    assert_false(checkpoint_sign(&message, &checkpoint, p256, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(buf_text(&message), "before");
    signer_close(ed25519);
    signer_close(p256);
    buf_cleanup(&pem);
    buf_cleanup(&message);
}

/* Every checkpoint of a log that another program wrote opens and says what it should. */
static void checkpoint_open_published(void **state)
{
    json_t *json = vectors_load(VECTORS_DIR "/tlog/checkpoints.json");
    struct note_verifier verifier;
    struct err err = {0};
    size_t n;
    json_t *item;

    (void)state;
    assert_true(note_verifier_parse(&verifier, bytes_of_text(vectors_text(json, "vkey")), &err));
    json_array_foreach(vectors_get(json, "checkpoints"), n, item)
    {
        char *path = mem_format("%s/tlog/log/%s", VECTORS_DIR, vectors_text(item, "file"));
        struct checkpoint checkpoint;
        struct buf message = {0};
        struct buf root = {0};

        vectors_read(&message, path);
        vectors_base64(&root, item, "root_base64");
        if (!checkpoint_open(&checkpoint, bytes_of_buf(&message), &verifier, &err))
            fail_msg("%s: %s", path, err.text);
        assert_string_equal(checkpoint.origin, vectors_text(item, "origin"));
        assert_int_equal(checkpoint.size, vectors_uint(item, "size"));
        assert_true(bytes_equal(hash_bytes(&checkpoint.root), bytes_of_buf(&root)));
        buf_cleanup(&message);
        buf_cleanup(&root);
        free(path);
    }
    note_verifier_cleanup(&verifier);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoint_append_text_round_trip),
        cmocka_unit_test(checkpoint_parse_text_forms),
        cmocka_unit_test(checkpoint_parse_text_origin_limit),
        cmocka_unit_test(checkpoint_sign_then_open),
        cmocka_unit_test(checkpoint_sign_fails),
        cmocka_unit_test(checkpoint_open_published),
    };

    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
