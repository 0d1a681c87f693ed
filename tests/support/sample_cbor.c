#include "tests/support/sample_cbor.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/view.h"
#include "tests/support/sample_records.h"

enum { DEPTH_MAX = 6, COUNT_MAX = 5, STRING_LEN_MAX = 40 };

void sample_append_hex(struct buf *out, const char *hex)
{
    while (*hex != 0) {
        char digits[2];

        if (*hex == ' ') {
            hex++;
            continue;
        }
        digits[0] = (char)tolower((unsigned char)hex[0]);
        digits[1] = (char)tolower((unsigned char)hex[1]);
        if (!text_parse_hex(buf_extend(out, 1), 1, bytes_of(digits, 2)))
            abort();
        hex += 2;
    }
}

/* Any 64-bit number, small ones more often, so that every length of encoding occurs. */
static uint64_t random_number(struct rng *rng)
{
    return rng_next(rng) >> rng_below(rng, 64);
}

static void append_text(struct buf *out, struct rng *rng)
{
    static const char *const characters[] = {"a",  "Z",    "0", "_",  "\"", "\\",
                                             "\n", "\x7f", "é", "水", "𐅑"};
    struct buf text = {0};

    for (uint64_t left = rng_below(rng, STRING_LEN_MAX); left > 0; left--)
        buf_append_text(&text, characters[rng_below(rng, 11)]);
    dcbor_put_text(out, bytes_of_buf(&text));
    buf_cleanup(&text);
}

static void append_bytes(struct buf *out, struct rng *rng)
{
    uint8_t bytes[STRING_LEN_MAX];
    size_t len = rng_below(rng, sizeof(bytes));

    rng_fill(rng, bytes, len);
    dcbor_put_bytes(out, bytes_of(bytes, len));
}

static void append_at_depth(struct buf *out, struct rng *rng, unsigned depth);

/* Entry number is part of each key, so that no two are the same. */
static void append_map(struct buf *out, struct rng *rng, unsigned depth)
{
    struct dcbor_map_writer writer = {0};
    struct err err = {0};
    uint64_t count = rng_below(rng, COUNT_MAX);

    for (uint64_t i = 0; i < count; i++) {
        char key[] = {(char)('a' + i), (char)('a' + rng_below(rng, 26)), 'x', 'y', 'z', 0};

        key[1 + rng_below(rng, 5)] = 0;
        dcbor_map_writer_begin_key(&writer);
        dcbor_put_literal(&writer.pairs, key);
        dcbor_map_writer_begin_value(&writer);
        append_at_depth(&writer.pairs, rng, depth + 1);
    }
    if (!dcbor_map_writer_finish(&writer, out, &err))
        abort();
    dcbor_map_writer_cleanup(&writer);
}

static void append_at_depth(struct buf *out, struct rng *rng, unsigned depth)
{
    uint64_t count = rng_below(rng, COUNT_MAX);

    switch (rng_below(rng, depth < DEPTH_MAX ? 7 : 5)) {
    case 0:
        dcbor_put_uint(out, random_number(rng));
        return;
    case 1:
        dcbor_put_int(out, -1 - (int64_t)(random_number(rng) >> 1));
        return;
    case 2:
        append_bytes(out, rng);
        return;
    case 3:
        append_text(out, rng);
        return;
    case 4:
        dcbor_put_bool(out, rng_below(rng, 2) == 1);
        return;
    case 5:
        dcbor_put_array(out, count);
        while (count-- > 0)
            append_at_depth(out, rng, depth + 1);
        return;
    default:
        append_map(out, rng, depth);
        return;
    }
}

void sample_append_item(struct buf *out, struct rng *rng)
{
    append_at_depth(out, rng, 0);
}

/* What an extension may hold: no bytes and no maps. */
static void append_extension(struct buf *out, struct rng *rng, unsigned depth)
{
    uint64_t count = rng_below(rng, COUNT_MAX);

    switch (rng_below(rng, depth < DEPTH_MAX ? 5 : 4)) {
    case 0:
        dcbor_put_uint(out, random_number(rng) >> 1);
        return;
    case 1:
        dcbor_put_int(out, -1 - (int64_t)(random_number(rng) >> 1));
        return;
    case 2:
        append_text(out, rng);
        return;
    case 3:
        dcbor_put_bool(out, rng_below(rng, 2) == 1);
        return;
    default:
        dcbor_put_array(out, count);
        while (count-- > 0)
            append_extension(out, rng, depth + 1);
        return;
    }
}

static void append_extensions_json(struct buf *out, struct rng *rng)
{
    uint64_t count = 1 + rng_below(rng, COUNT_MAX);
    struct buf value = {0};
    struct err err = {0};

    for (uint64_t i = 0; i < count; i++) {
        buf_append_format(out, "%s\"%c\":", i == 0 ? "" : ",", (char)('a' + i));
        append_extension(&value, rng, 0);
        if (!view_append_json(out, bytes_of_buf(&value), false, &err))
            abort();
        buf_clear(&value);
    }
    buf_cleanup(&value);
}

void sample_append_record(struct buf *out, struct rng *rng)
{
    struct sample_records *records = mem_alloc(sizeof(*records));
    struct buf extensions = {0};

    append_extensions_json(&extensions, rng);
    sample_records_init(records, "engine.example", rng_next(rng));
    records->extensions = buf_text(&extensions);
    sample_record_append(out, records, SAMPLE_NEUTRAL);
    buf_cleanup(&extensions);
    free(records);
}

static void put_item(struct buf *out, const struct dcbor_item *item)
{
    switch (item->type) {
    case DCBOR_UINT:
        dcbor_put_uint(out, item->value);
        return;
    case DCBOR_NINT:
        dcbor_put_nint(out, item->value);
        return;
    case DCBOR_BYTES:
        dcbor_put_bytes(out, item->string);
        return;
    case DCBOR_TEXT:
        dcbor_put_text(out, item->string);
        return;
    case DCBOR_ARRAY:
        dcbor_put_array(out, item->value);
        return;
    case DCBOR_MAP:
        dcbor_put_map(out, item->value);
        return;
    case DCBOR_TAG:
        dcbor_put_tag(out, item->value);
        return;
    case DCBOR_BOOL:
        dcbor_put_bool(out, item->value != 0);
        return;
    case DCBOR_NULL:
        dcbor_put_null(out);
        return;
    }
}

bool sample_copy(struct buf *out, struct bytes item)
{
    struct dcbor_reader reader = dcbor_reader_of(item);

    while (!dcbor_at_end(&reader)) {
        struct dcbor_item next;
        struct err err = {0};

        if (!dcbor_read(&reader, &next, &err))
            return false;
        put_item(out, &next);
    }
    return true;
}
