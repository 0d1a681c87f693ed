/*
 * Server-sent events (HTML standard, 9.2.6), from a stream that arrives in pieces of any length.
 * Events have a limit; everything else of the stream is passed over.
 */
#ifndef VOUCH_CLIENT_FETCH_EVENT_PARSER_H
#define VOUCH_CLIENT_FETCH_EVENT_PARSER_H

#include "base/bytes.h"
#include "base/err.h"

enum { EVENT_LEN_MAX = 256 * 1024 };

/* Borrowed until the callback returns. */
struct stream_event {
    struct bytes type; /* empty: the stream does not say */
    struct bytes id;   /* of the last event that had one */
    struct bytes data; /* never empty */
};

typedef bool (*event_take_fn)(void *context, const struct stream_event *event, struct err *err);

/* A zeroed struct is at the beginning of a stream. */
struct event_parser {
    struct buf line;
    struct buf type;
    struct buf data;
    struct buf id;
    bool is_begun;     /* something of the stream was seen */
    bool after_return; /* the last byte was a carriage return */
    uint64_t retry_ms; /* what the stream asks for; 0: nothing */
};

/*
 * Takes the next piece and calls take for each event that is complete. False: take said so, or
 * ERR_CORRUPT, an event is longer than EVENT_LEN_MAX.
 */
MUST_USE bool event_parser_feed(struct event_parser *parser, struct bytes piece,
                                event_take_fn take, void *context, struct err *err);

/* At the beginning of another stream: what was incomplete is forgotten, and so is the id. */
void event_parser_reset(struct event_parser *parser);
void event_parser_cleanup(struct event_parser *parser);

#endif
