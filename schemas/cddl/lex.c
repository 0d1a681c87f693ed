#include "schemas/cddl/lex.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool cddl_fail(const struct cddl_source *sources, struct cddl_place place, struct err *err,
               const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return err_set(err, ERR_INVALID, "%s:%" PRIu32 ":%" PRIu32 ": %s", sources[place.source].name,
                   place.line, place.column, text);
}

struct cddl_lexer cddl_lexer_of(const struct cddl_source *sources, uint32_t index)
{
    return (struct cddl_lexer){
        .source = &sources[index],
        .place = {.source = index, .line = 1, .column = 1},
    };
}

static bool fail_here(const struct cddl_lexer *lexer, struct err *err, const char *reason)
{
    return cddl_fail(lexer->source - lexer->place.source, lexer->place, err, "%s", reason);
}

/* The byte so far ahead, 0 behind the end. */
static uint8_t peek(const struct cddl_lexer *lexer, size_t ahead)
{
    size_t at = lexer->place.offset + ahead;

    return at < lexer->source->text.len ? lexer->source->text.data[at] : 0;
}

static void advance(struct cddl_lexer *lexer, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (peek(lexer, 0) == '\n') {
            lexer->place.line++;
            lexer->place.column = 0;
        }
        lexer->place.column++;
        lexer->place.offset++;
    }
}

