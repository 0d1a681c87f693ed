#include "client/plain_text.h"

#include "base/text.h"

/* Inclusive. */
struct code_range {
    uint32_t first;
    uint32_t last;
};

/* Ascending. What a reader does not see, or takes for something else. */
static const struct code_range HIDDEN[] = {
    {0x0000, 0x001f},     /* controls */
    {0x005c, 0x005c},     /* the backslash begins what is written out */
    {0x007f, 0x00a0},     /* controls, a space that is none */
    {0x00ad, 0x00ad},     /* soft hyphen */
    {0x0300, 0x036f},     /* marks that are drawn over other characters */
    {0x061c, 0x061c},     /* direction of Arabic */
    {0x115f, 0x1160},     /* fillers of Hangul */
    {0x1680, 0x1680},     /* space of Ogham */
    {0x17b4, 0x17b5},     /* vowels without a shape */
    {0x180b, 0x180f},     /* selectors of Mongolian */
    {0x1ab0, 0x1aff},     /* marks */
    {0x1dc0, 0x1dff},     /* marks */
    {0x2000, 0x200f},     /* spaces, joiners, direction */
    {0x2028, 0x202f},     /* ends of lines, direction */
    {0x205f, 0x206f},     /* spaces, invisible operators, direction */
    {0x20d0, 0x20ff},     /* marks */
    {0x2800, 0x2800},     /* Braille without dots */
    {0x3000, 0x3000},     /* wide space */
    {0x3164, 0x3164},     /* filler of Hangul */
    {0xe000, 0xf8ff},     /* private use */
    {0xfe00, 0xfe0f},     /* selectors */
    {0xfe20, 0xfe2f},     /* marks */
    {0xfeff, 0xfeff},     /* byte order mark */
    {0xffa0, 0xffa0},     /* filler of Hangul */
    {0xfff0, 0xffff},     /* specials */
    {0x1bca0, 0x1bca3},   /* controls of shorthand */
    {0x1d173, 0x1d17a},   /* controls of music */
    {0xe0000, 0x10ffff},  /* tags, selectors, private use */
};

/* From here on a character may take two columns. */
enum { WIDE_FIRST = 0x1100 };

static bool is_hidden(uint32_t code)
{
    for (size_t i = 0; i < sizeof(HIDDEN) / sizeof(HIDDEN[0]) && HIDDEN[i].first <= code; i++) {
        if (code <= HIDDEN[i].last)
            return true;
    }
    return false;
}

/* Bytes of the UTF-8 sequence that begins with this one; 0 when none does. */
static size_t sequence_len(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc0)
        return 0;
    if (first < 0xe0)
        return 2;
    return first < 0xf0 ? 3 : 4;
}

/* The character's bytes that text_is_utf8 accepts; empty when the text does not begin with one. */
static struct bytes first_character(struct bytes text)
{
    size_t len = sequence_len(text.data[0]);

    if (len == 0 || len > text.len || !text_is_utf8(bytes_slice(text, 0, len)))
        return (struct bytes){0};
    return bytes_slice(text, 0, len);
}

static uint32_t code_of(struct bytes character)
{
    uint32_t code = character.data[0];

    if (character.len > 1)
        code &= 0x7fU >> character.len;
    for (size_t i = 1; i < character.len; i++)
        code = code << 6 | (character.data[i] & 0x3fU);
    return code;
}

static void append_written_out(struct buf *out, uint32_t code)
{
    switch (code) {
    case '\n':
        buf_append_text(out, "\\n");
        break;
    case '\r':
        buf_append_text(out, "\\r");
        break;
    case '\t':
        buf_append_text(out, "\\t");
        break;
    case '\\':
        buf_append_text(out, "\\\\");
        break;
    default:
        buf_append_format(out, "\\u{%x}", (unsigned)code);
    }
}

size_t plain_text_next(struct buf *out, struct bytes *rest)
{
    struct bytes character = first_character(*rest);
    size_t begin = out->len;
    uint32_t code;

    if (character.len == 0) {
        buf_append_format(out, "\\x{%02x}", rest->data[0]);
        *rest = bytes_slice(*rest, 1, rest->len);
        return out->len - begin;
    }
    *rest = bytes_slice(*rest, character.len, rest->len);
    code = code_of(character);
    if (is_hidden(code)) {
        append_written_out(out, code);
        return out->len - begin;
    }
    buf_append_bytes(out, character);
    return code < WIDE_FIRST ? 1 : 2;
}

void plain_text_append(struct buf *out, struct bytes text)
{
    while (text.len > 0)
        plain_text_next(out, &text);
}
