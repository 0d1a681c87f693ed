#include "schemas/dcbor.h"

#include <inttypes.h>

#include <cbor.h>

#include "base/text.h"

/* The two parts of an item's first byte (RFC 8949, 3). */
enum { MAJOR_TAG = 6, MAJOR_SIMPLE = 7, MAJOR_SHIFT = 5, INFO_MASK = 31 };
enum { INFO_ONE_BYTE = 24, INFO_TWO_BYTES = 25, INFO_EIGHT_BYTES = 27, INFO_INDEFINITE = 31 };
enum { SIMPLE_FALSE = 20, SIMPLE_NULL = 22, SIMPLE_UNDEFINED = 23, SIMPLE_FLOAT16 = 25 };

enum { HEAD_LEN_MAX = 9 };

struct dcbor_reader dcbor_reader_of(struct bytes input)
{
    return (struct dcbor_reader){.input = input};
}

bool dcbor_at_end(const struct dcbor_reader *reader)
{
    return reader->position == reader->input.len;
}

/* ---- what libcbor calls with the item it has decoded ---- */

static void put_item(void *context, enum dcbor_type type, uint64_t value)
{
    struct dcbor_item *item = context;

    item->type = type;
    item->value = value;
}

static void on_uint8(void *context, uint8_t value)
{
    put_item(context, DCBOR_UINT, value);
}

static void on_uint16(void *context, uint16_t value)
{
    put_item(context, DCBOR_UINT, value);
}

static void on_uint32(void *context, uint32_t value)
{
    put_item(context, DCBOR_UINT, value);
}

static void on_uint64(void *context, uint64_t value)
{
    put_item(context, DCBOR_UINT, value);
}

static void on_negint8(void *context, uint8_t value)
{
    put_item(context, DCBOR_NINT, value);
}

static void on_negint16(void *context, uint16_t value)
{
    put_item(context, DCBOR_NINT, value);
}

static void on_negint32(void *context, uint32_t value)
{
    put_item(context, DCBOR_NINT, value);
}

static void on_negint64(void *context, uint64_t value)
{
    put_item(context, DCBOR_NINT, value);
}

static void on_bytes(void *context, cbor_data data, size_t len)
{
    put_item(context, DCBOR_BYTES, len);
    ((struct dcbor_item *)context)->string = bytes_of(data, len);
}

static void on_text(void *context, cbor_data data, size_t len)
{
    put_item(context, DCBOR_TEXT, len);
    ((struct dcbor_item *)context)->string = bytes_of(data, len);
}

static void on_array(void *context, size_t count)
{
    put_item(context, DCBOR_ARRAY, count);
}

static void on_map(void *context, size_t count)
{
    put_item(context, DCBOR_MAP, count);
}

static void on_tag(void *context, uint64_t number)
{
    put_item(context, DCBOR_TAG, number);
}

static void on_bool(void *context, bool value)
{
    put_item(context, DCBOR_BOOL, value);
}

static void on_null(void *context)
{
    put_item(context, DCBOR_NULL, 0);
}

/* The rest cannot be called: find_forbidden has refused their first bytes. */
static const struct cbor_callbacks CALLBACKS = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string = on_bytes,
    .string = on_text,
    .array_start = on_array,
    .map_start = on_map,
    .tag = on_tag,
    .boolean = on_bool,
    .null = on_null,
};

/* ---- reading ---- */

static bool fail_at(size_t position, const char *reason, struct err *err)
{
    return err_set(err, ERR_INVALID, "byte %zu: %s", position, reason);
}

/* Why an item may not begin with this byte, or NULL when it may. */
static const char *find_forbidden(uint8_t first)
{
    unsigned info = first & INFO_MASK;

    if (first >> MAJOR_SHIFT != MAJOR_SIMPLE) {
        if (info <= INFO_EIGHT_BYTES)
            return NULL;
        return info == INFO_INDEFINITE ? "indefinite length" : "reserved length encoding";
    }
    if (info >= SIMPLE_FALSE && info <= SIMPLE_NULL)
        return NULL;
    if (info == SIMPLE_UNDEFINED)
        return "undefined is not allowed";
    if (info >= SIMPLE_FLOAT16 && info <= INFO_EIGHT_BYTES)
        return "floating-point numbers are not allowed";
    return info == INFO_INDEFINITE ? "break without indefinite length"
                                   : "simple value other than false, true and null";
}

