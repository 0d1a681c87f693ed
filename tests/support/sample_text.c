#include "tests/support/sample_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* SAMPLE_RECORDS: the bytes of sample_records.txt. */
#include "sample_records_bytes.h"

static struct bytes take_line(struct bytes *rest)
{
    struct bytes line;

    text_split(rest, &line, '\n');
    return line;
}

/* A paragraph ends with an empty line; the lines before it that begin with # are comments. */
static bool take_paragraph(struct bytes *rest, struct bytes *out_name, struct bytes *out_text)
{
    struct bytes line = {0};

    while (line.len == 0 || line.data[0] == '#') {
        if (rest->len == 0)
            return false;
        line = take_line(rest);
    }
    *out_name = line;
    *out_text = bytes_slice(*rest, 0, 0);
    while (rest->len > 0 && (line = take_line(rest)).len > 0)
        out_text->len = (size_t)(line.data + line.len - out_text->data);
    return true;
}

bool sample_text_at(struct bytes *out_name, struct bytes *out_text, size_t number)
{
    struct bytes rest = bytes_of(SAMPLE_RECORDS, sizeof(SAMPLE_RECORDS));

    for (size_t i = 0; i < number; i++) {
        if (!take_paragraph(&rest, out_name, out_text))
            return false;
    }
    return take_paragraph(&rest, out_name, out_text);
}

static bool find(struct bytes *out_text, struct bytes name)
{
    struct bytes rest = bytes_of(SAMPLE_RECORDS, sizeof(SAMPLE_RECORDS));
    struct bytes found;

    while (take_paragraph(&rest, &found, out_text)) {
        if (bytes_equal(found, name))
            return true;
    }
    return false;
}

static _Noreturn void fail(const char *what, struct bytes name)
{
    fprintf(stderr, "sample records: %s: %.*s\n", what, (int)name.len, (const char *)name.data);
    abort();
}

struct bytes sample_text_named(const char *name)
{
    struct bytes text;

    if (!find(&text, bytes_of_text(name)))
        fail("no such paragraph", bytes_of_text(name));
    return text;
}

/* The word at the beginning of text, its $ included. */
static struct bytes word_of(struct bytes text)
{
    size_t len = 1;

    while (len < text.len && strchr("abcdefghijklmnopqrstuvwxyz_", text.data[len]) != NULL)
        len++;
    return bytes_slice(text, 0, len);
}

void sample_text_expand(struct buf *out, struct bytes text, sample_value_fn value, void *context)
{
    while (text.len > 0) {
        const uint8_t *dollar = memchr(text.data, '$', text.len);
        size_t plain_len = dollar == NULL ? text.len : (size_t)(dollar - text.data);
        struct bytes word;
        struct bytes inner;

        buf_append(out, text.data, plain_len);
        text = bytes_slice(text, plain_len, text.len);
        if (text.len == 0)
            return;
        word = word_of(text);
        text = bytes_slice(text, word.len, text.len);
        if (find(&inner, word))
            sample_text_expand(out, inner, value, context);
        else if (!value(context, out, bytes_slice(word, 1, word.len)))
            fail("nobody knows the word", word);
    }
}
