#include "schemas/note.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/vectors.h"

/* The example of the signed-note specification. */
static const char EXAMPLE_VKEY[] =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char EXAMPLE_NOTE[] =
    "This is an example message.\n\n\xe2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";

static const char MARK[] = "\xe2\x80\x94 ";

struct signing_key {
    struct signer *signer;
    struct note_verifier verifier;
};

static void make_key(struct signing_key *out, const char *name, uint8_t type)
{
    struct buf pem = {0};
    struct err err = {0};

    assert_true(signer_generate(&out->signer, &pem, KEY_ED25519, &err));
    assert_true(note_verifier_init(&out->verifier, name, type, out->signer->public_key, &err));
    buf_cleanup(&pem);
}

static void free_key(struct signing_key *key)
{
    note_verifier_cleanup(&key->verifier);
    signer_close(key->signer);
}

/* Appends a signature line of type 0x01 over text. */
static void append_signed(struct buf *out, struct signing_key *key, const char *text)
{
    uint8_t signature[SIGNATURE_LEN];
    struct err err = {0};

    assert_true(signer_sign(key->signer, signature, bytes_of_text(text), &err));
    note_append_signature(out, key->verifier.name, key->verifier.key_id,
                          bytes_of(signature, sizeof(signature)));
}

static bool parses(const char *text)
{
    struct note note;
    struct err err = {0};
    bool ok = note_parse(&note, bytes_of_text(text), &err);

    if (!ok)
        assert_int_equal(err.code, ERR_INVALID);
    return ok;
}

/* The published example verifies under the published key. */
static void note_verify_specification_example(void **state)
{
    struct note note;
    struct note_verifier verifier;
    bool bad = true;
    struct err err = {0};

    (void)state;
    assert_true(note_verifier_parse(&verifier, bytes_of_text(EXAMPLE_VKEY), &err));
    assert_string_equal(verifier.name, "example.com/foo");
    assert_int_equal(verifier.key_id, 0x530d903a);
    assert_true(note_parse(&note, bytes_of_text(EXAMPLE_NOTE), &err));
    assert_true(bytes_equal_text(note.text, "This is an example message.\n"));
    assert_int_equal(note.signature_count, 1);
    assert_true(note_verify(&note, &verifier, NULL, &bad));
    assert_false(bad);
    note_verifier_cleanup(&verifier);
}

/* No note with one byte of the example changed, or cut anywhere, verifies. */
static void note_verify_every_byte_changed(void **state)
{
    struct bytes example = bytes_of_text(EXAMPLE_NOTE);
    uint8_t *message = mem_copy(example.data, example.len);
    struct note_verifier verifier;
    struct note note;
    struct err err = {0};

    (void)state;
    assert_true(note_verifier_parse(&verifier, bytes_of_text(EXAMPLE_VKEY), &err));
    for (size_t i = 0; i < example.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            message[i] ^= (uint8_t)(1u << bit);
            assert_false(note_parse(&note, bytes_of(message, example.len), &err) &&
                         note_verify(&note, &verifier, NULL, NULL));
            message[i] ^= (uint8_t)(1u << bit);
        }
        assert_false(note_parse(&note, bytes_of(message, i), &err));
    }
    note_verifier_cleanup(&verifier);
    free(message);
}

/* Where another program opens a note, ours does with the same keys, and the other way round. */
static void note_verify_published(void **state)
{
    json_t *cases = vectors_load(VECTORS_DIR "/tlog/notes.json");
    size_t n;
    json_t *item;

    (void)state;
    assert_true(json_array_size(cases) > 10);
    json_array_foreach(cases, n, item)
    {
        const json_t *vkeys = vectors_get(item, "verifiers");
        struct buf message = {0};
        struct note note;
        struct err err = {0};
        size_t valid_count = 0;
        bool any_bad = false;
        bool opens;
        size_t k;
        json_t *vkey;

        vectors_base64(&message, item, "note_base64");
        opens = note_parse(&note, bytes_of_buf(&message), &err);
        json_array_foreach(vkeys, k, vkey)
        {
            struct note_verifier verifier;
            bool bad = false;

            assert_true(
                note_verifier_parse(&verifier, bytes_of_text(json_string_value(vkey)), &err));
            if (opens && note_verify(&note, &verifier, NULL, &bad))
                valid_count++;
            any_bad = any_bad || bad;
            note_verifier_cleanup(&verifier);
        }
        opens = opens && valid_count > 0 && !any_bad;
        if (opens != vectors_bool(item, "opens"))
            fail_msg("%s: %s", vectors_text(item, "name"), err.text);
        if (opens)
            assert_true(bytes_equal_text(note.text, vectors_text(item, "text")));
        buf_cleanup(&message);
    }
    json_decref(cases);
}