/* Whether the argument (value or length) fits no shorter form (RFC 8949, 4.2.1). */
static bool is_shortest(unsigned info, uint64_t argument)
{
    static const uint64_t least[] = {24, 1u << 8, 1u << 16, (uint64_t)1 << 32};

    return info < INFO_ONE_BYTE || argument >= least[info - INFO_ONE_BYTE];
}

/* Decodes the item; false at the end of the input. libcbor 0.8 does not know the tags 6 to 20. */
static bool decode_item(struct dcbor_item *out, struct bytes rest, size_t *out_len)
{
    unsigned info = rest.data[0] & INFO_MASK;
    struct cbor_decoder_result result;

    if (rest.data[0] >> MAJOR_SHIFT == MAJOR_TAG && info < INFO_ONE_BYTE) {
        put_item(out, DCBOR_TAG, info);
        *out_len = 1;
        return true;
    }
    result = cbor_stream_decode(rest.data, rest.len, &CALLBACKS, out);
    *out_len = result.read;
    return result.status == CBOR_DECODER_FINISHED;
}

/* What is wrong with a decoded item, or NULL. rest is the input behind it. */
static const char *find_fault(const struct dcbor_item *item, unsigned info, size_t rest_len)
{
    if (!is_shortest(info, item->value) && item->type < DCBOR_BOOL)
        return "not the shortest encoding";
    if (item->type == DCBOR_TEXT && !text_is_utf8(item->string))
        return "text is not UTF-8";
    if (item->type == DCBOR_ARRAY && item->value > rest_len)
        return "array is longer than the input";
    if (item->type == DCBOR_MAP && item->value > rest_len / 2)
        return "map is longer than the input";
    return NULL;
}

static bool read_any(struct dcbor_reader *reader, struct dcbor_item *out, struct err *err)
{
    struct bytes rest = bytes_slice(reader->input, reader->position, reader->input.len);
    size_t len = 0;
    const char *fault;

    if (rest.len == 0)
        return fail_at(reader->position, "end of input, an item is missing", err);
    fault = find_forbidden(rest.data[0]);
    if (fault != NULL)
        return fail_at(reader->position, fault, err);
    if (!decode_item(out, rest, &len))
        return fail_at(reader->position, "end of input inside an item", err);
    fault = find_fault(out, rest.data[0] & INFO_MASK, rest.len - len);
    if (fault != NULL)
        return fail_at(reader->position, fault, err);
    reader->position += len;
    return true;
}

/* Whether these may be the value and content of an item with left bytes behind its head. */
static bool is_within(const struct dcbor_item *item, size_t left)
{
    switch (item->type) {
    case DCBOR_BYTES:
    case DCBOR_ARRAY:
        return item->value <= left;
    case DCBOR_TEXT:
        return item->value <= left && text_is_utf8(item->string);
    case DCBOR_MAP:
        return item->value <= left / 2;
    default:
        return true;
    }
}

/*
 * Reads an item whose head is one to three bytes, as almost all are: several times faster than over
 * callbacks. What it does not take, for its length or because it is wrong, is left to libcbor.
 */
