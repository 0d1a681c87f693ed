#include "schemas/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "schemas/dcbor.h"

/* An array or object that is being written. */
struct level {
    const json_t *value;
    const char **keys; /* of an object, in the order of their encoding; owned */
    size_t count;
    size_t next;      /* member to write next */
    bool holds_bytes; /* its texts are base64url, as its name says */
};

struct writer {
    struct buf *out;
    const struct byte_fields *byte_fields;
    struct level levels[DCBOR_DEPTH_MAX];
    size_t depth;
};

/* Where the member is that was looked at last, as "/key/0/key". */
static bool fail_here(const struct writer *writer, const char *reason, struct err *err)
{
    char path[160] = "";
    size_t len = 0;

    for (size_t i = 0; i < writer->depth && len < sizeof(path); i++) {
        const struct level *level = &writer->levels[i];
        int written;

        if (level->keys != NULL)
            written = snprintf(path + len, sizeof(path) - len, "/%s", level->keys[level->next - 1]);
        else
            written = snprintf(path + len, sizeof(path) - len, "/%zu", level->next - 1);
        len += (size_t)written;
    }
    return err_set(err, ERR_INVALID, "%s: %s", len == 0 ? "/" : path, reason);
}

/* Deterministic CBOR puts the shorter key first (RFC 8949, 4.2.1). */
static int compare_keys(const void *a, const void *b)
{
    const char *left = *(const char *const *)a;
    const char *right = *(const char *const *)b;
    size_t left_len = strlen(left);
    size_t right_len = strlen(right);

    if (left_len != right_len)
        return left_len < right_len ? -1 : 1;
    return memcmp(left, right, left_len);
}

/* Our own: json_object_foreach takes a json_t that is not const. */
static const char **sort_keys(json_t *object, size_t count)
{
    const char **keys = mem_alloc_array(count, sizeof(*keys));
    size_t i = 0;

    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at))
        keys[i++] = json_object_iter_key(at);
    qsort(keys, count, sizeof(*keys), compare_keys);
    return keys;
}

static bool push_level(struct writer *writer, json_t *value, bool holds_bytes, struct err *err)
{
    bool is_object = json_is_object(value);
    size_t count = is_object ? json_object_size(value) : json_array_size(value);

    if (writer->depth == DCBOR_DEPTH_MAX)
        return fail_here(writer, "nested too deep", err);
    if (count > DCBOR_COUNT_MAX)
        return fail_here(writer, "too many members", err);
    if (is_object)
        dcbor_put_map(writer->out, count);
    else
        dcbor_put_array(writer->out, count);
    writer->levels[writer->depth++] = (struct level){
        .value = value,
        .keys = is_object ? sort_keys(value, count) : NULL,
        .count = count,
        .holds_bytes = !is_object && holds_bytes,
    };
    return true;
}

static void pop_level(struct writer *writer)
{
    writer->depth--;
    free(writer->levels[writer->depth].keys);
}

static bool put_base64url(struct writer *writer, struct bytes text, struct err *err)
{
    struct buf decoded = {0};
    bool ok = text_parse_base64url(&decoded, text);

    if (ok)
        dcbor_put_bytes(writer->out, bytes_of_buf(&decoded));
    buf_cleanup(&decoded);
    return ok || fail_here(writer, "not base64url without padding", err);
}

static bool put_value(struct writer *writer, json_t *value, bool is_bytes, struct err *err)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return push_level(writer, value, is_bytes, err);
    case JSON_STRING: {
        struct bytes text = bytes_of(json_string_value(value), json_string_length(value));

        if (is_bytes)
            return put_base64url(writer, text, err);
        dcbor_put_text(writer->out, text);
        return true;
    }
    case JSON_INTEGER:
        if (is_bytes)
            return fail_here(writer, "a number where base64url is expected", err);
        dcbor_put_int(writer->out, json_integer_value(value));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        if (is_bytes)
            return fail_here(writer, "a boolean where base64url is expected", err);
        dcbor_put_bool(writer->out, json_is_true(value));
        return true;
    case JSON_REAL:
        return fail_here(writer, "numbers with a fraction or exponent are not allowed", err);
    case JSON_NULL:
        break;
    }
    return fail_here(writer, "null is not allowed", err);
}

/* Writes the next member of the innermost level. */
static bool put_member(struct writer *writer, struct err *err)
{
    struct level *level = &writer->levels[writer->depth - 1];
    size_t i = level->next++;
    struct bytes key;

    if (level->keys == NULL)
        return put_value(writer, json_array_get(level->value, i), level->holds_bytes, err);
    key = bytes_of_text(level->keys[i]);
    dcbor_put_text(writer->out, key);
    return put_value(writer, json_object_get(level->value, level->keys[i]),
                     byte_fields_have(writer->byte_fields, key), err);
}

static bool put_tree(struct writer *writer, json_t *root, struct err *err)
{
    if (!put_value(writer, root, false, err))
        return false;
    while (writer->depth > 0) {
        if (writer->levels[writer->depth - 1].next == writer->levels[writer->depth - 1].count)
            pop_level(writer);
        else if (!put_member(writer, err))
            return false;
    }
    return true;
}

bool view_parse_json(struct buf *out, struct bytes json, struct err *err)
{
    return view_parse_json_of(out, json, byte_fields_known(), err);
}

bool view_parse_json_of(struct buf *out, struct bytes json, const struct byte_fields *byte_fields,
                        struct err *err)
{
    struct writer writer = {.out = out, .byte_fields = byte_fields};
    size_t before = out->len;
    json_error_t error;
    json_t *root;
    bool ok;

    root = json_loadb(json.len == 0 ? "" : (const char *)json.data, json.len,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL)
        return err_set(err, ERR_INVALID, "line %d, column %d: %s", error.line, error.column,
                       error.text);
    ok = put_tree(&writer, root, err);
    while (writer.depth > 0)
        pop_level(&writer);
    if (!ok)
        out->len = before;
    json_decref(root);
    return ok;
}
