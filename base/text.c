#include "base/text.h"

#include <string.h>

static const char HEX_DIGITS[] = "0123456789abcdef";
static const char BASE64_DIGITS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char BASE64URL_DIGITS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum { NEAREST_LEN_MAX = 64, NEAREST_DISTANCE_MAX = 3 };

void text_append_hex(struct buf *out, struct bytes data)
{
    uint8_t *digits = buf_extend(out, data.len * 2);

    for (size_t i = 0; i < data.len; i++) {
        digits[2 * i] = (uint8_t)HEX_DIGITS[data.data[i] >> 4];
        digits[2 * i + 1] = (uint8_t)HEX_DIGITS[data.data[i] & 15];
    }
}

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

void text_append_uuid(struct buf *out, struct bytes id)
{
    CHECK(id.len == 16);
    for (size_t i = 0; i < id.len; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            buf_append_byte(out, '-');
        text_append_hex(out, bytes_slice(id, i, i + 1));
    }
}

bool text_parse_hex(uint8_t *out, size_t out_len, struct bytes text)
{
    if (text.len != out_len * 2)
        return false;
    for (size_t i = 0; i < out_len; i++) {
        int high = hex_value(text.data[2 * i]);
        int low = hex_value(text.data[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void append_base64(struct buf *out, struct bytes data, const char *digits, bool pad)
{
    size_t tail = data.len % 3;
    size_t tail_len = tail == 0 ? 0 : pad ? 4 : tail + 1;
    uint8_t *text = buf_extend(out, data.len / 3 * 4 + tail_len);

    for (size_t i = 0; i < data.len; i += 3) {
        size_t left = data.len - i;
        uint32_t group = (uint32_t)data.data[i] << 16;

        if (left > 1)
            group |= (uint32_t)data.data[i + 1] << 8;
        if (left > 2)
            group |= data.data[i + 2];
        *text++ = (uint8_t)digits[group >> 18];
        *text++ = (uint8_t)digits[group >> 12 & 63];
        if (left > 1 || pad)
            *text++ = left > 1 ? (uint8_t)digits[group >> 6 & 63] : (uint8_t)'=';
        if (left > 2 || pad)
            *text++ = left > 2 ? (uint8_t)digits[group & 63] : (uint8_t)'=';
    }
}

void text_append_base64(struct buf *out, struct bytes data)
{
    append_base64(out, data, BASE64_DIGITS, true);
}

void text_append_base64url(struct buf *out, struct bytes data)
{
    append_base64(out, data, BASE64URL_DIGITS, false);
}

static int base64_value(uint8_t digit, const char *digits)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    if (digit == (uint8_t)digits[62])
        return 62;
    if (digit == (uint8_t)digits[63])
        return 63;
    return -1;
}

/* Unpadded digits; the unused low bits of the last digit must be zero. */
static bool parse_base64_digits(struct buf *out, struct bytes text, const char *digits)
{
    size_t before = out->len;
    uint32_t bits = 0;
    unsigned bit_count = 0;

    if (text.len % 4 == 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int value = base64_value(text.data[i], digits);

        if (value < 0)
            goto bad;
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            buf_append_byte(out, (uint8_t)(bits >> bit_count));
            bits &= (1u << bit_count) - 1;
        }
    }
    if (bits == 0)
        return true;
bad:
    out->len = before;
    return false;
}

bool text_parse_base64(struct buf *out, struct bytes text)
{
    if (text.len % 4 != 0)
        return false;
    if (text.len > 0 && text.data[text.len - 1] == '=')
        text.len--;
    if (text.len > 0 && text.len % 4 == 3 && text.data[text.len - 1] == '=')
        text.len--;
    return parse_base64_digits(out, text, BASE64_DIGITS);
}

bool text_parse_base64url(struct buf *out, struct bytes text)
{
    return parse_base64_digits(out, text, BASE64URL_DIGITS);
}

static bool is_unreserved(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
           byte == '~';
}

void text_append_percent(struct buf *out, struct bytes data, const char *keep)
{
    for (size_t i = 0; i < data.len; i++) {
        uint8_t byte = data.data[i];

        if (is_unreserved(byte) || (byte != 0 && strchr(keep, byte) != NULL))
            buf_append_byte(out, byte);
        else
            buf_append_format(out, "%%%02X", byte);
    }
}

/* The value of a hex digit of either case; 16 for anything else. */
static unsigned hex_digit_of_any_case(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10u : 16;
}

bool text_parse_percent(struct buf *out, struct bytes text)
{
    size_t before = out->len;

    for (size_t i = 0; i < text.len; i++) {
        unsigned high;
        unsigned low;

        if (text.data[i] != '%') {
            buf_append_byte(out, text.data[i]);
            continue;
        }
        high = i + 1 < text.len ? hex_digit_of_any_case(text.data[i + 1]) : 16;
        low = i + 2 < text.len ? hex_digit_of_any_case(text.data[i + 2]) : 16;
        if (high == 16 || low == 16) {
            out->len = before;
            return false;
        }
        buf_append_byte(out, (uint8_t)(high * 16 + low));
        i += 2;
    }
    return true;
}

bool text_parse_uint(uint64_t *out, struct bytes text, uint64_t max)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > 20 || (text.len > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *out = value;
    return true;
}

/* Length of the well-formed sequence at the start of text, 0 when there is none. RFC 3629, 4. */
static size_t utf8_sequence_len(struct bytes text)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = text.data[0];
    size_t len = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    uint32_t point;

    if (len == 0 || len > text.len)
        return 0;
    if (len == 1)
        return 1;
    point = lead & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (text.data[i] >> 6 != 2)
            return 0;
        point = point << 6 | (text.data[i] & 0x3Fu);
    }
    if (point < smallest[len] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return 0;
    return len;
}

/* Whether the eight bytes are all ASCII. */
static bool are_eight_ascii(const uint8_t *data)
{
    uint64_t word;

    memcpy(&word, data, sizeof(word));
    return (word & 0x8080808080808080u) == 0;
}

bool text_is_utf8(struct bytes text)
{
    size_t i = 0;

    while (i < text.len) {
        size_t len;

        if (text.len - i >= 8 && are_eight_ascii(text.data + i)) {
            i += 8;
            continue;
        }
        if (text.len >= 8 && are_eight_ascii(text.data + text.len - 8) && text.len - i < 8)
            return true;
        len = text.data[i] < 0x80 ? 1 : utf8_sequence_len(bytes_slice(text, i, text.len));
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

bool text_split(struct bytes *rest, struct bytes *out_head, char separator)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->data, separator, rest->len);
    struct bytes all = *rest;
    size_t head_len;

    if (at == NULL) {
        *out_head = all;
        *rest = bytes_slice(all, all.len, all.len);
        return false;
    }
    head_len = (size_t)(at - all.data);
    *out_head = bytes_slice(all, 0, head_len);
    *rest = bytes_slice(all, head_len + 1, all.len);
    return true;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein distance of two texts of at most NEAREST_LEN_MAX characters. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NEAREST_LEN_MAX + 1];
    size_t b_len = strlen(b);

    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != 0; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t above = row[j + 1];

            row[j + 1] = min3(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
            diagonal = above;
        }
    }
    return row[b_len];
}

const char *text_nearest(const char *text, const char *const *candidates, size_t candidate_count)
{
    const char *nearest = NULL;
    size_t nearest_distance = NEAREST_DISTANCE_MAX + 1;

    if (strlen(text) > NEAREST_LEN_MAX)
        return NULL;
    for (size_t i = 0; i < candidate_count; i++) {
        size_t distance;

        if (strlen(candidates[i]) > NEAREST_LEN_MAX)
            continue;
        distance = edit_distance(text, candidates[i]);
        if (distance < nearest_distance) {
            nearest = candidates[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}