static bool read_short(struct dcbor_reader *reader, struct dcbor_item *out)
{
    size_t left = reader->input.len - reader->position;
    const uint8_t *at = left == 0 ? NULL : reader->input.data + reader->position;
    unsigned info = left == 0 ? INFO_INDEFINITE : at[0] & INFO_MASK;
    size_t head_len = info < INFO_ONE_BYTE ? 1 : 2 + (info == INFO_TWO_BYTES);

    if (info > INFO_TWO_BYTES || left < head_len || at[0] >> MAJOR_SHIFT >= MAJOR_TAG)
        return false;
    out->type = (enum dcbor_type)(at[0] >> MAJOR_SHIFT);
    out->value = head_len == 1 ? info : head_len == 2 ? at[1] : read_be16(at + 1);
    left -= head_len;
    if (out->type == DCBOR_BYTES || out->type == DCBOR_TEXT)
        out->string = bytes_of(at + head_len, out->value <= left ? (size_t)out->value : 0);
    if (!is_shortest(info, out->value) || !is_within(out, left))
        return false;
    reader->position += head_len;
    if (out->type == DCBOR_BYTES || out->type == DCBOR_TEXT)
        reader->position += (size_t)out->value;
    return true;
}

bool dcbor_read(struct dcbor_reader *reader, struct dcbor_item *out, struct err *err)
{
    return read_short(reader, out) || read_any(reader, out, err);
}

static const char *type_name(enum dcbor_type type)
{
    static const char *const names[] = {
        [DCBOR_UINT] = "unsigned integer",
        [DCBOR_NINT] = "negative integer",
        [DCBOR_BYTES] = "byte string",
        [DCBOR_TEXT] = "text",
        [DCBOR_ARRAY] = "array",
        [DCBOR_MAP] = "map",
        [DCBOR_TAG] = "tag",
        [DCBOR_BOOL] = "boolean",
        [DCBOR_NULL] = "null",
    };

    return names[type];
}

/* Reads an item that must be of one type. */
static bool read_type(struct dcbor_reader *reader, struct dcbor_item *out, enum dcbor_type wanted,
                      struct err *err)
{
    struct dcbor_reader next = *reader;

    if (!dcbor_read(&next, out, err))
        return false;
    if (out->type != wanted)
        return err_set(err, ERR_INVALID, "byte %zu: %s where %s is expected", reader->position,
                       type_name(out->type), type_name(wanted));
    *reader = next;
    return true;
}

bool dcbor_read_uint(struct dcbor_reader *reader, uint64_t *out, struct err *err)
{
    struct dcbor_item item;

    if (!read_type(reader, &item, DCBOR_UINT, err))
        return false;
    *out = item.value;
    return true;
}

bool dcbor_read_int(struct dcbor_reader *reader, int64_t *out, struct err *err)
{
    struct dcbor_reader next = *reader;
    struct dcbor_item item;

    if (!dcbor_read(&next, &item, err))
        return false;
    if (item.type != DCBOR_UINT && item.type != DCBOR_NINT)
        return err_set(err, ERR_INVALID, "byte %zu: %s where integer is expected", reader->position,
                       type_name(item.type));
    if (item.value > INT64_MAX)
        return fail_at(reader->position, "integer does not fit in 64 bits", err);
    *out = item.type == DCBOR_UINT ? (int64_t)item.value : -1 - (int64_t)item.value;
    *reader = next;
    return true;
}

bool dcbor_read_bytes(struct dcbor_reader *reader, struct bytes *out, struct err *err)
{
    struct dcbor_item item;

    if (!read_type(reader, &item, DCBOR_BYTES, err))
        return false;
    *out = item.string;
    return true;
}

bool dcbor_read_text(struct dcbor_reader *reader, struct bytes *out, struct err *err)
{
    struct dcbor_item item;

    if (!read_type(reader, &item, DCBOR_TEXT, err))
        return false;
    *out = item.string;
    return true;
}

bool dcbor_read_array(struct dcbor_reader *reader, uint64_t *out_count, struct err *err)
{
    struct dcbor_item item;

    if (!read_type(reader, &item, DCBOR_ARRAY, err))
        return false;
    *out_count = item.value;
    return true;
}

bool dcbor_read_map(struct dcbor_reader *reader, uint64_t *out_count, struct err *err)
{
    struct dcbor_item item;

    if (!read_type(reader, &item, DCBOR_MAP, err))
        return false;
    *out_count = item.value;
    return true;
}

