#include "schemas/pii_lint.h"

#include <string.h>

#include "schemas/pii_number.h"

enum {
    DIGITS_MIN = 6, /* fewer digits than any number we look for has */
    TOP_LABEL_LEN_MAX = 24,
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(uint8_t c)
{
    return is_digit(c) || is_letter(c);
}

/* ---- e-mail addresses ---- */

/* Letters of other scripts may be in both parts (RFC 6531). */
static bool is_local(uint8_t c)
{
    return is_alnum(c) || c >= 0x80 || (c != 0 && strchr("_+-.!#$%&'*=?^`{|}~", c) != NULL);
}

static bool is_domain(uint8_t c)
{
    return is_alnum(c) || c >= 0x80 || c == '-';
}

/* "v12" or "2026": of a version, not of a host. */
static bool is_version_label(struct bytes label)
{
    size_t i = label.len > 1 && (label.data[0] == 'v' || label.data[0] == 'V') ? 1 : 0;

    while (i < label.len && is_digit(label.data[i]))
        i++;
    return i == label.len;
}

static bool is_top_label(struct bytes label)
{
    if (label.len < 2 || label.len > TOP_LABEL_LEN_MAX)
        return false;
    for (size_t i = 0; i < label.len; i++) {
        if (!is_letter(label.data[i]) && label.data[i] < 0x80)
            return false;
    }
    return true;
}

/* Labels with dots between them; the first no version, the last a top-level name. */
static bool is_host(struct bytes text, size_t begin)
{
    size_t label = begin;
    size_t labels = 0;
    size_t i = begin;

    for (;; i++) {
        if (i < text.len && is_domain(text.data[i]))
            continue;
        if (i == label)
            break; /* a dot at the end of a sentence */
        labels++;
        if (labels == 1 && is_version_label(bytes_slice(text, label, i)))
            return false;
        if (i == text.len || text.data[i] != '.' || i + 1 == text.len ||
            !is_domain(text.data[i + 1]))
            return labels > 1 && is_top_label(bytes_slice(text, label, i));
        label = i + 1;
    }
    return false;
}

/* The account of a code host, as in git@host:path. */
static bool is_git(struct bytes text, size_t at)
{
    return at >= 3 && memcmp(text.data + at - 3, "git", 3) == 0 &&
           (at == 3 || !is_local(text.data[at - 4]));
}

static bool is_email(struct bytes text, size_t at)
{
    return at > 0 && is_local(text.data[at - 1]) && text.data[at - 1] != '.' &&
           !is_git(text, at) && is_host(text, at + 1);
}

/* ---- one pass ---- */

/* Most texts hold neither an @ nor enough digits: they are done after this. */
static bool may_hold_something(struct bytes text)
{
    size_t digits = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '@')
            return true;
        digits += is_digit(text.data[i]);
    }
    return digits >= DIGITS_MIN;
}

enum pii_kind pii_lint(struct bytes text)
{
    if (!may_hold_something(text))
        return PII_NONE;
    for (size_t i = 0; i < text.len; i++) {
        enum pii_kind kind = PII_NONE;

        if (text.data[i] == '@')
            kind = is_email(text, i) ? PII_EMAIL : PII_NONE;
        else if (i == 0 || !is_alnum(text.data[i - 1]))
            kind = pii_number_at(text, i);
        if (kind != PII_NONE)
            return kind;
    }
    return PII_NONE;
}

const char *pii_kind_name(enum pii_kind kind)
{
    static const char *const names[] = {
        [PII_NONE] = "nothing personal",
        [PII_EMAIL] = "an e-mail address",
        [PII_PHONE] = "a telephone number",
        [PII_CARD] = "a payment card number",
        [PII_IBAN] = "a bank account number",
        [PII_NATIONAL_ID] = "a national identity number",
    };

    return names[kind];
}