/* Text, blank line, at least one signature line, and a newline at the very end. */
static void note_parse_shape(void **state)
{
    (void)state;
    assert_true(parses("text\n\n\xe2\x80\x94 name AAAAAAA=\n"));
    assert_true(parses("\n\n\xe2\x80\x94 name AAAAAAA=\n"));
    assert_true(parses("a\n\nb\n\n\xe2\x80\x94 name AAAAAAA=\n"));
    assert_true(parses("a\n\n\n\xe2\x80\x94 name AAAAAAA=\n"));
    assert_false(parses(""));
    assert_false(parses("\n"));
    assert_false(parses("\n\n"));
    assert_false(parses("text\n"));
    assert_false(parses("text\n\n"));
    assert_false(parses("text\n\xe2\x80\x94 name AAAAAAA=\n"));
    assert_false(parses("\n\xe2\x80\x94 name AAAAAAA=\n"));
    assert_false(parses("text\n\n\xe2\x80\x94 name AAAAAAA="));
    assert_false(parses("text\n\n\xe2\x80\x94 name AAAAAAA=\n\n"));
    assert_false(parses("text\n\n\xe2\x80\x94 name AAAAAAA=\nmore\n"));
    assert_false(parses("text\n\nmore\n\xe2\x80\x94 name AAAAAAA=\n"));
}

/* A signature line has a dash, one space, a name, one space and canonical base64. */
static void note_parse_signature_lines(void **state)
{
    static const char *const bad[] = {
        "- name AAAAAAA=",                        /* a hyphen */
        "\xe2\x80\x93 name AAAAAAA=",             /* an en dash */
        "\xe2\x80\x94name AAAAAAA=",              /* no space */
        "\xe2\x80\x94  AAAAAAA=",                 /* no name */
        "\xe2\x80\x94  name AAAAAAA=",            /* two spaces */
        "\xe2\x80\x94 name  AAAAAAA=",            /* two spaces */
        "\xe2\x80\x94 name",                      /* no signature */
        "\xe2\x80\x94 name ",                     /* an empty one */
        "\xe2\x80\x94 name AAAA",                 /* shorter than a key id */
        "\xe2\x80\x94 name AAAAAA==",             /* nothing but a key id */
        "\xe2\x80\x94 name AAAAAAA",              /* no padding */
        "\xe2\x80\x94 name AAAAAAB=",             /* loose bits */
        "\xe2\x80\x94 name AAAAAAA= ",            /* trailing space */
        "\xe2\x80\x94 name AAAA_AA=",             /* the URL alphabet */
        "\xe2\x80\x94 na me AAAAAAA=",            /* a space in the name */
        "\xe2\x80\x94 na+me AAAAAAA=",            /* a plus */
        "\xe2\x80\x94 na\xc2\xa0me AAAAAAA=",     /* no-break space */
        "\xe2\x80\x94 na\xe2\x80\x83me AAAAAAA=", /* em space */
        "\xe2\x80\x94 na\xe3\x80\x80me AAAAAAA=", /* ideographic space */
        "\xe2\x80\x94 n\xc2\x85 AAAAAAA=",        /* next line */
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *text = mem_format("text\n\n%s\n", bad[i]);

        assert_false(parses(text));
        free(text);
    }
    assert_true(parses("text\n\n\xe2\x80\x94 n\xc3\xa4me/\xe2\x98\x83 AAAAAAA=\n"));
}

