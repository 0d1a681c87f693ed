#include "schemas/record_fields.h"

#include <stdlib.h>
#include <string.h>

/* An array or map whose items are being read. */
struct open_field {
    size_t number;
    size_t begin;       /* where its encoding begins */
    uint64_t remaining; /* items, or pairs */
};

struct walk {
    struct dcbor_reader reader;
    struct open_field stack[DCBOR_DEPTH_MAX + 1];
    size_t depth;
};

static struct field *append(struct record_fields *out)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity == 0 ? 64 : out->capacity * 2;
        out->fields = mem_realloc_array(out->fields, out->capacity, sizeof(*out->fields));
    }
    out->fields[out->count] = (struct field){.span = 1};
    return &out->fields[out->count++];
}

static bool is_container(const struct field *field)
{
    return field->type == DCBOR_ARRAY || field->type == DCBOR_MAP;
}

/* The next value, with its key when it stands in a map. */
static bool read_field(struct record_fields *out, struct walk *walk, struct err *err)
{
    struct field *field = append(out);
    struct dcbor_item item;
    size_t begin;

    if (walk->depth > 0 &&
        out->fields[walk->stack[walk->depth - 1].number].type == DCBOR_MAP &&
        !dcbor_read_text(&walk->reader, &field->key, err))
        return false;
    begin = walk->reader.position;
    if (!dcbor_read(&walk->reader, &item, err))
        return false;
    field->type = item.type;
    field->value = item.value;
    field->string = item.string;
    field->encoded = bytes_slice(walk->reader.input, begin, walk->reader.position);
    if (!is_container(field) || item.value == 0)
        return true;
    if (walk->depth == sizeof(walk->stack) / sizeof(walk->stack[0]))
        return err_set(err, ERR_INVALID, "nested too deeply");
    /* One more than there are: the field itself is counted when it is closed below. */
    walk->stack[walk->depth++] = (struct open_field){out->count - 1, begin, item.value + 1};
    return true;
}

/* Closes every array and map that the value just read completes. */
static void close_full(struct record_fields *out, struct walk *walk)
{
    while (walk->depth > 0 && --walk->stack[walk->depth - 1].remaining == 0) {
        const struct open_field *open = &walk->stack[--walk->depth];
        struct field *field = &out->fields[open->number];

        field->span = (uint32_t)(out->count - open->number);
        field->encoded = bytes_slice(walk->reader.input, open->begin, walk->reader.position);
    }
}

bool record_fields_read_next(struct record_fields *out, struct dcbor_reader *reader,
                             struct err *err)
{
    struct walk walk;

    walk.reader = *reader;
    walk.depth = 0;
    out->count = 0;
    do {
        if (!read_field(out, &walk, err))
            return false;
        close_full(out, &walk);
    } while (walk.depth > 0);
    *reader = walk.reader;
    return true;
}

bool record_fields_read(struct record_fields *out, struct bytes encoded, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(encoded);

    return record_fields_read_next(out, &reader, err) && dcbor_read_end(&reader, err);
}

void record_fields_trim(struct record_fields *fields)
{
    CHECK(fields->count > 0);
    fields->capacity = fields->count;
    fields->fields =
        mem_realloc_array(fields->fields, fields->capacity, sizeof(*fields->fields));
}

void record_fields_cleanup(struct record_fields *fields)
{
    free(fields->fields);
    *fields = (struct record_fields){0};
}

const struct field *field_first(const struct field *parent)
{
    return parent == NULL || !is_container(parent) || parent->value == 0 ? NULL : parent + 1;
}

const struct field *field_next(const struct field *parent, const struct field *item)
{
    const struct field *next = item + item->span;

    return next < parent + parent->span ? next : NULL;
}

/* Names are short: most are compared as two words, which may overlap. */
static bool is_same_name(const uint8_t *data, const char *name, size_t len)
{
    uint64_t words[4];

    if (len < sizeof(words[0]) || len > 2 * sizeof(words[0]))
        return len == 0 ||
               (data[len - 1] == (uint8_t)name[len - 1] && memcmp(data, name, len) == 0);
    memcpy(&words[0], data, sizeof(words[0]));
    memcpy(&words[1], name, sizeof(words[0]));
    memcpy(&words[2], data + len - sizeof(words[0]), sizeof(words[0]));
    memcpy(&words[3], name + len - sizeof(words[0]), sizeof(words[0]));
    return words[0] == words[1] && words[2] == words[3];
}

const struct field *field_get_len(const struct field *map, const char *name, size_t len)
{
    if (map == NULL || map->type != DCBOR_MAP)
        return NULL;
    for (const struct field *item = field_first(map); item != NULL; item = field_next(map, item)) {
        if (item->key.len == len && is_same_name(item->key.data, name, len))
            return item;
    }
    return NULL;
}

const struct field *field_at(const struct field *map, const char *path)
{
    const char *dot;

    while ((dot = strchr(path, '.')) != NULL) {
        map = field_get_len(map, path, (size_t)(dot - path));
        path = dot + 1;
    }
    return field_get(map, path);
}

struct bytes field_text(const struct field *field)
{
    return field == NULL || field->type != DCBOR_TEXT ? (struct bytes){0} : field->string;
}

struct bytes field_bytes(const struct field *field)
{
    return field == NULL || field->type != DCBOR_BYTES ? (struct bytes){0} : field->string;
}

uint64_t field_uint(const struct field *field, uint64_t otherwise)
{
    return field == NULL || field->type != DCBOR_UINT ? otherwise : field->value;
}

bool field_is_true(const struct field *field)
{
    return field != NULL && field->type == DCBOR_BOOL && field->value == 1;
}

size_t field_count(const struct field *field)
{
    return field == NULL || !is_container(field) ? 0 : (size_t)field->value;
}

bool field_list_has(const struct field *array, struct bytes text)
{
    for (const struct field *item = field_first(array); item != NULL;
         item = field_next(array, item)) {
        if (item->type == DCBOR_TEXT && bytes_equal(item->string, text))
            return true;
    }
    return false;
}
