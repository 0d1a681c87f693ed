/* Records made at a terminal: their parts, from options, tokens and payloads. */
#include "client/decision/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/decision/overlay.h"
#include "client/decision/payload_file.h"
#include "client/decision/sign_in.h"
#include "schemas/approval_nonce.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"

static void assert_json(struct buf *encoded, const char *want)
{
    struct buf json = {0};
    struct err err = {0};

    assert_true(view_append_json(&json, bytes_of_buf(encoded), false, &err));
    assert_string_equal(buf_text(&json), want);
    buf_cleanup(&json);
    buf_clear(encoded);
}

/* Ids sort by their time, and say that they are of version 7. */
static void record_id_make_version(void **state)
{
    uint8_t early[RECORD_ID_LEN];
    uint8_t late[RECORD_ID_LEN];
    struct err err = {0};

    (void)state;
    assert_true(record_id_make(early, UINT64_C(0x018f00000000), &err));
    assert_true(record_id_make(late, UINT64_C(0x018f00000001), &err));
    assert_true(memcmp(early, late, RECORD_ID_LEN) < 0);
    assert_int_equal(early[6] >> 4, 7);
    assert_int_equal(early[8] >> 6, 2);
    assert_memory_equal(early, "\x01\x8f\x00\x00\x00\x00", 6);
}

/* The last @ parts id and version; without both there is nothing to name. */
static void draft_append_versioned_parts(void **state)
{
    static const char *const BAD[] = {"", "@", "@1", "a@", "a"};
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    assert_true(draft_append_versioned(&out, "--matrix", "approvals@acme@3", &err));
    assert_json(&out, "{\"id\":\"approvals@acme\",\"version\":\"3\"}");
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        assert_false(draft_append_versioned(&out, "--matrix", BAD[i], &err));
    assert_non_null(strstr(err.text, "--matrix a"));
    buf_cleanup(&out);
}

/* Another number, and another stream where one is named; everything else stays. */
static void draft_append_numbered_copies(void **state)
{
    struct buf record = {0};
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    assert_true(view_parse_json(
        &record, bytes_of_text("{\"a\":[1],\"sequence_number\":0,\"stream\":\"x\"}"), &err));
    assert_true(draft_append_numbered(&out, bytes_of_buf(&record), 7, NULL, &err));
    assert_json(&out, "{\"a\":[1],\"stream\":\"x\",\"sequence_number\":7}");
    assert_true(draft_append_numbered(&out, bytes_of_buf(&record), 8, "y", &err));
    assert_json(&out, "{\"a\":[1],\"stream\":\"y\",\"sequence_number\":8}");
    buf_cleanup(&record);
    buf_cleanup(&out);
}

/* What is put wins over the base, defaults do not, and the rest of the base stays. */
static void overlay_finish_merges(void **state)
{
    struct overlay_file file = {0};
    struct overlay overlay = {0};
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    assert_true(view_parse_json(&file.encoded,
                                bytes_of_text("{\"a\":1,\"b\":\"x\",\"c\":[true]}"), &err));
    assert_true(record_fields_read(&file.fields, bytes_of_buf(&file.encoded), &err));
    overlay.base = file.fields.fields;
    overlay_put_uint(&overlay, "a", 2);
    overlay_put_text(&overlay, "b", NULL);
    overlay_default_text(&overlay, "b", "y");
    overlay_default_text(&overlay, "d", "z");
    overlay_finish(&overlay, &out);
    assert_json(&out, "{\"a\":2,\"b\":\"x\",\"c\":[true],\"d\":\"z\"}");
    overlay_file_cleanup(&file);
    buf_cleanup(&out);
}

/* Without a file there is an empty base; a file that is no JSON object is named. */
static void overlay_file_read_forms(void **state)
{
    struct overlay_file file = {0};
    struct err err = {0};

    (void)state;
    assert_true(overlay_file_read(&file, NULL, &err));
    assert_int_equal(field_count(file.fields.fields), 0);
    overlay_file_cleanup(&file);
    file = (struct overlay_file){0};
    assert_false(overlay_file_read(&file, "/dev/null", &err));
    assert_non_null(strstr(err.text, "/dev/null"));
    overlay_file_cleanup(&file);
}

/* ---- ID tokens ---- */