/* Control characters but newline, and what is not UTF-8, are refused anywhere. */
static void note_parse_characters(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[] = "te?t\n\n\xe2\x80\x94 name AAAAAAA=\n";
        struct note note;
        struct err err = {0};
        bool allowed = byte == '\n' || (byte >= ' ' && byte < 0x80);

        text[2] = (char)byte;
        assert_int_equal(note_parse(&note, bytes_of(text, sizeof(text) - 1), &err), allowed);
        text[2] = 'x';
        text[12] = (char)byte;
        allowed = byte > ' ' && byte < 0x80 && byte != '+';
        assert_int_equal(note_parse(&note, bytes_of(text, sizeof(text) - 1), &err), allowed);
    }
}

/* 32 signatures are read, and each known one is found wherever it is; 33 are too many. */
static void note_parse_many_signatures(void **state)
{
    static struct signing_key keys[NOTE_SIGNATURES_MAX + 1];
    struct buf message = {0};
    struct note note;
    struct err err = {0};

    (void)state;
    buf_append_text(&message, "text\n\n");
    for (unsigned i = 0; i <= NOTE_SIGNATURES_MAX; i++) {
        char *name = mem_format("witness%u.example", i);

        make_key(&keys[i], name, NOTE_TYPE_ED25519);
        append_signed(&message, &keys[i], "text\n");
        assert_int_equal(note_parse(&note, bytes_of_buf(&message), &err), i < NOTE_SIGNATURES_MAX);
        for (unsigned k = 0; i < NOTE_SIGNATURES_MAX && k <= i; k += 5)
            assert_true(note_verify(&note, &keys[k].verifier, NULL, NULL));
        free(name);
    }
    for (unsigned i = 0; i <= NOTE_SIGNATURES_MAX; i++)
        free_key(&keys[i]);
    buf_cleanup(&message);
}

/* Unknown keys are ignored, also when they share name or id, but not both, with a known one. */
static void note_verify_unknown_keys_ignored(void **state)
{
    struct signing_key known;
    struct signing_key namesake;
    struct buf message = {0};
    struct note note;
    uint8_t junk[3000] = {0};
    bool bad = true;
    struct err err = {0};

    (void)state;
    make_key(&known, "log.example", NOTE_TYPE_ED25519);
    make_key(&namesake, "log.example", NOTE_TYPE_ED25519);
    buf_append_text(&message, "text\n\n");
    append_signed(&message, &namesake, "text\n");
    note_append_signature(&message, "other.example", known.verifier.key_id, bytes_of(junk, 64));
    note_append_signature(&message, "pq.example", 7, bytes_of(junk, sizeof(junk)));
    note_append_signature(&message, "tiny.example", 7, bytes_of(junk, 1));
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    assert_int_equal(note.signature_count, 4);
    assert_int_equal(note.signatures[2].signature_len, 0);
    assert_false(note_verify(&note, &known.verifier, NULL, &bad));
    assert_false(bad);
    append_signed(&message, &known, "text\n");
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    assert_true(note_verify(&note, &known.verifier, NULL, &bad));
    assert_false(bad);
    free_key(&known);
    free_key(&namesake);
    buf_cleanup(&message);
}

/* A signature with name and id of a known key that does not verify makes the note bad. */
static void note_verify_bad_known_signature(void **state)
{
    static const size_t lens[] = {1, 63, 64, 65, 72, 73, 3000};
    struct signing_key key;
    uint8_t junk[3000] = {0};
    struct err err = {0};

    (void)state;
    make_key(&key, "log.example", NOTE_TYPE_ED25519);
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (unsigned with_good = 0; with_good < 4; with_good++) {
            struct buf message = {0};
            struct note note;
            bool bad = false;

            buf_append_text(&message, "text\n\n");
            if ((with_good & 1) != 0)
                append_signed(&message, &key, "text\n");
            note_append_signature(&message, "log.example", key.verifier.key_id,
                                  bytes_of(junk, lens[i]));
            if ((with_good & 2) != 0)
                append_signed(&message, &key, "text\n");
            assert_true(note_parse(&note, bytes_of_buf(&message), &err));
            assert_false(note_verify(&note, &key.verifier, NULL, &bad));
            assert_true(bad);
            assert_false(note_verify(&note, &key.verifier, NULL, NULL));
            buf_cleanup(&message);
        }
    }
    free_key(&key);
}

