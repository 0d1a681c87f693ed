#include "tools/fsck/message.h"

#include <string.h>

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

enum { MAJOR_UINT = 0, MAJOR_BYTES = 2, MAJOR_TEXT = 3, MAJOR_ARRAY = 4, MAJOR_MAP = 5, MAJOR_TAG = 6 };

/* RFC 8949, 3: major type and argument of the item at the cursor. */
static bool read_head(struct cursor *cursor, unsigned *out_major, uint64_t *out_argument)
{
    unsigned initial;
    unsigned len;

    if (cursor->at >= cursor->end)
        return false;
    initial = *cursor->at++;
    *out_major = initial >> 5;
    if ((initial & 31) < 24) {
        *out_argument = initial & 31;
        return true;
    }
    if ((initial & 31) > 27)
        return false;
    len = 1u << ((initial & 31) - 24);
    if ((size_t)(cursor->end - cursor->at) < len)
        return false;
    *out_argument = 0;
    for (unsigned i = 0; i < len; i++)
        *out_argument = *out_argument << 8 | *cursor->at++;
    return true;
}

static bool expect(struct cursor *cursor, unsigned major, uint64_t argument)
{
    unsigned found;
    uint64_t value;

    return read_head(cursor, &found, &value) && found == major && value == argument;
}

static bool read_string(struct cursor *cursor, unsigned major, struct span *out)
{
    unsigned found;
    uint64_t len;

    if (!read_head(cursor, &found, &len) || found != major ||
        len > (uint64_t)(cursor->end - cursor->at))
        return false;
    *out = (struct span){cursor->at, (size_t)len};
    cursor->at += len;
    return true;
}

/* Passes over one item; counts what is still to come instead of recursing. */
static bool skip_item(struct cursor *cursor)
{
    uint64_t pending = 1;

    while (pending > 0) {
        unsigned major;
        uint64_t argument;

        if (!read_head(cursor, &major, &argument))
            return false;
        pending--;
        if (major == MAJOR_BYTES || major == MAJOR_TEXT) {
            if (argument > (uint64_t)(cursor->end - cursor->at))
                return false;
            cursor->at += argument;
        } else if (major == MAJOR_ARRAY || major == MAJOR_MAP || major == MAJOR_TAG) {
            uint64_t items = major == MAJOR_TAG ? 1 : major == MAJOR_MAP ? 2 : 1;

            if (argument > (uint64_t)(cursor->end - cursor->at) && major != MAJOR_TAG)
                return false;
            pending += major == MAJOR_TAG ? 1 : items * argument;
        }
    }
    return true;
}

bool message_parse(struct message *out, const uint8_t *entry, size_t len)
{
    struct cursor cursor = {entry, entry + len};
    struct span signature;

    return expect(&cursor, MAJOR_TAG, 18) && expect(&cursor, MAJOR_ARRAY, 4) &&
           read_string(&cursor, MAJOR_BYTES, &out->protected_header) &&
           expect(&cursor, MAJOR_MAP, 0) && read_string(&cursor, MAJOR_BYTES, &out->payload) &&
           read_string(&cursor, MAJOR_BYTES, &signature) && signature.len == 64 &&
           cursor.at == cursor.end;
}

static size_t write_bytes_head(uint8_t *out, size_t len)
{
    if (len < 24) {
        out[0] = (uint8_t)(0x40 | len);
        return 1;
    }
    if (len < 256) {
        out[0] = 0x58;
        out[1] = (uint8_t)len;
        return 2;
    }
    out[0] = 0x59; /* entries are at most 65,535 bytes */
    out[1] = (uint8_t)(len >> 8);
    out[2] = (uint8_t)len;
    return 3;
}

void message_identity(struct digest *out, const struct message *message)
{
    static const uint8_t begin[] = "\x84\x6aSignature1";
    static const uint8_t no_external_data = 0x40;
    uint8_t protected_head[3];
    uint8_t payload_head[3];
    const struct digest_part parts[] = {
        {begin, sizeof(begin) - 1},
        {protected_head, write_bytes_head(protected_head, message->protected_header.len)},
        {message->protected_header.data, message->protected_header.len},
        {&no_external_data, 1},
        {payload_head, write_bytes_head(payload_head, message->payload.len)},
        {message->payload.data, message->payload.len},
    };

    digest_of_parts(out, parts, sizeof(parts) / sizeof(parts[0]));
}

static bool span_is(struct span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.data, text, span.len) == 0;
}

static bool read_number(struct cursor *cursor, uint64_t *out)
{
    unsigned major;

    return read_head(cursor, &major, out) && major == MAJOR_UINT;
}

