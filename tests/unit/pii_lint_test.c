/* What the lint finds and what it leaves alone. Numbers are published examples. */
#include "schemas/pii_lint.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/sample_text.h"

struct sample {
    const char *text;
    enum pii_kind kind;
};

static void assert_samples(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum pii_kind kind = pii_lint(bytes_of_text(samples[i].text));

        if (kind != samples[i].kind)
            fail_msg("%s: %s", samples[i].text, pii_kind_name(kind));
    }
}

#define ASSERT_SAMPLES(samples) assert_samples(samples, sizeof(samples) / sizeof(samples[0]))

/* An e-mail address is found wherever it stands; other uses of @ are not one. */
static void pii_lint_email(void **state)
{
    static const struct sample samples[] = {
        {"ann@example.com", PII_EMAIL},
        {"ask ann.b+x@mail.example.co.uk.", PII_EMAIL},
        {"<ann@example.com>", PII_EMAIL},
        {"https://ann@host.example/path", PII_EMAIL},
        {"j\xc3\xb6rg@b\xc3\xbc" "cher.example", PII_EMAIL},
        {"digit@example.com", PII_EMAIL},
        {"git@example.com:org/repo.git", PII_NONE},
        {"pii@7", PII_NONE},
        {"anthropic/claude-x@2026-09-01", PII_NONE},
        {"package@v1.2.rc", PII_NONE},
        {"package@2026.beta", PII_NONE},
        {"model@eu-west-1", PII_NONE},
        {"@example.com", PII_NONE},
        {"ann@", PII_NONE},
        {"ann@example", PII_NONE},
        {"ann@example.", PII_NONE},
        {"ann@example..com", PII_NONE},
        {"ann@.com", PII_NONE},
        {"@", PII_NONE},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

/* Telephone numbers are found in E.164 with separators and in the North American form. */
static void pii_lint_phone(void **state)
{
    static const struct sample samples[] = {
        {"+4915112345678", PII_PHONE},
        {"call +49 (151) 234-56-78 now", PII_PHONE},
        {"tel:+1-202-555-0143", PII_PHONE},
        {"(202) 555-0143", PII_PHONE},
        {"202-555-0143", PII_PHONE},
        {"202.555.0143", PII_PHONE},
        {"102-555-0143", PII_NONE},
        {"1.0.0+20260901123456", PII_NONE},
        {"2026-09-01T12:00:00+02:00", PII_NONE},
        {"+1 234", PII_NONE},
        {"+12345678901234567890", PII_NONE},
        {"202-555-01431", PII_NONE},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

/* A card number has a network's prefix, a length and Luhn's digit; other long numbers do not. */
static void pii_lint_card(void **state)
{
    static const struct sample samples[] = {
        {"4111111111111111", PII_CARD},
        {"card_4111 1111 1111 1111!", PII_CARD},
        {"5555-5555-5555-4444", PII_CARD},
        {"2223003122003222", PII_CARD},
        {"378282246310005", PII_CARD},
        {"3782 822463 10005", PII_CARD},
        {"30569309025904", PII_CARD},
        {"6011111111111117", PII_CARD},
        {"4222222222222", PII_CARD},
        {"4111111111111112", PII_NONE},
        {"9111111111111111", PII_NONE},
        {"x4111111111111111", PII_NONE},
        {"41111111111111111", PII_NONE},
        {"1800000000000", PII_NONE},
        {"019a0000-0000-7000-8000-000000000001", PII_NONE},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

/* An account number has its country's length and its check digits. */
static void pii_lint_iban(void **state)
{
    static const struct sample samples[] = {
        {"GB82WEST12345698765432", PII_IBAN},
        {"to GB82 WEST 1234 5698 7654 32.", PII_IBAN},
        {"de89370400440532013000", PII_IBAN},
        {"NO9386011117947", PII_IBAN},
        {"MT84MALT011000012345MTLCAST001S", PII_IBAN},
        {"GB82WEST12345698765433", PII_NONE},
        {"GB82WEST1234569876543", PII_NONE},
        {"GB82WEST123456987654321", PII_NONE},
        {"ZZ82WEST12345698765432", PII_NONE},
        {"GB8", PII_NONE},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

/* National numbers are found by their form and, where they have one, their check. */
static void pii_lint_national_id(void **state)
{
    static const struct sample samples[] = {
        {"ssn 123-45-6789", PII_NATIONAL_ID},
        {"000-45-6789", PII_NONE},
        {"666-45-6789", PII_NONE},
        {"12345678Z", PII_NATIONAL_ID},
        {"12345678A", PII_NONE},
        {"X1234567L", PII_NATIONAL_ID},
        {"X1234567M", PII_NONE},
        {"RSSMRA85T10A562S", PII_NATIONAL_ID},
        {"RSSMRA85T10A562T", PII_NONE},
        {"AB 12 34 56 C", PII_NATIONAL_ID},
        {"QB123456C", PII_NONE},
        {"529.982.247-25", PII_NATIONAL_ID},
        {"529.982.247-26", PII_NONE},
        {"2 55 08 14 168 025 38", PII_NATIONAL_ID},
        {"255081416802538", PII_NATIONAL_ID},
        {"255081416802539", PII_NONE},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

/* Identifiers, digests, versions and times as records hold them pass. */
static void pii_lint_identifiers(void **state)
{
    static const struct sample samples[] = {
        {"", PII_NONE},
        {"usr_41c", PII_NONE},
        {"contract-8841", PII_NONE},
        {"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", PII_NONE},
        {"4bf92f3577b34da6a3ce929d0e0e4736", PII_NONE},
        {"registry.example/app:v1.22.333", PII_NONE},
        {"20260901T120000Z", PII_NONE},
        {"10.20.30.40:8080", PII_NONE},
        {"CC8.1", PII_NONE},
        {"arn:aws:iam::123456789012:role/engine", PII_NONE},
    };
    struct bytes name;
    struct bytes text;

    (void)state;
    ASSERT_SAMPLES(samples);
    for (size_t i = 0; sample_text_at(&name, &text, i); i++)
        assert_int_equal(pii_lint(text), PII_NONE);
}

/* The work grows with the length of the text and no faster, whatever is in it. */
static void pii_lint_long_texts(void **state)
{
    static const char *const pieces[] = {"@", "a@a.", "1", "1 ", "+1", "GB82", "a.", "(1"};
    enum { LEN = 1 << 20 };
    char *text = mem_alloc(LEN);

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t len = strlen(pieces[i]);
        clock_t begin = clock();

        for (size_t at = 0; at < LEN; at++)
            text[at] = pieces[i][at % len];
        pii_lint(bytes_of(text, LEN));
        assert_true(clock() - begin < 5 * CLOCKS_PER_SEC); /* a quadratic pass takes minutes */
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pii_lint_email),       cmocka_unit_test(pii_lint_phone),
        cmocka_unit_test(pii_lint_card),        cmocka_unit_test(pii_lint_iban),
        cmocka_unit_test(pii_lint_national_id), cmocka_unit_test(pii_lint_identifiers),
        cmocka_unit_test(pii_lint_long_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
