#include "server/notify/notice.h"

#include <jansson.h>
#include <string.h>

#include "client/fetch/outside_url.h"
#include "client/fetch/post.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"

static const char REQUEST[] =
    "{\"type\":\"approval-request\",\"requester\":\"usr_1\",\"quorum\":2,\"risk\":\"high\","
    "\"expires_at_ms\":1800000000000,\"run_id\":\"AZpAAAAAAAAAAAAAAAAAAQ\","
    "\"workflow\":{\"id\":\"review\",\"version\":\"14\"},\"action\":{\"operation\":\"sign\","
    "\"resource\":\"contract/1\",\"extent\":\"<https://evil.example|click> *now* [x](y)\\u0007\"}}";

/* The body of a form, read back. */
static json_t *body_of(enum notice_form form)
{
    struct record_fields fields = {0};
    struct notice notice = {.origin = "log.example/a", .index = 7};
    struct buf cbor = {0};
    struct buf body = {0};
    struct err err = {0};
    json_t *out;

    assert_true(view_parse_json(&cbor, bytes_of_text(REQUEST), &err));
    assert_true(record_fields_read(&fields, bytes_of_buf(&cbor), &err));
    notice.record = fields.fields;
    if (!notice_append(&body, &notice, form, &err))
        fail_msg("%s", err.text);
    out = json_loadb((const char *)body.data, body.len, 0, NULL);
    assert_non_null(out);
    record_fields_cleanup(&fields);
    buf_cleanup(&cbor);
    buf_cleanup(&body);
    return out;
}

/* Our own form has the record as it was logged and says where it is and how to answer. */
static void notice_append_json(void **state)
{
    json_t *body = body_of(NOTICE_JSON);

    (void)state;
    assert_string_equal(json_string_value(json_object_get(body, "event")), "approval-request");
    assert_int_equal(json_integer_value(json_object_get(body, "index")), 7);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(body, "record"), "run_id")),
        "AZpAAAAAAAAAAAAAAAAAAQ");
    assert_non_null(strstr(json_string_value(json_object_get(body, "answer_with")),
                           "vouch approve"));
    json_decref(body);
}

/* Slack's form has text and blocks; what the request says cannot make a link or a mention. */
static void notice_append_slack(void **state)
{
    json_t *body = body_of(NOTICE_SLACK);
    json_t *block = json_array_get(json_object_get(body, "blocks"), 0);
    const char *text =
        json_string_value(json_object_get(json_object_get(block, "text"), "text"));

    (void)state;
    assert_string_equal(json_string_value(json_object_get(body, "text")),
                        "Approval needed: sign");
    assert_non_null(strstr(text, "&lt;https://evil.example|click&gt;"));
    assert_non_null(strstr(text, "2027-01-15 08:00:00 UTC"));
    assert_null(strchr(text, 7));
    json_decref(body);
}

/* Teams gets a message with one Adaptive Card, in which Markdown of others is only text. */
static void notice_append_teams(void **state)
{
    json_t *body = body_of(NOTICE_TEAMS);
    json_t *attachment = json_array_get(json_object_get(body, "attachments"), 0);
    json_t *card = json_object_get(attachment, "content");
    json_t *facts =
        json_object_get(json_array_get(json_object_get(card, "body"), 1), "facts");
    bool found = false;
    json_t *fact;
    size_t i;

    (void)state;
    assert_string_equal(json_string_value(json_object_get(attachment, "contentType")),
                        "application/vnd.microsoft.card.adaptive");
    json_array_foreach(facts, i, fact)
        found = found || strstr(json_string_value(json_object_get(fact, "value")),
                                "\\[x\\](y)") != NULL;
    assert_true(found);
    json_decref(body);
}

/* The signature is the one that a receiver computes; from Python's hmac. */
static void post_append_signature_known(void **state)
{
    struct buf out = {0};

    (void)state;
    post_append_signature(&out, bytes_of_text("0123456789abcdef"), 1800000000,
                          bytes_of_text("{\"a\":1}"));
    assert_string_equal(buf_text(&out), "t=1800000000,v1="
                        "d3e17924cac4a72ca2ee9e5700df170fdb5733eaf69ecd909fb0c18a962b03a5");
    buf_cleanup(&out);
}

/* Only https, or this machine. */
static void outside_url_check_refused(void **state)
{
    struct err err = {0};

    (void)state;
    assert_true(outside_url_check("https://hooks.example/x", &err));
    assert_true(outside_url_check("http://127.0.0.1:8080/x", &err));
    assert_false(outside_url_check("http://hooks.example/x", &err));
    assert_false(outside_url_check("https://user@hooks.example/x", &err));
    assert_false(outside_url_check("file:///etc/passwd", &err));
    assert_false(outside_url_check("/etc/passwd", &err));
}

/* Every form is found by its name. */
static void notice_form_find_all(void **state)
{
    enum notice_form found;

    (void)state;
    for (enum notice_form form = NOTICE_JSON; form < NOTICE_FORM_COUNT; form++) {
        assert_true(notice_form_find(&found, notice_form_name(form)));
        assert_int_equal(found, form);
    }
    assert_false(notice_form_find(&found, "fax"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notice_append_json),  cmocka_unit_test(notice_append_slack),
        cmocka_unit_test(notice_append_teams), cmocka_unit_test(post_append_signature_known),
        cmocka_unit_test(outside_url_check_refused), cmocka_unit_test(notice_form_find_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
