#include "client/tail/follower.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/fetch/backoff.h"
#include "client/plain_text.h"
#include "merkle/node.h"
#include "schemas/key.h"
#include "schemas/view.h"

enum { LOOK_EVERY_MS = 1000, REFUSAL_LEN_MAX = 65536, ASKED_RETRY_MAX_S = 60 };

struct follower {
    const struct follower_options *options;
    const bool *is_over;
    struct fetcher *fetcher;
    struct event_parser parser;
    struct buf item; /* of the event at hand, as CBOR */
    struct record_fields fields;
    struct buf last_id;   /* of the last event that was taken; empty: none */
    uint64_t next_index;  /* no entry before it may come; UINT64_MAX: any */
    struct backoff backoff;
    bool has_answered;    /* ever */
    bool is_away;         /* said so already */
    uint64_t away_ns;     /* since when; monotonic */
    bool is_done;         /* the request */
    struct fetch_reply reply;
    struct err failure;   /* met while taking a piece; ERR_NONE: none */
};

/* ---- events ---- */

static bool no_event(struct err *err, const char *why)
{
    return err_set(err, ERR_CORRUPT, "the log's stream makes no sense: %s", why);
}

/* Another id would go wrong only later, when it is sent back. */
static bool check_id(const struct stream_event *event, const struct told *told, struct err *err)
{
    struct buf id = {0};
    bool ok;

    if (told->is_entry)
        buf_append_format(&id, "%" PRIu64, told->row.index);
    else
        buf_append_format(&id, "checkpoint-%" PRIu64, told->size);
    ok = bytes_equal(event->id, bytes_of_buf(&id));
    buf_cleanup(&id);
    return ok || no_event(err, "an event has another id than it should have");
}

/* Entries come in order; where all are asked for, none may be missing. */
static bool check_place(const struct follower *follower, const struct told *told, struct err *err)
{
    uint64_t place = told->is_entry ? told->row.index : told->size;
    bool is_whole = follower->options->terms.len == 0;

    if (follower->next_index == UINT64_MAX || place == follower->next_index ||
        (!is_whole && place > follower->next_index))
        return true;
    return no_event(err, place < follower->next_index ? "it goes back" : "it leaves out entries");
}

static bool read_told(struct follower *follower, struct told *out, struct err *err)
{
    const struct field *map = follower->fields.fields;

    out->encoded = map->encoded;
    if (out->is_entry)
        return row_read(&out->row, map, err);
    out->checkpoint = map;
    out->size = field_uint(field_get(map, "size"), UINT64_MAX);
    return out->size <= TREE_SIZE_MAX || no_event(err, "a checkpoint names no tree");
}

static bool read_data(struct follower *follower, struct bytes data, struct err *err)
{
    struct err form = {0};

    buf_clear(&follower->item);
    if (view_parse_json(&follower->item, data, &form) &&
        record_fields_read(&follower->fields, bytes_of_buf(&follower->item), &form))
        return true;
    return no_event(err, form.text);
}

/* Events of other types may come from a newer log. */
static bool take_event(void *context, const struct stream_event *event, struct err *err)
{
    struct follower *follower = context;
    const struct follower_options *options = follower->options;
    struct told told = {.is_entry = bytes_equal_text(event->type, "entry")};

    if (!told.is_entry && !bytes_equal_text(event->type, "checkpoint"))
        return true;
    if (!read_data(follower, event->data, err) || !read_told(follower, &told, err) ||
        !check_id(event, &told, err) || !check_place(follower, &told, err) ||
        !options->take(options->context, &told, err))
        return false;
    buf_clear(&follower->last_id);
    buf_append_bytes(&follower->last_id, event->id);
    follower->next_index = told.is_entry ? told.row.index + 1 : told.size;
    follower->backoff = (struct backoff){0};
    return !*follower->is_over && !outlet_is_ended(options->outlet);
}

/* ---- the connection ---- */

static void say(const char *what)
{
    struct buf line = {0};

    plain_text_append(&line, bytes_of_text(what));
    fprintf(stderr, "vouch tail: %s\n", buf_text(&line));
    buf_cleanup(&line);
}

static bool take_piece(void *context, struct bytes piece)
{
    struct follower *follower = context;

    if (follower->is_away && follower->has_answered)
        say("the log is back");
    follower->has_answered = true;
    follower->is_away = false;
    return event_parser_feed(&follower->parser, piece, take_event, follower, &follower->failure);
}

static void take_end(void *context, struct fetch_reply *reply)
{
    struct follower *follower = context;

    follower->reply = *reply;
    reply->body = (struct buf){0};
    follower->is_done = true;
}

