/* Any bytes as a stream of events: in pieces of any length it says the same as in one. */
#include "client/fetch/event_parser.h"
#include "tests/fuzz/fuzz.h"

struct seen {
    struct buf text;
    size_t left; /* events, until no more are wanted */
};

static bool see(void *context, const struct stream_event *event, struct err *err)
{
    struct seen *seen = context;

    CHECK(event->data.len > 0 && event->data.len <= EVENT_LEN_MAX);
    buf_append_bytes(&seen->text, event->type);
    buf_append_byte(&seen->text, 0);
    buf_append_bytes(&seen->text, event->id);
    buf_append_byte(&seen->text, 0);
    buf_append_bytes(&seen->text, event->data);
    buf_append_byte(&seen->text, 0);
    return --seen->left > 0 || err_set(err, ERR_BUSY, "enough");
}

static bool feed(struct seen *seen, struct bytes stream, size_t piece_len)
{
    struct event_parser parser = {0};
    struct err err = {0};
    bool ok = true;

    while (ok && stream.len > 0) {
        size_t len = stream.len < piece_len ? stream.len : piece_len;

        ok = event_parser_feed(&parser, bytes_slice(stream, 0, len), see, seen, &err);
        stream = bytes_slice(stream, len, stream.len);
    }
    CHECK(ok || err.code == ERR_BUSY || err.code == ERR_CORRUPT);
    event_parser_cleanup(&parser);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t events_max = len > 0 ? data[0] % 8 + 1u : 1;
    struct seen whole = {.left = events_max};
    struct seen parts = {.left = events_max};
    bool ok = feed(&whole, bytes_of(data, len), len + 1);

    CHECK(ok == feed(&parts, bytes_of(data, len), len > 1 ? data[1] % 16 + 1u : 1));
    CHECK(bytes_equal(bytes_of_buf(&whole.text), bytes_of_buf(&parts.text)));
    buf_cleanup(&whole.text);
    buf_cleanup(&parts.text);
    return 0;
}
