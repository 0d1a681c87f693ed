#include "schemas/pii_number.h"

#include <string.h>

enum {
    COMPACT_LEN_MAX = 34, /* letters and digits of the longest of them */
    PHONE_DIGITS_MIN = 8, /* with the country code */
    PHONE_DIGITS_MAX = 15,
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_alnum(uint8_t c)
{
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool ends_word(struct bytes text, size_t position)
{
    return position >= text.len || !is_alnum(text.data[position]);
}

/* ---- check digits; each gets the letters and digits alone ---- */

static unsigned digit_at(const char *compact, size_t i)
{
    return (unsigned)(compact[i] - '0');
}

static unsigned number_at(const char *compact, size_t begin, size_t end)
{
    unsigned number = 0;

    for (size_t i = begin; i < end; i++)
        number = number * 10 + digit_at(compact, i);
    return number;
}

static bool has_luhn(const char *digits)
{
    size_t len = strlen(digits);
    unsigned sum = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned digit = digit_at(digits, len - 1 - i) * (i % 2 == 1 ? 2 : 1);

        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

/* ISO/IEC 7812 prefixes of the card networks. */
static bool is_card(const char *digits)
{
    unsigned four = number_at(digits, 0, 4);
    size_t len = strlen(digits);
    bool known = false;

    if (len == 15)
        known = four / 100 == 34 || four / 100 == 37;
    else if (len == 14)
        known = (four >= 3000 && four <= 3059) || four / 100 == 36 || four / 100 == 38;
    else
        known = four / 1000 == 4 ||
                (len == 16 && ((four >= 5100 && four <= 5599) || (four >= 2221 && four <= 2720) ||
                               (four >= 3528 && four <= 3589))) ||
                (len >= 16 && (four == 6011 || four / 10 == 644 || four / 100 == 65 ||
                               four / 100 == 62));
    return known && has_luhn(digits);
}

/* United States social security number: no check digit, but numbers that are never given. */
static bool is_ssn(const char *digits)
{
    unsigned area = number_at(digits, 0, 3);

    return area != 0 && area != 666 && area < 900 && number_at(digits, 3, 5) != 0 &&
           number_at(digits, 5, 9) != 0;
}

static bool has_spanish_letter(unsigned number, char letter)
{
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == letter;
}

static bool is_dni(const char *compact)
{
    return has_spanish_letter(number_at(compact, 0, 8), compact[8]);
}

static bool is_nie(const char *compact)
{
    return compact[0] >= 'X' && compact[0] <= 'Z' &&
           has_spanish_letter((unsigned)(compact[0] - 'X') * 10000000 + number_at(compact, 1, 8),
                              compact[8]);
}

/* Italian tax code: odd and even places count differently, the last letter is the check. */
static bool is_codice_fiscale(const char *compact)
{
    static const uint8_t odd[] = {1, 0,  5,  7,  9,  13, 15, 17, 19, 21, 2,  4,  18,
                                  20, 11, 3, 6,  8,  12, 14, 16, 10, 22, 25, 24, 23};
    unsigned sum = 0;

    for (size_t i = 0; i < 15; i++) {
        unsigned value = is_digit((uint8_t)compact[i]) ? digit_at(compact, i)
                                                       : (unsigned)(compact[i] - 'A');

        sum += i % 2 == 0 ? odd[value] : value;
    }
    return (unsigned)(compact[15] - 'A') == sum % 26;
}

/* United Kingdom national insurance number: letters that are never used. */
static bool is_nino(const char *compact)
{
    return strchr("DFIQUV", compact[0]) == NULL && strchr("DFIQUVO", compact[1]) == NULL &&
           compact[8] <= 'D';
}

static unsigned cpf_digit(const char *digits, size_t count)
{
    unsigned sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += digit_at(digits, i) * (unsigned)(count + 1 - i);
    return sum * 10 % 11 % 10;
}

static bool is_cpf(const char *digits)
{
    return cpf_digit(digits, 9) == digit_at(digits, 9) &&
           cpf_digit(digits, 10) == digit_at(digits, 10);
}

/* French registration number: 13 digits and 97 minus their remainder. */
static bool is_nir(const char *digits)
{
    uint64_t number = 0;

    for (size_t i = 0; i < 13; i++)
        number = number * 10 + digit_at(digits, i);
    return (digits[0] == '1' || digits[0] == '2') && number_at(digits, 3, 5) != 0 &&
           97 - number % 97 == number_at(digits, 13, 15);
}

/* North American numbers: area and exchange begin with 2 to 9. */
static bool is_american_phone(const char *digits)
{
    return digits[0] >= '2' && digits[3] >= '2';
}

/* ---- patterns ---- */

/*
 * 9: a digit, A: an upper-case letter, ~: nothing, a space or a hyphen; all else is itself. What
 * follows the pattern is neither letter nor digit.
 */
static const struct {
    const char *pattern;
    bool (*check)(const char *compact);
    enum pii_kind kind;
} patterns[] = {
    {"9999~9999~9999~9999", is_card, PII_CARD},
    {"9999~999999~99999", is_card, PII_CARD},
    {"9999~999999~9999", is_card, PII_CARD},
    {"9999999999999", is_card, PII_CARD},
    {"9999~9999~9999~9999~999", is_card, PII_CARD},
    {"999-999-9999", is_american_phone, PII_PHONE},
    {"999.999.9999", is_american_phone, PII_PHONE},
    {"999 999 9999", is_american_phone, PII_PHONE},
    {"(999) 999-9999", is_american_phone, PII_PHONE},
    {"(999)999-9999", is_american_phone, PII_PHONE},
    {"999-99-9999", is_ssn, PII_NATIONAL_ID},
    {"999.999.999-99", is_cpf, PII_NATIONAL_ID},
    {"9~99~99~99~999~999~99", is_nir, PII_NATIONAL_ID},
    {"99999999A", is_dni, PII_NATIONAL_ID},
    {"A~9999999~A", is_nie, PII_NATIONAL_ID},
    {"AAAAAA99A99A999A", is_codice_fiscale, PII_NATIONAL_ID},
    {"AA999999A", is_nino, PII_NATIONAL_ID},
    {"AA 99 99 99 A", is_nino, PII_NATIONAL_ID},
};

/* Whether the pattern stands at position; out gets the letters and digits of it. */
static bool match(char out[COMPACT_LEN_MAX + 1], struct bytes text, size_t position,
                  const char *pattern)
{
    size_t len = 0;

    for (; *pattern != 0; pattern++) {
        uint8_t c = position < text.len ? text.data[position] : 0;

        if (*pattern == '~') {
            position += c == ' ' || c == '-';
            continue;
        }
        if (*pattern == '9' ? !is_digit(c) : *pattern == 'A' ? !is_upper(c) : c != *pattern)
            return false;
        if (is_alnum(c))
            out[len++] = (char)c;
        position++;
    }
    out[len] = 0;
    return ends_word(text, position);
}

/* ---- numbers without one pattern ---- */

/* E.164, written with + and whatever people put between the digits. */
static bool is_international_phone(struct bytes text, size_t position)
{
    size_t digits = 0;
    size_t end = position + 1; /* behind the last digit */
    size_t i = end;

    if (i >= text.len || text.data[i] < '1' || text.data[i] > '9')
        return false;
    for (; i < text.len && digits <= PHONE_DIGITS_MAX; i++) {
        if (is_digit(text.data[i])) {
            digits++;
            end = i + 1;
        } else if (strchr(" -.()", text.data[i]) == NULL || text.data[i] == 0) {
            break;
        }
    }
    return digits >= PHONE_DIGITS_MIN && digits <= PHONE_DIGITS_MAX && ends_word(text, end);
}

/* Country and length of its account numbers (SWIFT, IBAN registry). */
static const char IBAN_LENGTHS[] =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29"
    "ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20"
    "LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29"
    "PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20"
    "YE30";

static size_t iban_len(char first, char second)
{
    for (size_t i = 0; i + 4 < sizeof(IBAN_LENGTHS); i += 4) {
        if (IBAN_LENGTHS[i] == first && IBAN_LENGTHS[i + 1] == second)
            return number_at(IBAN_LENGTHS, i + 2, i + 4);
    }
    return 0;
}

/* The number with its first four places behind the rest, letters as 10 to 35, is 1 modulo 97. */
static bool has_iban_check(const char *compact, size_t len)
{
    unsigned remainder = 0;

    for (size_t i = 0; i < len; i++) {
        char c = compact[(i + 4) % len];

        remainder = is_digit((uint8_t)c) ? remainder * 10 + (unsigned)(c - '0')
                                         : remainder * 100 + (unsigned)(c - 'A') + 10;
        remainder %= 97;
    }
    return remainder == 1;
}

static char upper(uint8_t c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static bool is_iban(struct bytes text, size_t position)
{
    char compact[COMPACT_LEN_MAX];
    size_t len = 0;
    size_t want = COMPACT_LEN_MAX;
    size_t i = position;

    for (; i < text.len && len < want; i++) {
        if (text.data[i] == ' ' && len >= 4 && len % 4 == 0)
            continue;
        if (!is_alnum(text.data[i]))
            return false;
        compact[len++] = upper(text.data[i]);
        if (len == 4) {
            if (!is_digit((uint8_t)compact[2]) || !is_digit((uint8_t)compact[3]))
                return false;
            want = iban_len(compact[0], compact[1]);
        }
    }
    return len > 4 && len == want && ends_word(text, i) && has_iban_check(compact, len);
}

enum pii_kind pii_number_at(struct bytes text, size_t position)
{
    char compact[COMPACT_LEN_MAX + 1];
    uint8_t first = text.data[position];

    if (first == '+')
        return is_international_phone(text, position) ? PII_PHONE : PII_NONE;
    if (!is_alnum(first) && first != '(')
        return PII_NONE;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        if (match(compact, text, position, patterns[i].pattern) && patterns[i].check(compact))
            return patterns[i].kind;
    }
    return !is_digit(first) && is_iban(text, position) ? PII_IBAN : PII_NONE;
}
