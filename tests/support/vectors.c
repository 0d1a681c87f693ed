#include "tests/support/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

enum { VECTORS_LEN_MAX = 64 << 20 };

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "test vectors: %s: %s\n", what, why);
    abort();
}

json_t *vectors_load(const char *path)
{
    json_error_t error;
    json_t *json = json_load_file(path, JSON_ALLOW_NUL, &error);

    /* Integers beyond 64 bits are read as reals, and then so are all numbers of the file. */
    if (json == NULL && json_error_code(&error) == json_error_numeric_overflow)
        json = json_load_file(path, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    if (json == NULL)
        give_up(path, error.text);
    return json;
}

void vectors_read(struct buf *out, const char *path)
{
    struct err err = {0};

    if (!file_read(out, path, VECTORS_LEN_MAX, &err))
        give_up(path, err.text);
}

const json_t *vectors_get(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL)
        give_up(key, "missing");
    return value;
}

const char *vectors_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(vectors_get(object, key));

    if (text == NULL)
        give_up(key, "not a string");
    return text;
}

uint64_t vectors_uint(const json_t *object, const char *key)
{
    const json_t *value = vectors_get(object, key);

    if (!json_is_integer(value) || json_integer_value(value) < 0)
        give_up(key, "not an unsigned integer");
    return (uint64_t)json_integer_value(value);
}

bool vectors_bool(const json_t *object, const char *key)
{
    const json_t *value = vectors_get(object, key);

    if (!json_is_boolean(value))
        give_up(key, "not a boolean");
    return json_is_true(value);
}

void vectors_hex_value(struct buf *out, const json_t *value)
{
    const char *text = json_string_value(value);
    size_t len;

    if (text == NULL)
        give_up("hex", "not a string");
    len = strlen(text) / 2;
    if (!text_parse_hex(buf_extend(out, len), len, bytes_of_text(text)))
        give_up(text, "not hex");
}

void vectors_hex(struct buf *out, const json_t *object, const char *key)
{
    vectors_hex_value(out, vectors_get(object, key));
}

void vectors_base64(struct buf *out, const json_t *object, const char *key)
{
    const char *text = vectors_text(object, key);

    if (!text_parse_base64(out, bytes_of_text(text)))
        give_up(text, "not base64");
}