static void append_token(struct buf *out, const char *claims)
{
    buf_append_text(out, "eyJhbGciOiJFUzI1NiJ9.");
    text_append_base64url(out, bytes_of_text(claims));
    buf_append_text(out, ".c2lnbmF0dXJl");
}

static bool parse(struct sign_in *out, const char *claims, struct err *err)
{
    struct buf token = {0};
    bool ok;

    buf_append_text(&token, " ");
    append_token(&token, claims);
    buf_append_text(&token, "\n");
    ok = sign_in_parse(out, bytes_of_buf(&token), "sub", err);
    buf_cleanup(&token);
    return ok;
}

static const char CLAIMS[] =
    "{\"iss\":\"https://login.example\",\"sub\":\"usr_77\",\"aud\":\"x\",\"jti\":\"t1\","
    "\"amr\":[\"pwd\",\"hwk\"],\"acr\":\"high\",\"auth_time\":90.75,\"iat\":100,\"exp\":200,"
    "\"nonce\":\"n\",\"picture\":null}";

/* A token becomes actor and token as the log compares them with it, and loses its blanks. */
static void sign_in_parse_fills_records(void **state)
{
    struct sign_in sign_in = {0};
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    assert_true(parse(&sign_in, CLAIMS, &err));
    assert_int_equal(sign_in.compact.data[0], 'e');
    assert_int_equal(sign_in.compact.data[sign_in.compact.len - 1], 'l');
    sign_in_append_actor(&out, &sign_in, "legal");
    assert_json(&out, "{\"id\":\"usr_77\",\"kind\":\"human\",\"role\":\"legal\","
                      "\"authentication\":{\"acr\":\"high\",\"amr\":[\"pwd\",\"hwk\"],"
                      "\"iss\":\"https://login.example\",\"auth_time\":90}}");
    sign_in_append_token(&out, &sign_in);
    assert_json(&out, "{\"exp\":200,\"iat\":100,"
                      "\"jti_hash\":\"YotJ2W3N6XpDDdT1l3BYmeCalo95NJHktwTK4zpA3AI\"}");
    sign_in_cleanup(&sign_in);
    buf_cleanup(&out);
}

/* What is no token, and a token without one of the claims needed, is told apart from good ones. */
static void sign_in_parse_refused(void **state)
{
    static const char *const NEEDED[] = {"iss", "sub", "jti", "amr", "auth_time", "iat", "exp"};
    static const char *const NO_TOKENS[] = {"", "a.b", "a.b.c.d", "e30.e30.x\r\nX: y", ".e30."};
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(NEEDED) / sizeof(NEEDED[0]); i++) {
        char *claims = mem_copy_text(CLAIMS);
        char *name = mem_format("\"%s\"", NEEDED[i]);
        struct sign_in sign_in = {0};

        strstr(claims, name)[1] = '_';
        assert_false(parse(&sign_in, claims, &err));
        assert_non_null(strstr(err.text, NEEDED[i]));
        sign_in_cleanup(&sign_in);
        free(claims);
        free(name);
    }
    for (size_t i = 0; i < sizeof(NO_TOKENS) / sizeof(NO_TOKENS[0]); i++) {
        struct sign_in sign_in = {0};

        assert_false(sign_in_parse(&sign_in, bytes_of_text(NO_TOKENS[i]), "sub", &err));
        sign_in_cleanup(&sign_in);
    }
}

/* A token serves from its iat to before its exp, and for one decision. */
static void sign_in_check_serves(void **state)
{
    struct hash digest = {{1}};
    char nonce[APPROVAL_NONCE_LEN + 1];
    struct sign_in sign_in = {0};
    struct err err = {0};

    (void)state;
    assert_true(parse(&sign_in, CLAIMS, &err));
    assert_false(sign_in_check_time(&sign_in, 99999, &err));
    assert_true(sign_in_check_time(&sign_in, 100000, &err));
    assert_true(sign_in_check_time(&sign_in, 199999, &err));
    assert_false(sign_in_check_time(&sign_in, 200000, &err));
    approval_nonce_derive(nonce, &digest, bytes_of_text("request nonce 16"));
    assert_false(sign_in_check_nonce(&sign_in, &digest, bytes_of_text("request nonce 16"), &err));
    assert_non_null(strstr(err.text, nonce));
    sign_in.nonce = nonce;
    assert_true(sign_in_check_nonce(&sign_in, &digest, bytes_of_text("request nonce 16"), &err));
    assert_false(sign_in_check_nonce(&sign_in, &digest, bytes_of_text("request nonce 17"), &err));
    sign_in_cleanup(&sign_in);
}

