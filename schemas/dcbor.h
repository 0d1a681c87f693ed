/*
 * Deterministic CBOR (RFC 8949, 4.2.1) read and written item by item, over libcbor's streaming
 * decoder. Reading accepts only what writing would produce: shortest integers, definite lengths,
 * no floats, no undefined, no simple values but false, true and null.
 */
#ifndef VOUCH_SCHEMAS_DCBOR_H
#define VOUCH_SCHEMAS_DCBOR_H

#include "base/bytes.h"
#include "base/err.h"

enum dcbor_type {
    DCBOR_UINT,
    DCBOR_NINT,
    DCBOR_BYTES,
    DCBOR_TEXT,
    DCBOR_ARRAY,
    DCBOR_MAP,
    DCBOR_TAG,
    DCBOR_BOOL,
    DCBOR_NULL,
};

/* One item; of an array, map or tag only its head: what it holds are the items that follow. */
struct dcbor_item {
    enum dcbor_type type;
    uint64_t value;      /* UINT: itself; NINT: n for -1 - n; ARRAY: items; MAP: pairs;
                            TAG: number; BOOL: 0 or 1 */
    struct bytes string; /* BYTES, TEXT: borrowed from the input; TEXT is checked to be UTF-8 */
};

/* A cursor over borrowed input. */
struct dcbor_reader {
    struct bytes input;
    size_t position;
};

struct dcbor_reader dcbor_reader_of(struct bytes input);

/* Everything has been read. */
bool dcbor_at_end(const struct dcbor_reader *reader);

/*
 * Reads the next item. ERR_INVALID names the byte position and what is wrong there: end of
 * input, not the shortest form, indefinite length, float, bad UTF-8 …
 */
MUST_USE bool dcbor_read(struct dcbor_reader *reader, struct dcbor_item *out, struct err *err);

/* The next item must be of this type; the text says what was found instead. */
MUST_USE bool dcbor_read_uint(struct dcbor_reader *reader, uint64_t *out, struct err *err);
MUST_USE bool dcbor_read_int(struct dcbor_reader *reader, int64_t *out, struct err *err);
MUST_USE bool dcbor_read_bytes(struct dcbor_reader *reader, struct bytes *out, struct err *err);
MUST_USE bool dcbor_read_text(struct dcbor_reader *reader, struct bytes *out, struct err *err);
MUST_USE bool dcbor_read_array(struct dcbor_reader *reader, uint64_t *out_count, struct err *err);
MUST_USE bool dcbor_read_map(struct dcbor_reader *reader, uint64_t *out_count, struct err *err);
MUST_USE bool dcbor_read_tag(struct dcbor_reader *reader, uint64_t expected, struct err *err);

/* Fails with "trailing bytes" unless everything has been read. */
MUST_USE bool dcbor_read_end(const struct dcbor_reader *reader, struct err *err);

/* Reads one item with everything in it; out (may be NULL) borrows its encoding. No key checks. */
MUST_USE bool dcbor_skip(struct dcbor_reader *reader, struct bytes *out, struct err *err);

enum {
    DCBOR_DEPTH_MAX = 16,   /* arrays and maps inside each other; a lone scalar has depth 0 */
    DCBOR_COUNT_MAX = 4096, /* items of an array, pairs of a map */
};

/*
 * Whether input is exactly one deterministically encoded item within the limits above: map keys
 * unique and in bytewise order of their encoding, no tags, no null, map keys text only.
 * This is the form of records (style: no floats, no tags, no null, text keys).
 */
MUST_USE bool dcbor_check(struct bytes input, struct err *err);

/*
 * As dcbor_check, for the next item of an input, with depth arrays and maps around it already;
 * out borrows its encoding. After a failure the reader stands where the faulty item begins.
 */
MUST_USE bool dcbor_check_next(struct dcbor_reader *reader, struct bytes *out, unsigned depth,
                               struct err *err);

/* Is shown items while they are checked. */
struct dcbor_observer {
    /* rest: what follows the item's head, not checked yet. */
    void (*see)(void *context, const struct dcbor_item *item, size_t position,
                const struct dcbor_reader *rest);
    void *context;
};

/* As dcbor_check_next, and shows every item that has a right to its place, in order. */
MUST_USE bool dcbor_check_observed(struct dcbor_reader *reader, struct bytes *out, unsigned depth,
                                   const struct dcbor_observer *observer, struct err *err);

/* As dcbor_check, for what COSE carries: tags, null and integer keys are allowed too. */
MUST_USE bool dcbor_check_any(struct bytes input, struct err *err);

/*
 * The JSON pointer (RFC 6901) of the item that begins at a position of input: "/1/type". Writes
 * a zero-terminated text, cut when out_len is too small; "" for the outermost item. What precedes
 * the position must be readable, what follows need not be.
 */
void dcbor_path(char *out, size_t out_len, struct bytes input, size_t position);

/* Encoders append the shortest form. Writers of maps put keys in bytewise order themselves. */
void dcbor_put_uint(struct buf *out, uint64_t value);
void dcbor_put_nint(struct buf *out, uint64_t n); /* -1 - n */
void dcbor_put_int(struct buf *out, int64_t value);
void dcbor_put_bytes(struct buf *out, struct bytes value);
void dcbor_put_bytes_head(struct buf *out, size_t len); /* the caller appends len bytes */
void dcbor_put_text(struct buf *out, struct bytes value);
void dcbor_put_literal(struct buf *out, const char *text); /* a text item from a C string */
void dcbor_put_array(struct buf *out, uint64_t count);
void dcbor_put_map(struct buf *out, uint64_t count);
void dcbor_put_tag(struct buf *out, uint64_t number);
void dcbor_put_bool(struct buf *out, bool value);
void dcbor_put_null(struct buf *out);

/*
 * Maps whose keys are only known at run time: add every encoded pair, then finish sorts them and
 * appends the map to out. ERR_INVALID for a duplicate key.
 */
struct dcbor_map_writer {
    struct buf pairs; /* all keys and values, one after the other */
    struct dcbor_map_pair *index;
    size_t count;
};

void dcbor_map_writer_begin_key(struct dcbor_map_writer *writer);   /* next put is the key */
void dcbor_map_writer_begin_value(struct dcbor_map_writer *writer); /* next puts are the value */
MUST_USE bool dcbor_map_writer_finish(struct dcbor_map_writer *writer, struct buf *out,
                                      struct err *err);
void dcbor_map_writer_cleanup(struct dcbor_map_writer *writer);

#endif
