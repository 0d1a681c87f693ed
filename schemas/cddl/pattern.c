#include "schemas/cddl/pattern.h"

#include <string.h>

#include "base/text.h"

enum { COUNT_MAX = 1000000 };

static bool fail(struct err *err, const char *reason)
{
    return err_set(err, ERR_INVALID, "in this regexp %s", reason);
}

static uint8_t first_of(struct bytes rest)
{
    return rest.len > 0 ? rest.data[0] : 0;
}

static uint8_t take_byte(struct bytes *rest)
{
    uint8_t byte = rest->data[0];

    *rest = bytes_slice(*rest, 1, rest->len);
    return byte;
}

static bool set_has(const uint64_t set[2], uint8_t byte)
{
    return byte < 128 && (set[byte / 64] >> byte % 64 & 1) != 0;
}

static void set_add(uint64_t set[2], unsigned begin, unsigned last)
{
    for (unsigned i = begin; i <= last; i++)
        set[i / 64] |= UINT64_C(1) << i % 64;
}

/* The character behind a backslash, if it is one that stands for itself. */
static bool read_escaped(struct bytes *rest, uint8_t *out, struct err *err)
{
    if (rest->len == 0 || strchr("\\|.?*+(){}[]-^$", rest->data[0]) == NULL || rest->data[0] == 0)
        return fail(err, "only \\ and one of \\|.?*+(){}[]-^$ is a supported escape");
    *out = take_byte(rest);
    return true;
}

static bool read_class_character(struct bytes *rest, uint8_t *out, struct err *err)
{
    if (rest->len == 0)
        return fail(err, "a [ is not closed");
    *out = take_byte(rest);
    if (*out == '\\')
        return read_escaped(rest, out, err);
    if (*out < 0x20 || *out > 0x7E)
        return fail(err, "only printable ASCII characters are supported");
    if (*out == '[')
        return fail(err, "a [ inside [ ] is not supported");
    return true;
}

/* Behind the "[". A "-" at the beginning or end stands for itself. */
static bool read_class(struct bytes *rest, uint64_t set[2], struct err *err)
{
    if (first_of(*rest) == '^')
        return fail(err, "[^ ] is not supported: list what is allowed");
    if (first_of(*rest) == ']')
        return fail(err, "[] allows nothing");
    while (first_of(*rest) != ']') {
        uint8_t begin;
        uint8_t last;

        if (!read_class_character(rest, &begin, err))
            return false;
        last = begin;
        if (rest->len >= 2 && rest->data[0] == '-' && rest->data[1] != ']') {
            *rest = bytes_slice(*rest, 1, rest->len);
            if (!read_class_character(rest, &last, err))
                return false;
        }
        if (begin > last)
            return fail(err, "a range of characters goes backwards");
        set_add(set, begin, last);
    }
    take_byte(rest);
    return true;
}

static bool read_character(struct bytes *rest, uint64_t set[2], struct err *err)
{
    uint8_t byte = take_byte(rest);

    if (byte == '[')
        return read_class(rest, set, err);
    if (byte == '\\' && !read_escaped(rest, &byte, err))
        return false;
    if (byte < 0x20 || byte > 0x7E)
        return fail(err, "only printable ASCII characters are supported");
    set_add(set, byte, byte);
    return true;
}

static bool read_count(struct bytes *rest, uint32_t *out, struct err *err)
{
    size_t len = 0;
    uint64_t value;

    while (len < rest->len && rest->data[len] >= '0' && rest->data[len] <= '9')
        len++;
    if (!text_parse_uint(&value, bytes_slice(*rest, 0, len), COUNT_MAX))
        return fail(err, "a count must be a decimal number up to 1000000");
    *rest = bytes_slice(*rest, len, rest->len);
    *out = (uint32_t)value;
    return true;
}

/* {n} {n,} {n,m}, behind the "{". */
static bool read_counts(struct bytes *rest, struct cddl_pattern_part *part, struct err *err)
{
    if (!read_count(rest, &part->min, err))
        return false;
    part->max = part->min;
    if (first_of(*rest) == ',') {
        take_byte(rest);
        part->max = UINT32_MAX;
        if (first_of(*rest) != '}' && !read_count(rest, &part->max, err))
            return false;
    }
    if (first_of(*rest) != '}')
        return fail(err, "a { is not closed");
    take_byte(rest);
    return part->min <= part->max || fail(err, "a count needs its smaller number first");
}

static bool read_quantifier(struct bytes *rest, struct cddl_pattern_part *part, struct err *err)
{
    part->min = 1;
    part->max = 1;
    switch (first_of(*rest)) {
    case '?':
        part->min = 0;
        break;
    case '*':
        part->min = 0;
        part->max = UINT32_MAX;
        break;
    case '+':
        part->max = UINT32_MAX;
        break;
    case '{':
        take_byte(rest);
        return read_counts(rest, part, err);
    default:
        return true;
    }
    take_byte(rest);
    return true;
}

/* What the parts behind one could begin with must not be what it goes on with. */
static bool check_ends(const struct cddl_pattern *pattern, struct err *err)
{
    for (uint32_t i = 0; i < pattern->count; i++) {
        const struct cddl_pattern_part *part = &pattern->parts[i];
        bool may_follow = part->min != part->max;

        for (uint32_t j = i + 1; may_follow && j < pattern->count; j++) {
            const struct cddl_pattern_part *later = &pattern->parts[j];

            if (((part->set[0] & later->set[0]) | (part->set[1] & later->set[1])) != 0)
                return fail(err, "a part is not supported that could end in more than one place");
            may_follow = later->min == 0;
        }
    }
    return true;
}

bool cddl_pattern_compile(struct cddl_pattern *out, struct bytes text, struct err *err)
{
    struct bytes rest = text;

    *out = (struct cddl_pattern){0};
    while (rest.len > 0) {
        struct cddl_pattern_part *part = &out->parts[out->count];

        if (out->count == CDDL_PATTERN_PARTS_MAX)
            return fail(err, "more than 32 parts are not supported");
        if (strchr("(|.)?*+{}]^$", rest.data[0]) != NULL && rest.data[0] != 0)
            return fail(err, "( ) | . ^ $ are not supported, only characters and [ ] with counts");
        if (!read_character(&rest, part->set, err) || !read_quantifier(&rest, part, err))
            return false;
        out->count++;
    }
    return check_ends(out, err);
}

bool cddl_pattern_match(const struct cddl_pattern *pattern, struct bytes text)
{
    size_t at = 0;

    for (uint32_t i = 0; i < pattern->count; i++) {
        const struct cddl_pattern_part *part = &pattern->parts[i];
        uint32_t count = 0;

        while (count < part->max && at < text.len && set_has(part->set, text.data[at])) {
            count++;
            at++;
        }
        if (count < part->min)
            return false;
    }
    return at == text.len;
}
