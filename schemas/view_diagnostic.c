#include "schemas/view.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/cose.h"
#include "schemas/dcbor.h"

enum { DEPTH_MAX = 2 * DCBOR_DEPTH_MAX, INDENT = 2 };

/* Which byte strings of a level are shown as the CBOR they hold. */
enum embeds {
    EMBEDS_NONE,
    EMBEDS_PARTS, /* the parts of a COSE_Sign1: protected header and payload */
    EMBEDS_ALL,   /* an unprotected header: receipts and proofs */
};

enum kind { KIND_ARRAY, KIND_MAP, KIND_TAG, KIND_EMBEDDED };

/* Something opened that is not closed yet. */
struct level {
    enum kind kind;
    enum embeds embeds;
    uint64_t count;             /* items in all; keys and values of maps counted one by one */
    uint64_t left;              /* items still to come */
    bool is_sign1;              /* KIND_TAG: of a COSE_Sign1 */
    struct dcbor_reader resume; /* KIND_EMBEDDED: where reading goes on afterwards */
};

struct writer {
    struct buf *out;
    struct dcbor_reader reader;
    struct level levels[DEPTH_MAX];
    size_t depth;
    size_t indent;
};

static void append_new_line(struct writer *writer)
{
    buf_append_byte(writer->out, '\n');
    for (size_t i = 0; i < INDENT * writer->indent; i++)
        buf_append_byte(writer->out, ' ');
}

static bool push_level(struct writer *writer, struct level level, const char *opening,
                       struct err *err)
{
    if (writer->depth == DEPTH_MAX)
        return err_set(err, ERR_INVALID, "nested deeper than %d", DEPTH_MAX);
    level.left = level.count;
    writer->levels[writer->depth++] = level;
    writer->indent += level.kind == KIND_ARRAY || level.kind == KIND_MAP;
    buf_append_text(writer->out, opening);
    return true;
}

static void close_level(struct writer *writer)
{
    const struct level *level = &writer->levels[--writer->depth];

    switch (level->kind) {
    case KIND_ARRAY:
    case KIND_MAP:
        writer->indent--;
        if (level->count > 0)
            append_new_line(writer);
        buf_append_byte(writer->out, level->kind == KIND_MAP ? '}' : ']');
        return;
    case KIND_TAG:
        buf_append_byte(writer->out, ')');
        return;
    case KIND_EMBEDDED:
        buf_append_text(writer->out, " >>");
        writer->reader = level->resume;
        return;
    }
}

/* Closes everything to which nothing is missing. */
static void pop_levels(struct writer *writer)
{
    while (writer->depth > 0 && writer->levels[writer->depth - 1].left == 0)
        close_level(writer);
}

/* What stands between the previous item and the next. */
static void append_separator(struct writer *writer)
{
    const struct level *level;

    if (writer->depth == 0)
        return;
    level = &writer->levels[writer->depth - 1];
    if (level->kind == KIND_MAP && level->left % 2 == 1) {
        buf_append_text(writer->out, ": ");
    } else if (level->kind == KIND_ARRAY || level->kind == KIND_MAP) {
        if (level->left < level->count)
            buf_append_byte(writer->out, ',');
        append_new_line(writer);
    }
}

/* Where the next item stands, and counts it. */
struct place {
    enum embeds embeds;   /* of what the item holds, should it hold something */
    bool may_be_embedded; /* should it be a byte string */
    bool is_sign1;        /* should it be an array */
};

static struct place take_place(struct writer *writer)
{
    struct place place = {EMBEDS_NONE, false, false};
    struct level *level;
    uint64_t position;

    if (writer->depth == 0)
        return place;
    level = &writer->levels[writer->depth - 1];
    position = level->count - level->left;
    level->left--;
    place.is_sign1 = level->kind == KIND_TAG && level->is_sign1;
    if (level->embeds == EMBEDS_ALL)
        place = (struct place){EMBEDS_ALL, true, false};
    else if (level->embeds == EMBEDS_PARTS && position == 1)
        place.embeds = EMBEDS_ALL;
    else if (level->embeds == EMBEDS_PARTS)
        place.may_be_embedded = position == 0 || position == 2;
    return place;
}

static bool opens_level(const struct dcbor_item *item)
{
    return item->type == DCBOR_ARRAY || item->type == DCBOR_MAP || item->type == DCBOR_TAG;
}