/* ---- payloads ---- */

/* A directory of a test, and files in it. */
struct place {
    char directory[64];
    char payload[128];
    char keys[128];
};

static void place_init(struct place *place)
{
    struct err err = {0};

    strcpy(place->directory, "/tmp/vouch-draft-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->payload, sizeof(place->payload), "%s/a draft.txt", place->directory);
    snprintf(place->keys, sizeof(place->keys), "%s/keys", place->directory);
    assert_true(file_write_durable(place->payload, bytes_of_text("pay"), 0644, &err));
}

static void place_cleanup(const struct place *place)
{
    unlink(place->payload);
    unlink(place->keys);
    rmdir(place->directory);
}

static bool check(const struct buf *digest, const char *payload, const char *keys_path,
                  struct err *err)
{
    struct opening_keys *keys = mem_alloc(sizeof(*keys));
    struct record_fields fields = {0};
    bool ok = record_fields_read(&fields, bytes_of_buf(digest), err) &&
              (keys_path == NULL || opening_keys_read(keys, keys_path, err)) &&
              payload_check(bytes_of_text(payload), fields.fields, keys, err);

    record_fields_cleanup(&fields);
    free(keys);
    return ok;
}

/* A commitment opens with the key that was kept, among others, and for this payload alone. */
static void payload_check_commitment(void **state)
{
    struct place place;
    struct buf digest = {0};
    struct buf other = {0};
    struct err err = {0};
    struct stat status;

    (void)state;
    place_init(&place);
    assert_true(payload_digest_make(&other, place.payload, place.keys, &err));
    assert_true(payload_digest_make(&digest, place.payload, place.keys, &err));
    assert_false(bytes_equal(bytes_of_buf(&digest), bytes_of_buf(&other)));
    assert_int_equal(stat(place.keys, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(check(&digest, "pay", place.keys, &err));
    assert_true(check(&other, "pay", place.keys, &err));
    assert_false(check(&digest, "pax", place.keys, &err));
    assert_false(check(&digest, "pay", NULL, &err));
    assert_non_null(strstr(err.text, "--opening-keys"));
    buf_cleanup(&digest);
    buf_cleanup(&other);
    place_cleanup(&place);
}

/* A plain hash says what it is of, and is compared without keys. */
static void payload_check_plain(void **state)
{
    struct place place;
    struct buf digest = {0};
    struct err err = {0};

    (void)state;
    place_init(&place);
    assert_true(payload_digest_make(&digest, place.payload, NULL, &err));
    assert_true(check(&digest, "pay", NULL, &err));
    assert_false(check(&digest, "pax", NULL, &err));
    assert_json(&digest, "{\"digest\":\"k1CHLXEqEnxJTX3DXkawvJ5i4ogjlwjlgd_DoUABVKQ\","
                         "\"algorithm\":\"sha-256\",\"media_type\":\"text/plain\","
                         "\"length_bytes\":3}");
    buf_cleanup(&digest);
    place_cleanup(&place);
}

/* An algorithm that is not computed here proves nothing. */
static void payload_check_unknown(void **state)
{
    struct buf digest = {0};
    struct err err = {0};

    (void)state;
    assert_true(view_parse_json(
        &digest, bytes_of_text("{\"algorithm\":\"sha-512\",\"digest\":\"AA\"}"), &err));
    assert_false(check(&digest, "pay", NULL, &err));
    assert_non_null(strstr(err.text, "sha-512"));
    buf_cleanup(&digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_id_make_version),
        cmocka_unit_test(draft_append_versioned_parts),
        cmocka_unit_test(draft_append_numbered_copies),
        cmocka_unit_test(overlay_finish_merges),
        cmocka_unit_test(overlay_file_read_forms),
        cmocka_unit_test(sign_in_parse_fills_records),
        cmocka_unit_test(sign_in_parse_refused),
        cmocka_unit_test(sign_in_check_serves),
        cmocka_unit_test(payload_check_commitment),
        cmocka_unit_test(payload_check_plain),
        cmocka_unit_test(payload_check_unknown),
    };

    return cmocka_run_group_tests_name("draft", tests, NULL, NULL);
}