/* A cosignature covers its time, which verifying tells; it is no signature of type 0x01. */
static void note_verify_cosignature(void **state)
{
    static const uint64_t times[] = {0, 1679315147, INT64_MAX};
    static const char text[] = "log.example\n1\nroot\n";
    struct signing_key witness;
    struct note_verifier as_log;
    struct err err = {0};

    (void)state;
    make_key(&witness, "witness.example", NOTE_TYPE_COSIGNATURE);
    assert_true(note_verifier_init(&as_log, "witness.example", NOTE_TYPE_ED25519,
                                   witness.signer->public_key, &err));
    assert_int_not_equal(as_log.key_id, witness.verifier.key_id);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct buf message = {0};
        struct buf signed_message = {0};
        struct buf signature = {0};
        struct note note;
        uint64_t time_s = 42;
        bool bad = true;

        note_cosignature_message(&signed_message, times[i], bytes_of_text(text));
        buf_append_be64(&signature, times[i]);
        assert_true(signer_sign(witness.signer, buf_extend(&signature, SIGNATURE_LEN),
                                bytes_of_buf(&signed_message), &err));
        buf_append_format(&message, "%s\n", text);
        note_append_signature(&message, "witness.example", witness.verifier.key_id,
                              bytes_of_buf(&signature));
        assert_true(note_parse(&note, bytes_of_buf(&message), &err));
        assert_true(note_verify(&note, &witness.verifier, &time_s, &bad));
        assert_true(time_s == times[i]);
        assert_false(bad);
        assert_false(note_verify(&note, &as_log, NULL, &bad));
        assert_false(bad);
        note.signatures[0].signature[7] ^= 1;
        assert_false(note_verify(&note, &witness.verifier, &time_s, &bad));
        assert_true(bad);
        note.signatures[0].signature[7] ^= 1;
        note.signatures[0].signature[0] |= 0x80; /* beyond 2^63 - 1 */
        assert_false(note_verify(&note, &witness.verifier, &time_s, &bad));
        assert_true(bad);
        buf_cleanup(&message);
        buf_cleanup(&signed_message);
        buf_cleanup(&signature);
    }
    note_verifier_cleanup(&as_log);
    free_key(&witness);
}

/* The example of the tlog-cosignature specification: its message is built as written there. */
static void note_cosignature_message_form(void **state)
{
    struct buf message = {0};

    (void)state;
    note_cosignature_message(&message, 1679315147,
                             bytes_of_text("example.com/behind-the-sofa\n20852163\nCsUY=\n"));
    assert_string_equal(buf_text(&message), "cosignature/v1\ntime 1679315147\n"
                                            "example.com/behind-the-sofa\n20852163\nCsUY=\n");
    buf_cleanup(&message);
}

/* A verifier key gives back exactly its text, for both types. */
static void note_verifier_append_round_trip(void **state)
{
    static const uint8_t types[] = {NOTE_TYPE_ED25519, NOTE_TYPE_COSIGNATURE};

    (void)state;
    for (size_t i = 0; i < sizeof(types); i++) {
        struct signing_key key;
        struct note_verifier parsed;
        struct buf vkey = {0};
        struct buf again = {0};
        struct err err = {0};

        make_key(&key, "log.example/evidence", types[i]);
        note_verifier_append(&vkey, &key.verifier);
        assert_true(note_verifier_parse(&parsed, bytes_of_buf(&vkey), &err));
        assert_int_equal(parsed.type, types[i]);
        assert_true(public_key_equal(parsed.key, key.signer->public_key));
        note_verifier_append(&again, &parsed);
        assert_string_equal(buf_text(&vkey), buf_text(&again));
        note_verifier_cleanup(&parsed);
        free_key(&key);
        buf_cleanup(&vkey);
        buf_cleanup(&again);
    }
}

/* What another program accepts or refuses as a verifier key, so do we. */
static void note_verifier_parse_published(void **state)
{
    json_t *cases = vectors_load(VECTORS_DIR "/tlog/vkeys.json");
    size_t n;
    json_t *item;

    (void)state;
    json_array_foreach(cases, n, item)
    {
        const char *vkey = vectors_text(item, "vkey");
        bool accepted = vectors_bool(item, "accepted");
        struct note_verifier verifier;
        struct err err = {0};

        if (note_verifier_parse(&verifier, bytes_of_text(vkey), &err) != accepted)
            fail_msg("%s: %s", vkey, err.text);
        if (accepted) {
            assert_string_equal(verifier.name, vectors_text(item, "name"));
            assert_int_equal(verifier.key_id, vectors_uint(item, "key_id"));
            note_verifier_cleanup(&verifier);
        }
    }
    json_decref(cases);
}