static uint64_t items_within(const struct dcbor_item *item)
{
    if (item->type == DCBOR_TAG)
        return 1;
    return item->type == DCBOR_MAP ? 2 * item->value : item->value;
}

/* Whether a byte string holds exactly one array, map or tagged item, at most room levels deep. */
static bool holds_cbor(struct bytes content, size_t room)
{
    struct dcbor_reader reader = dcbor_reader_of(content);
    uint64_t left[DEPTH_MAX + 1] = {1};
    size_t depth = 0;

    while (depth > 0 || left[0] > 0) {
        struct dcbor_item item;
        struct err ignored = {0};

        if (!dcbor_read(&reader, &item, &ignored) || (depth == 0 && !opens_level(&item)))
            return false;
        left[depth]--;
        if (opens_level(&item)) {
            if (depth == room)
                return false;
            left[++depth] = items_within(&item);
        }
        while (depth > 0 && left[depth] == 0)
            depth--;
    }
    return dcbor_at_end(&reader);
}

static bool append_bytes(struct writer *writer, struct bytes content, bool may_be_embedded,
                         struct err *err)
{
    if (may_be_embedded && writer->depth < DEPTH_MAX &&
        holds_cbor(content, DEPTH_MAX - writer->depth - 1)) {
        struct level level = {.kind = KIND_EMBEDDED, .count = 1, .resume = writer->reader};

        writer->reader = dcbor_reader_of(content);
        return push_level(writer, level, "<< ", err);
    }
    buf_append_text(writer->out, "h'");
    text_append_hex(writer->out, content);
    buf_append_byte(writer->out, '\'');
    return true;
}

static bool append_tag(struct writer *writer, uint64_t number, enum embeds embeds, struct err *err)
{
    struct level level = {
        .kind = KIND_TAG,
        .embeds = embeds,
        .count = 1,
        .is_sign1 = number == COSE_TAG_SIGN1,
    };

    buf_append_format(writer->out, "%" PRIu64, number);
    return push_level(writer, level, "(", err);
}

static bool append_container(struct writer *writer, const struct dcbor_item *item,
                             struct place place, struct err *err)
{
    struct level level = {
        .kind = item->type == DCBOR_MAP ? KIND_MAP : KIND_ARRAY,
        .embeds = place.is_sign1 ? EMBEDS_PARTS : place.embeds,
        .count = items_within(item),
    };

    return push_level(writer, level, item->type == DCBOR_MAP ? "{" : "[", err);
}

static void append_negative(struct buf *out, uint64_t value)
{
    if (value == UINT64_MAX)
        buf_append_text(out, "-18446744073709551616");
    else
        buf_append_format(out, "-%" PRIu64, value + 1);
}

static bool append_item(struct writer *writer, const struct dcbor_item *item, struct err *err)
{
    struct place place = take_place(writer);

    switch (item->type) {
    case DCBOR_UINT:
        buf_append_format(writer->out, "%" PRIu64, item->value);
        break;
    case DCBOR_NINT:
        append_negative(writer->out, item->value);
        break;
    case DCBOR_BYTES:
        return append_bytes(writer, item->string, place.may_be_embedded, err);
    case DCBOR_TEXT:
        view_append_json_string(writer->out, item->string);
        break;
    case DCBOR_ARRAY:
    case DCBOR_MAP:
        return append_container(writer, item, place, err);
    case DCBOR_TAG:
        return append_tag(writer, item->value, place.embeds, err);
    case DCBOR_BOOL:
        buf_append_text(writer->out, item->value != 0 ? "true" : "false");
        break;
    case DCBOR_NULL:
        buf_append_text(writer->out, "null");
        break;
    }
    return true;
}

static bool append_all(struct writer *writer, struct err *err)
{
    do {
        struct dcbor_item item;

        if (!dcbor_read(&writer->reader, &item, err))
            return false;
        append_separator(writer);
        if (!append_item(writer, &item, err))
            return false;
        pop_levels(writer);
    } while (writer->depth > 0);
    return dcbor_read_end(&writer->reader, err);
}

bool view_append_diagnostic(struct buf *out, struct bytes item, struct err *err)
{
    struct writer writer = {.out = out, .reader = dcbor_reader_of(item)};
    size_t before = out->len;

    if (append_all(&writer, err))
        return true;
    out->len = before;
    return false;
}