static bool at_end(const struct cddl_lexer *lexer)
{
    return lexer->place.offset >= lexer->source->text.len;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_name_begin(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           byte == '@';
}

static bool is_name_part(uint8_t byte)
{
    return is_name_begin(byte) || is_digit(byte);
}

static void skip_space(struct cddl_lexer *lexer)
{
    while (!at_end(lexer)) {
        uint8_t byte = peek(lexer, 0);

        if (byte == ';') {
            while (!at_end(lexer) && peek(lexer, 0) != '\n')
                advance(lexer, 1);
        } else if (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t') {
            advance(lexer, 1);
        } else {
            return;
        }
    }
}

/* Ends the token, which is so many bytes long. */
static bool take(struct cddl_lexer *lexer, struct cddl_token *out, enum cddl_token_kind kind,
                 size_t len)
{
    size_t begin = lexer->place.offset;

    out->kind = kind;
    out->text = bytes_slice(lexer->source->text, begin, begin + len);
    advance(lexer, len);
    return true;
}

/* Bytes of the name at a distance: words of letters and digits with single "-" or "." between. */
static size_t name_len(const struct cddl_lexer *lexer, size_t begin)
{
    size_t len = 0;

    for (;;) {
        uint8_t byte = peek(lexer, begin + len);

        if (is_name_part(byte))
            len++;
        else if ((byte == '-' || byte == '.') && is_name_part(peek(lexer, begin + len + 1)))
            len++;
        else
            return len;
    }
}

static bool lex_name(struct cddl_lexer *lexer, struct cddl_token *out, struct err *err)
{
    size_t len = name_len(lexer, 0);

    if (peek(lexer, len) == '<')
        return fail_here(lexer, err, "generics are not supported");
    if (peek(lexer, len) == '\'')
        return fail_here(lexer, err, "byte string literals are not supported");
    return take(lexer, out, CDDL_TOKEN_NAME, len);
}

static bool lex_text(struct cddl_lexer *lexer, struct cddl_token *out, struct err *err)
{
    size_t len = 1;

    for (; peek(lexer, len) != '"'; len++) {
        uint8_t byte = peek(lexer, len);

        if (byte < 0x20 || byte == 0x7F)
            return fail_here(lexer, err, "this text does not end on its line");
        if (byte != '\\')
            continue;
        len++;
        if (peek(lexer, len) != '"' && peek(lexer, len) != '\\')
            return fail_here(lexer, err, "in text only \\\" and \\\\ are supported escapes");
    }
    return take(lexer, out, CDDL_TOKEN_TEXT, len + 1);
}

static size_t count_digits(const struct cddl_lexer *lexer, size_t begin)
{
    size_t count = 0;

    while (is_digit(peek(lexer, begin + count)))
        count++;
    return count;
}

/* Reads count digits at a distance. */
static bool read_digits(const struct cddl_lexer *lexer, size_t begin, size_t count, uint64_t *out,
                        struct err *err)
{
    const uint8_t *digits = lexer->source->text.data + lexer->place.offset + begin;

    return text_parse_uint(out, bytes_of(digits, count), UINT64_MAX) ||
           fail_here(lexer, err, "not a decimal number below 2^64");
}

/* [n]*[m], with n digits in front of the star already counted. */
static bool lex_repeat(struct cddl_lexer *lexer, struct cddl_token *out, size_t digits,
                       struct err *err)
{
    size_t more = count_digits(lexer, digits + 1);

    out->min = 0;
    out->max = UINT64_MAX;
    if (digits > 0 && !read_digits(lexer, 0, digits, &out->min, err))
        return false;
    if (more > 0 && !read_digits(lexer, digits + 1, more, &out->max, err))
        return false;
    if (out->min > out->max)
        return fail_here(lexer, err, "an occurrence needs its smaller number first");
    return take(lexer, out, CDDL_TOKEN_OCCURRENCE, digits + 1 + more);
}

static bool lex_number(struct cddl_lexer *lexer, struct cddl_token *out, struct err *err)
{
    size_t sign = peek(lexer, 0) == '-';
    size_t digits = count_digits(lexer, sign);
    uint8_t next = peek(lexer, sign + digits);

    if (sign == 0 && next == '*')
        return lex_repeat(lexer, out, digits, err);
    if (next == 'x' || next == 'b')
        return fail_here(lexer, err, "only decimal numbers are supported");
    if (next == 'e' || (next == '.' && is_digit(peek(lexer, sign + digits + 1))))
        return fail_here(lexer, err, "floating-point numbers are not supported: records hold none");
    if (!read_digits(lexer, sign, digits, &out->value, err))
        return false;
    out->negative = sign == 1 && out->value > 0;
    return take(lexer, out, CDDL_TOKEN_NUMBER, sign + digits);
}

static bool lex_mark(struct cddl_lexer *lexer, struct cddl_token *out, struct err *err)
{
    /* Longer ones first. */
    static const char *const marks[] = {"//=", "...", "//", "/=", "=>", "..", "/", "=",
                                        ":",   ",",   "(",  ")",  "[",  "]",  "{", "}"};
    static const struct {
        char first;
        const char *reason;
    } others[] = {
        {'#', "tags and major types (#) are not supported: records hold neither"},
        {'~', "unwrapping (~) is not supported"},
        {'&', "enumerations of a group (&) are not supported"},
        {'^', "cuts (^) are not supported; members written with ':' have one"},
        {'<', "generics are not supported"},
        {'$', "sockets ($) are not supported; /= extends any rule"},
        {'\'', "byte string literals are not supported"},
    };
    size_t begin = lexer->place.offset;
    struct bytes rest = bytes_slice(lexer->source->text, begin, lexer->source->text.len);

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (bytes_start_with(rest, bytes_of_text(marks[i])))
            return take(lexer, out, CDDL_TOKEN_MARK, strlen(marks[i]));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (rest.data[0] == (uint8_t)others[i].first)
            return fail_here(lexer, err, others[i].reason);
    }
    return fail_here(lexer, err, "this character begins nothing in CDDL");
}

bool cddl_lex(struct cddl_lexer *lexer, struct cddl_token *out, struct err *err)
{
    uint8_t byte;

    skip_space(lexer);
    *out = (struct cddl_token){.place = lexer->place};
    if (at_end(lexer))
        return take(lexer, out, CDDL_TOKEN_END, 0);
    byte = peek(lexer, 0);
    if (is_name_begin(byte))
        return lex_name(lexer, out, err);
    if (byte == '"')
        return lex_text(lexer, out, err);
    if (is_digit(byte) || (byte == '-' && is_digit(peek(lexer, 1))))
        return lex_number(lexer, out, err);
    if (byte == '*')
        return lex_repeat(lexer, out, 0, err);
    if (byte == '?' || byte == '+') {
        out->min = byte == '+';
        out->max = byte == '+' ? UINT64_MAX : 1;
        return take(lexer, out, CDDL_TOKEN_OCCURRENCE, 1);
    }
    if (byte == '.' && is_name_begin(peek(lexer, 1)))
        return take(lexer, out, CDDL_TOKEN_CONTROL, 1 + name_len(lexer, 1));
    return lex_mark(lexer, out, err);
}
