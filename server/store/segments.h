/*
 * The segment files: all entries, one after the other, each behind its length as a big-endian
 * uint16. A file ends only between bundles, so every bundle lies in one file. Appending belongs
 * to one thread; segments_fd may be called from any.
 */
#ifndef VOUCH_SERVER_STORE_SEGMENTS_H
#define VOUCH_SERVER_STORE_SEGMENTS_H

#include "base/bytes.h"
#include "base/err.h"

enum {
    SEGMENT_COUNT_MAX = 65536,
};

struct segments;

/* Makes the directory and the empty first segment, both on disk when it returns true. */
MUST_USE bool segments_create(const char *directory, struct err *err);

/*
 * Opens segments 0 to `last` and keeps them open. Changes nothing. ERR_CORRUPT when a file is
 * missing or the last is shorter than last_len.
 */
MUST_USE bool segments_open(struct segments **out, const char *directory, uint32_t last,
                            uint64_t last_len, struct err *err);
void segments_close(struct segments *segments); /* accepts NULL */

/* The segment that grows, and its length with everything appended so far. */
uint32_t segments_last(const struct segments *segments);
uint64_t segments_last_len(const struct segments *segments);

/*
 * Adds one entry of at most 65535 bytes. The first time, what a crash left behind last_len is cut
 * and later segments are removed. After any failure nothing may be appended any more.
 */
MUST_USE bool segments_append(struct segments *segments, struct bytes entry, struct err *err);

/* Begins the next segment; the one before it is on disk when it returns true. */
MUST_USE bool segments_begin_next(struct segments *segments, struct err *err);

/* Everything appended is on disk when it returns true. */
MUST_USE bool segments_sync(struct segments *segments, struct err *err);

/* The file of a segment, borrowed until segments_close; -1 when there is none. */
int segments_fd(struct segments *segments, uint32_t number);

/* Bytes of all segments. */
MUST_USE bool segments_total_bytes(struct segments *segments, uint64_t *out, struct err *err);

#endif
