/* Borrowed byte spans, owned growing buffers, and allocation that cannot fail. */
#ifndef VOUCH_BASE_BYTES_H
#define VOUCH_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"

/* A borrowed span: whoever made it says how long it lives. data may be NULL when len is 0. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

/* An owned buffer that grows at its end. A zeroed struct is an empty buffer. */
struct buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
};

struct bytes bytes_of(const void *data, size_t len);
struct bytes bytes_of_text(const char *text); /* without the terminating zero */
struct bytes bytes_of_buf(const struct buf *buf);

/* Bytes [begin, end) of span; begin <= end <= span.len is checked. */
struct bytes bytes_slice(struct bytes span, size_t begin, size_t end);

bool bytes_equal(struct bytes a, struct bytes b);

/* Like memcmp, a shorter span first when it is a prefix of the other. */
int bytes_compare(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);
bool bytes_start_with(struct bytes span, struct bytes prefix);

void buf_append(struct buf *buf, const void *data, size_t len);
void buf_append_bytes(struct buf *buf, struct bytes span);
void buf_append_byte(struct buf *buf, uint8_t byte);
void buf_append_text(struct buf *buf, const char *text);
void buf_append_format(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Unsigned integers, big-endian. */
void buf_append_be16(struct buf *buf, uint16_t value);
void buf_append_be32(struct buf *buf, uint32_t value);
void buf_append_be64(struct buf *buf, uint64_t value);
uint16_t read_be16(const uint8_t *data);
uint32_t read_be32(const uint8_t *data);
uint64_t read_be64(const uint8_t *data);

/* Grows by len bytes and returns where they begin, never NULL; the caller fills them. */
uint8_t *buf_extend(struct buf *buf, size_t len);

/* Makes room for at least len more bytes without changing len. */
void buf_reserve(struct buf *buf, size_t len);

/* Empties, keeps the memory. */
void buf_clear(struct buf *buf);

/* Frees and zeroes; accepts a zeroed buffer. */
void buf_cleanup(struct buf *buf);

/* The content as a C string, valid until the next change of buf. */
const char *buf_text(struct buf *buf);

/* Memory or abort: every allocation is bounded by a configured limit. */
void *mem_alloc(size_t len);                          /* zeroed */
void *mem_alloc_array(size_t count, size_t item_len); /* zeroed; product checked */
void *mem_realloc_array(void *old, size_t count, size_t item_len);
void *mem_copy(const void *data, size_t len);
char *mem_copy_text(const char *text);
char *mem_format(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