static bool start(struct follower *follower, struct err *err)
{
    const struct follower_options *options = follower->options;
    struct fetch_request request = {.accept = "text/event-stream",
                                    .reply_len_max = REFUSAL_LEN_MAX,
                                    .take = take_piece,
                                    .done = take_end,
                                    .context = follower};
    struct buf path = {0};
    bool ok;

    buf_append_text(&path, "v1/stream?");
    if (follower->last_id.len > 0)
        request.last_event_id = buf_text(&follower->last_id);
    else if (options->begin != UINT64_MAX)
        buf_append_format(&path, "begin=%" PRIu64, options->begin);
    if (options->terms.len > 0)
        buf_append_bytes(&path, path.data[path.len - 1] == '?'
                                    ? bytes_slice(options->terms, 1, options->terms.len)
                                    : options->terms);
    if (path.data[path.len - 1] == '?')
        path.len--;
    follower->is_done = false;
    event_parser_reset(&follower->parser);
    request.path = buf_text(&path);
    ok = path.len < FETCH_PATH_LEN_MAX ? fetch_start(follower->fetcher, &request, err)
                                       : err_set(err, ERR_INVALID, "the terms are too long");
    buf_cleanup(&path);
    return ok;
}

static bool is_ended(const struct follower *follower)
{
    return *follower->is_over || outlet_is_ended(follower->options->outlet);
}

/* One connection, to its end. What is under way when nobody listens any more is dropped. */
static bool run_once(struct follower *follower, struct err *err)
{
    buf_cleanup(&follower->reply.body);
    if (!start(follower, err))
        return false;
    while (!follower->is_done && !is_ended(follower)) {
        if (!fetch_run(follower->fetcher, follower->options->outlet->signal_fd, LOOK_EVERY_MS,
                       err))
            return false;
    }
    return true;
}

/* Why the connection ended; ERR_BUSY: another may go on. */
static bool judge_end(struct follower *follower, struct err *err)
{
    const struct fetch_reply *reply = &follower->reply;

    if (follower->failure.code != ERR_NONE) {
        *err = follower->failure;
        follower->failure = (struct err){0};
        return false;
    }
    if (reply->status == 200)
        return err_set(err, ERR_BUSY, "the log has ended the stream");
    return fetch_explain(reply, "v1/stream", err);
}

static uint64_t patience_ns(const struct follower *follower)
{
    uint64_t retry_s = follower->options->retry_s;

    if (retry_s > 0)
        return retry_s * 1000000000;
    return follower->has_answered ? UINT64_MAX : (uint64_t)FETCH_READ_RETRY_MS * 1000000;
}

/* Where the log ended the stream in good order, it said when to come again. */
static bool wait_for_log(struct follower *follower, const struct err *why, struct err *err)
{
    uint64_t asked_s = follower->reply.retry_after_s;
    uint32_t random = 0;

    if (!follower->is_away) {
        struct buf text = {0};

        follower->is_away = true;
        follower->away_ns = clock_monotonic_ns();
        buf_append_format(&text, "%s: trying again", why->text);
        say(buf_text(&text));
        buf_cleanup(&text);
    }
    if (clock_monotonic_ns() - follower->away_ns > patience_ns(follower)) {
        *err = *why;
        return false;
    }
    if (!random_fill((uint8_t *)&random, sizeof(random), err))
        return false;
    if (follower->reply.status == 200)
        asked_s = follower->parser.retry_ms / 1000;
    if (asked_s > ASKED_RETRY_MAX_S)
        asked_s = ASKED_RETRY_MAX_S;
    outlet_wait(follower->options->outlet,
                backoff_next_ms(&follower->backoff, (unsigned)asked_s, random));
    return true;
}

static bool follow(struct follower *follower, struct err *err)
{
    while (!is_ended(follower)) {
        struct err why = {0};

        if (!run_once(follower, err))
            return false;
        if (is_ended(follower))
            return true;
        judge_end(follower, &why);
        if (why.code != ERR_BUSY) {
            *err = why;
            return false;
        }
        if (!wait_for_log(follower, &why, err))
            return false;
    }
    return true;
}

bool follow_stream(const struct follower_options *options, const bool *is_over, struct err *err)
{
    struct follower follower = {
        .options = options, .is_over = is_over, .next_index = options->begin};
    bool ok = fetch_open(&follower.fetcher, options->url, err);

    if (ok && !follower.fetcher->is_remote)
        ok = err_set(err, ERR_INVALID, "%s: a copy of a log has no stream: the URL of a log is "
                                       "needed",
                     options->url);
    ok = ok && follow(&follower, err);
    fetch_close(follower.fetcher);
    event_parser_cleanup(&follower.parser);
    record_fields_cleanup(&follower.fields);
    buf_cleanup(&follower.item);
    buf_cleanup(&follower.last_id);
    buf_cleanup(&follower.reply.body);
    return ok;
}