/* Upper-case hex, a foreign id, another type, and every cut are refused. */
static void note_verifier_parse_refused(void **state)
{
    static const char *const bad[] = {
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo\n+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    };
    struct note_verifier verifier;
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(note_verifier_parse(&verifier, bytes_of_text(bad[i]), &err));
        assert_null(verifier.key);
    }
    for (size_t i = 0; i < sizeof(EXAMPLE_VKEY) - 1; i++)
        assert_false(note_verifier_parse(&verifier, bytes_of(EXAMPLE_VKEY, i), &err));
}

/* Names and types that a verifier cannot have are refused, and so are keys of other types. */
static void note_verifier_init_refused(void **state)
{
    char longest[NOTE_NAME_LEN_MAX + 2] = {0};
    struct signing_key key;
    struct signer *p256;
    struct note_verifier verifier;
    struct buf pem = {0};
    struct err err = {0};

    (void)state;
    make_key(&key, "log.example", NOTE_TYPE_ED25519);
    assert_true(signer_generate(&p256, &pem, KEY_P256, &err));
    assert_false(
        note_verifier_init(&verifier, "log.example", NOTE_TYPE_ED25519, p256->public_key, &err));
    assert_false(note_verifier_init(&verifier, "log.example", 0x02, key.signer->public_key, &err));
    assert_false(
        note_verifier_init(&verifier, "", NOTE_TYPE_ED25519, key.signer->public_key, &err));
    assert_false(
        note_verifier_init(&verifier, "a b", NOTE_TYPE_ED25519, key.signer->public_key, &err));
    memset(longest, 'a', NOTE_NAME_LEN_MAX);
    assert_true(
        note_verifier_init(&verifier, longest, NOTE_TYPE_ED25519, key.signer->public_key, &err));
    note_verifier_cleanup(&verifier);
    longest[NOTE_NAME_LEN_MAX] = 'a';
    assert_false(
        note_verifier_init(&verifier, longest, NOTE_TYPE_ED25519, key.signer->public_key, &err));
    signer_close(p256);
    free_key(&key);
    buf_cleanup(&pem);
}

/* A note of the largest length is read, one byte more is refused. */
static void note_parse_length_limit(void **state)
{
    struct buf message = {0};
    struct note note;
    struct err err = {0};
    size_t tail = sizeof(MARK) - 1 + sizeof("name AAAAAAA=\n") - 1 + 2;

    (void)state;
    memset(buf_extend(&message, NOTE_LEN_MAX - tail), 'x', NOTE_LEN_MAX - tail);
    buf_append_format(&message, "\n\n%sname AAAAAAA=\n", MARK);
    assert_int_equal(message.len, NOTE_LEN_MAX);
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    buf_append_byte(&message, '\n');
    assert_false(note_parse(&note, bytes_of_buf(&message), &err));
    buf_cleanup(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(note_verify_specification_example),
        cmocka_unit_test(note_verify_every_byte_changed),
        cmocka_unit_test(note_verify_published),
        cmocka_unit_test(note_parse_shape),
        cmocka_unit_test(note_parse_signature_lines),
        cmocka_unit_test(note_parse_characters),
        cmocka_unit_test(note_parse_many_signatures),
        cmocka_unit_test(note_verify_unknown_keys_ignored),
        cmocka_unit_test(note_verify_bad_known_signature),
        cmocka_unit_test(note_verify_cosignature),
        cmocka_unit_test(note_cosignature_message_form),
        cmocka_unit_test(note_verifier_append_round_trip),
        cmocka_unit_test(note_verifier_parse_published),
        cmocka_unit_test(note_verifier_parse_refused),
        cmocka_unit_test(note_verifier_init_refused),
        cmocka_unit_test(note_parse_length_limit),
    };

    return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
