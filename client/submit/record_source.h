/* Records out of files and streams: JSON or CBOR in, one checked deterministic record at a time. */
#ifndef VOUCH_CLIENT_SUBMIT_RECORD_SOURCE_H
#define VOUCH_CLIENT_SUBMIT_RECORD_SOURCE_H

#include "base/bytes.h"
#include "base/err.h"
#include "schemas/record_schema.h"

enum {
    RECORD_FILE_LEN_MAX = 64 << 20,
    RECORD_LEN_MAX = 60000, /* of one encoded record: it must fit a statement */
};

/* Receives one record; where says where it stood, for error texts. */
typedef bool (*record_take_fn)(void *context, struct bytes record, const char *where,
                               struct err *err);

/* Where records go, and what they must be. */
struct record_sink {
    record_take_fn take;
    void *context;
    /* Says which members of JSON are byte strings and what each record must be; NULL: those that
     * every log knows, and the form alone. */
    const struct record_schema *schema;
};

/*
 * The records of a whole file: one JSON object or array, JSON objects one a line, or CBOR: a
 * record, an array of records, or a sequence of either. ERR_INVALID names file, line and path.
 */
MUST_USE bool record_source_file(const char *name, struct bytes content,
                                 const struct record_sink *sink, struct err *err);

/* A stream that arrives in pieces: JSON objects one a line, or a CBOR sequence. */
struct record_stream {
    struct buf pending;
    size_t number; /* of the line or item being read, from 1 */
    bool is_json;
    bool is_known; /* is_json has been decided by the first byte */
};

/* Takes the complete records of piece; keeps the rest for the next call. */
MUST_USE bool record_stream_feed(struct record_stream *stream, struct bytes piece,
                                 const struct record_sink *sink, struct err *err);

/* The stream has ended: takes a last line without newline; ERR_INVALID when a record is cut. */
MUST_USE bool record_stream_end(struct record_stream *stream, const struct record_sink *sink,
                                struct err *err);

void record_stream_cleanup(struct record_stream *stream);

#endif
