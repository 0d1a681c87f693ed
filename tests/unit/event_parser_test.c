/* Server-sent events as the HTML standard (9.2.6) has them, in pieces of any length. */
#include "client/fetch/event_parser.h"

#include "tests/support/cmocka_all.h"

struct seen {
    struct buf text; /* "type|id|data;" of each event */
    bool refuses;
};

static bool see(void *context, const struct stream_event *event, struct err *err)
{
    struct seen *seen = context;

    buf_append_bytes(&seen->text, event->type);
    buf_append_byte(&seen->text, '|');
    buf_append_bytes(&seen->text, event->id);
    buf_append_byte(&seen->text, '|');
    buf_append_bytes(&seen->text, event->data);
    buf_append_byte(&seen->text, ';');
    return !seen->refuses || err_set(err, ERR_REFUSED, "no");
}

/* The events of a stream, whatever the length of its pieces. */
static void assert_events(const char *stream, const char *want)
{
    struct bytes text = bytes_of_text(stream);

    for (size_t piece_len = 1; piece_len <= text.len; piece_len++) {
        struct event_parser parser = {0};
        struct seen seen = {0};
        struct err err = {0};

        for (size_t begin = 0; begin < text.len; begin += piece_len) {
            size_t end = begin + piece_len < text.len ? begin + piece_len : text.len;

            assert_true(
                event_parser_feed(&parser, bytes_slice(text, begin, end), see, &seen, &err));
        }
        assert_string_equal(buf_text(&seen.text), want);
        buf_cleanup(&seen.text);
        event_parser_cleanup(&parser);
    }
}

/* An event has a type, an id and data; the id stays for those that have none. */
static void event_parser_feed_fields(void **state)
{
    (void)state;
    assert_events("id: 7\nevent: entry\ndata: {}\n\n", "entry|7|{};");
    assert_events("id: 7\ndata: a\n\ndata: b\n\n", "|7|a;|7|b;");
    assert_events("data:a\ndata:  b\ndata\n\n", "||a\n b\n;");
    assert_events("other: x\ndata: a\n\n", "||a;");
}

/* Comments, blank lines and events without data or without an end are none. */
static void event_parser_feed_nothing(void **state)
{
    (void)state;
    assert_events(":\n\n: data: a\n\n\n\n", "");
    assert_events("event: entry\n\ndata: a\n\n", "||a;");
    assert_events("data: a\n", "");
    assert_events("data\n\ndata:\n\n", "");
}

/* Lines end with a line feed, a carriage return, or both; a byte order mark may come first. */
static void event_parser_feed_line_ends(void **state)
{
    (void)state;
    assert_events("data: a\r\rdata: b\r\n\r\ndata: c\n\r", "||a;||b;||c;");
    assert_events("\xef\xbb\xbf" "data: a\r\n\r\n\r\n", "||a;");
    assert_events("data: a\n\n\xef\xbb\xbf" "data: b\n\n", "||a;");
}

/* What the stream says of when to come again is kept where it is a number. */
static void event_parser_feed_retry(void **state)
{
    struct event_parser parser = {0};
    struct seen seen = {0};
    struct err err = {0};

    (void)state;
    assert_true(event_parser_feed(&parser, bytes_of_text("retry: 2000\n\nretry: -1\nretry: 1e9\n"
                                                         "retry: 99999999999\n"),
                                  see, &seen, &err));
    assert_int_equal(parser.retry_ms, 2000);
    event_parser_reset(&parser);
    assert_int_equal(parser.retry_ms, 0);
    assert_int_equal(seen.text.len, 0);
    event_parser_cleanup(&parser);
}

/* An event that does not end is refused, be it one line or many. */
static void event_parser_feed_endless(void **state)
{
    static const char *const pieces[] = {"data: aaaaaaaaaaaaaaaaaaaaaaaaa", "data: aaaaaaaaaaa\n"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct event_parser parser = {0};
        struct seen seen = {0};
        struct err err = {0};
        size_t count = 0;

        while (event_parser_feed(&parser, bytes_of_text(pieces[i]), see, &seen, &err)) {
            assert_true(parser.line.len + parser.data.len <= EVENT_LEN_MAX);
            assert_true(++count < EVENT_LEN_MAX);
        }
        assert_int_equal(err.code, ERR_CORRUPT);
        event_parser_cleanup(&parser);
    }
}

/* A refusal ends it there; after a reset another stream begins with nothing of this one. */
static void event_parser_feed_refused(void **state)
{
    struct event_parser parser = {0};
    struct seen seen = {.refuses = true};
    struct err err = {0};

    (void)state;
    assert_false(event_parser_feed(&parser, bytes_of_text("id: 1\ndata: a\n\ndata: b\n\n"), see,
                                   &seen, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_string_equal(buf_text(&seen.text), "|1|a;");
    event_parser_reset(&parser);
    seen.refuses = false;
    buf_clear(&seen.text);
    assert_true(event_parser_feed(&parser, bytes_of_text("data: c\n\n"), see, &seen, &err));
    assert_string_equal(buf_text(&seen.text), "||c;");
    buf_cleanup(&seen.text);
    event_parser_cleanup(&parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_parser_feed_fields),    cmocka_unit_test(event_parser_feed_nothing),
        cmocka_unit_test(event_parser_feed_line_ends), cmocka_unit_test(event_parser_feed_retry),
        cmocka_unit_test(event_parser_feed_endless),   cmocka_unit_test(event_parser_feed_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