static bool read_digest(struct cursor *cursor, struct digest *out)
{
    struct span span;

    if (!read_string(cursor, MAJOR_BYTES, &span) || span.len != sizeof(out->octets))
        return false;
    memcpy(out->octets, span.data, span.len);
    return true;
}

static bool read_witnessed(struct seal_fields *out, struct cursor *cursor)
{
    unsigned major;
    uint64_t pairs;

    if (!read_head(cursor, &major, &pairs) || major != MAJOR_MAP)
        return false;
    for (uint64_t i = 0; i < pairs; i++) {
        struct span name;

        if (!read_string(cursor, MAJOR_TEXT, &name) ||
            !(span_is(name, "size") ? read_number(cursor, &out->witnessed_size)
                                    : skip_item(cursor)))
            return false;
    }
    return true;
}

/* One member; sets the bit of a required one in *seen. */
static bool read_member(struct seal_fields *out, unsigned *seen, struct span name,
                        struct cursor *cursor)
{
    struct span text;

    if (span_is(name, "type")) {
        *seen |= 1;
        return read_string(cursor, MAJOR_TEXT, &text) && span_is(text, "seal");
    }
    if (span_is(name, "first_index")) {
        *seen |= 2;
        return read_number(cursor, &out->first_index);
    }
    if (span_is(name, "entry_count")) {
        *seen |= 4;
        return read_number(cursor, &out->entry_count);
    }
    if (span_is(name, "received_at_ms")) {
        *seen |= 8;
        return read_number(cursor, &out->received_at_ms);
    }
    if (span_is(name, "root")) {
        *seen |= 16;
        return read_digest(cursor, &out->root);
    }
    if (span_is(name, "previous_seal_leaf_hash")) {
        out->has_previous = true;
        return read_digest(cursor, &out->previous);
    }
    return span_is(name, "witnessed_head") ? read_witnessed(out, cursor) : skip_item(cursor);
}

bool message_parse_seal(struct seal_fields *out, struct span payload)
{
    struct cursor cursor = {payload.data, payload.data + payload.len};
    unsigned major;
    unsigned seen = 0;
    uint64_t pairs;

    memset(out, 0, sizeof(*out));
    if (!read_head(&cursor, &major, &pairs) || major != MAJOR_MAP)
        return false;
    for (uint64_t i = 0; i < pairs; i++) {
        struct span name;

        if (!read_string(&cursor, MAJOR_TEXT, &name) || !read_member(out, &seen, name, &cursor))
            return false;
    }
    return cursor.at == cursor.end && seen == 31;
}

/* Sets a bit for each of size and root. */
static bool read_anchor(struct anchor_fields *out, unsigned *seen, struct cursor *cursor)
{
    unsigned major;
    uint64_t pairs;

    if (!read_head(cursor, &major, &pairs) || major != MAJOR_MAP)
        return false;
    for (uint64_t i = 0; i < pairs; i++) {
        struct span name;
        bool ok;

        if (!read_string(cursor, MAJOR_TEXT, &name))
            return false;
        if (span_is(name, "size")) {
            *seen |= 1;
            ok = read_number(cursor, &out->size);
        } else if (span_is(name, "root")) {
            *seen |= 2;
            ok = read_digest(cursor, &out->root);
        } else {
            ok = skip_item(cursor);
        }
        if (!ok)
            return false;
    }
    return true;
}

static bool read_anchor_member(struct anchor_fields *out, unsigned *seen, struct span name,
                               struct cursor *cursor)
{
    struct span text;

    if (span_is(name, "type")) {
        *seen |= 4;
        return read_string(cursor, MAJOR_TEXT, &text) && span_is(text, "log-metadata");
    }
    if (span_is(name, "operation")) {
        *seen |= 8;
        return read_string(cursor, MAJOR_TEXT, &text) && span_is(text, "anchor");
    }
    return span_is(name, "anchor") ? read_anchor(out, seen, cursor) : skip_item(cursor);
}

bool message_parse_anchor(struct anchor_fields *out, struct span payload)
{
    struct cursor cursor = {payload.data, payload.data + payload.len};
    unsigned major;
    unsigned seen = 0;
    uint64_t pairs;

    memset(out, 0, sizeof(*out));
    if (!read_head(&cursor, &major, &pairs) || major != MAJOR_MAP)
        return false;
    for (uint64_t i = 0; i < pairs; i++) {
        struct span name;

        if (!read_string(&cursor, MAJOR_TEXT, &name) ||
            !read_anchor_member(out, &seen, name, &cursor))
            return false;
    }
    return cursor.at == cursor.end && seen == 15;
}
