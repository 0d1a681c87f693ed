#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t BUF_CAPACITY_MIN = 64;

static void *check_memory(void *memory)
{
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *mem_alloc(size_t len)
{
    return mem_alloc_array(1, len);
}

void *mem_alloc_array(size_t count, size_t item_len)
{
    return check_memory(calloc(count == 0 ? 1 : count, item_len == 0 ? 1 : item_len));
}

void *mem_realloc_array(void *old, size_t count, size_t item_len)
{
    CHECK(item_len == 0 || count <= SIZE_MAX / item_len);
    return check_memory(realloc(old, count * item_len == 0 ? 1 : count * item_len));
}

void *mem_copy(const void *data, size_t len)
{
    void *copy = check_memory(malloc(len == 0 ? 1 : len));

    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

char *mem_copy_text(const char *text)
{
    return mem_copy(text, strlen(text) + 1);
}

char *mem_format(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        text = NULL;
    return check_memory(text);
}

struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes){.data = data, .len = len};
}

struct bytes bytes_of_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

struct bytes bytes_of_buf(const struct buf *buf)
{
    return bytes_of(buf->data, buf->len);
}

struct bytes bytes_slice(struct bytes span, size_t begin, size_t end)
{
    CHECK(begin <= end && end <= span.len);
    return bytes_of(begin == 0 ? span.data : span.data + begin, end - begin);
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool bytes_equal_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of_text(text));
}

bool bytes_start_with(struct bytes span, struct bytes prefix)
{
    return span.len >= prefix.len && bytes_equal(bytes_slice(span, 0, prefix.len), prefix);
}

void buf_reserve(struct buf *buf, size_t len)
{
    size_t capacity = buf->capacity == 0 ? BUF_CAPACITY_MIN : buf->capacity;

    CHECK(len <= SIZE_MAX / 4 && buf->len <= SIZE_MAX / 4);
    if (buf->data != NULL && buf->capacity - buf->len >= len)
        return;
    while (capacity - buf->len < len)
        capacity *= 2;
    buf->data = mem_realloc_array(buf->data, capacity, 1);
    buf->capacity = capacity;
}

uint8_t *buf_extend(struct buf *buf, size_t len)
{
    uint8_t *begin;

    buf_reserve(buf, len == 0 ? 1 : len); /* so that there is memory to point to */
    begin = buf->data + buf->len;
    buf->len += len;
    return begin;
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
    if (len > 0)
        memcpy(buf_extend(buf, len), data, len);
}

void buf_append_bytes(struct buf *buf, struct bytes span)
{
    buf_append(buf, span.data, span.len);
}

void buf_append_byte(struct buf *buf, uint8_t byte)
{
    *buf_extend(buf, 1) = byte;
}

void buf_append_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    buf_reserve(buf, (size_t)len + 1);
    va_start(args, format);
    vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

void buf_append_be16(struct buf *buf, uint16_t value)
{
    uint8_t *out = buf_extend(buf, 2);

    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

void buf_append_be32(struct buf *buf, uint32_t value)
{
    buf_append_be16(buf, (uint16_t)(value >> 16));
    buf_append_be16(buf, (uint16_t)value);
}

void buf_append_be64(struct buf *buf, uint64_t value)
{
    buf_append_be32(buf, (uint32_t)(value >> 32));
    buf_append_be32(buf, (uint32_t)value);
}

uint16_t read_be16(const uint8_t *data)
{
    return (uint16_t)((unsigned)data[0] << 8 | data[1]);
}

uint32_t read_be32(const uint8_t *data)
{
    return (uint32_t)read_be16(data) << 16 | read_be16(data + 2);
}

uint64_t read_be64(const uint8_t *data)
{
    return (uint64_t)read_be32(data) << 32 | read_be32(data + 4);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
}

void buf_cleanup(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

const char *buf_text(struct buf *buf)
{
    buf_reserve(buf, 1);
    buf->data[buf->len] = 0;
    return (const char *)buf->data;
}