bool dcbor_read_tag(struct dcbor_reader *reader, uint64_t expected, struct err *err)
{
    struct dcbor_reader next = *reader;
    struct dcbor_item item;

    if (!read_type(&next, &item, DCBOR_TAG, err))
        return false;
    if (item.value != expected)
        return err_set(err, ERR_INVALID,
                       "byte %zu: tag %" PRIu64 " where tag %" PRIu64 " is expected",
                       reader->position, item.value, expected);
    *reader = next;
    return true;
}

bool dcbor_read_end(const struct dcbor_reader *reader, struct err *err)
{
    if (!dcbor_at_end(reader))
        return fail_at(reader->position, "trailing bytes", err);
    return true;
}

bool dcbor_skip(struct dcbor_reader *reader, struct bytes *out, struct err *err)
{
    struct dcbor_reader next = *reader;
    uint64_t left = 1; /* cannot overflow: a count is at most the length of the input */

    while (left > 0) {
        struct dcbor_item item;

        if (!dcbor_read(&next, &item, err))
            return false;
        left--;
        if (item.type == DCBOR_ARRAY)
            left += item.value;
        else if (item.type == DCBOR_MAP)
            left += 2 * item.value;
        else if (item.type == DCBOR_TAG)
            left++;
    }
    if (out != NULL)
        *out = bytes_slice(reader->input, reader->position, next.position);
    *reader = next;
    return true;
}

/* ---- writing ---- */

void dcbor_put_uint(struct buf *out, uint64_t value)
{
    uint8_t head[HEAD_LEN_MAX];

    buf_append(out, head, cbor_encode_uint(value, head, sizeof(head)));
}

void dcbor_put_nint(struct buf *out, uint64_t n)
{
    uint8_t head[HEAD_LEN_MAX];

    buf_append(out, head, cbor_encode_negint(n, head, sizeof(head)));
}

void dcbor_put_int(struct buf *out, int64_t value)
{
    if (value >= 0)
        dcbor_put_uint(out, (uint64_t)value);
    else
        dcbor_put_nint(out, (uint64_t)(-1 - value));
}

void dcbor_put_bytes_head(struct buf *out, size_t len)
{
    uint8_t head[HEAD_LEN_MAX];

    buf_append(out, head, cbor_encode_bytestring_start(len, head, sizeof(head)));
}

void dcbor_put_bytes(struct buf *out, struct bytes value)
{
    dcbor_put_bytes_head(out, value.len);
    buf_append_bytes(out, value);
}

void dcbor_put_text(struct buf *out, struct bytes value)
{
    uint8_t head[HEAD_LEN_MAX];

    buf_append(out, head, cbor_encode_string_start(value.len, head, sizeof(head)));
    buf_append_bytes(out, value);
}

void dcbor_put_literal(struct buf *out, const char *text)
{
    dcbor_put_text(out, bytes_of_text(text));
}

void dcbor_put_array(struct buf *out, uint64_t count)
{
    uint8_t head[HEAD_LEN_MAX];

    buf_append(out, head, cbor_encode_array_start(count, head, sizeof(head)));
}

void dcbor_put_map(struct buf *out, uint64_t count)
{
    uint8_t head[HEAD_LEN_MAX];

    buf_append(out, head, cbor_encode_map_start(count, head, sizeof(head)));
}

void dcbor_put_tag(struct buf *out, uint64_t number)
{
    uint8_t head[HEAD_LEN_MAX];

    buf_append(out, head, cbor_encode_tag(number, head, sizeof(head)));
}

void dcbor_put_bool(struct buf *out, bool value)
{
    uint8_t head[HEAD_LEN_MAX];

    buf_append(out, head, cbor_encode_bool(value, head, sizeof(head)));
}

void dcbor_put_null(struct buf *out)
{
    uint8_t head[HEAD_LEN_MAX];

    buf_append(out, head, cbor_encode_null(head, sizeof(head)));
}
