#include "schemas/amr.h"

#include "base/text.h"
#include "tests/support/cmocka_all.h"

enum { STRONG, WEAK, SINGLE };

struct sample {
    const char *values; /* separated by blanks */
    int strength;
};

static struct amr read_values(const char *values)
{
    struct bytes rest = bytes_of_text(values);
    struct amr amr = {0};

    while (rest.len > 0) {
        struct bytes value;

        text_split(&rest, &value, ' ');
        amr_add(&amr, value);
    }
    return amr;
}

static void assert_strengths(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct amr amr = read_values(samples[i].values);

        if (amr_is_multi_factor(&amr) != (samples[i].strength != SINGLE) ||
            amr_is_weak(&amr) != (samples[i].strength == WEAK))
            fail_msg("\"%s\" is judged otherwise", samples[i].values);
    }
}

#define ASSERT_STRENGTHS(samples) assert_strengths(samples, sizeof(samples) / sizeof((samples)[0]))

/* Two factors of different categories are needed; two of the same are one. */
static void amr_is_multi_factor_of_categories(void **state)
{
    static const struct sample SAMPLES[] = {
        {"", SINGLE},
        {"pwd", SINGLE},
        {"pwd pin kba", SINGLE},
        {"otp hwk swk sc pop", SINGLE},
        {"otp sms", SINGLE},
        {"fpt face iris retina vbm", SINGLE},
        {"pwd otp", STRONG},
        {"pin sc", STRONG},
        {"kba swk", STRONG},
        {"hwk fpt", STRONG},
        {"pop retina", STRONG},
        {"pwd vbm", STRONG},
        {"face pin", STRONG},
        {"iris kba", STRONG},
    };

    (void)state;
    ASSERT_STRENGTHS(SAMPLES);
}

/* "mfa" is enough by itself, since providers need not name the factors. */
static void amr_is_multi_factor_by_mfa(void **state)
{
    static const struct sample SAMPLES[] = {
        {"mfa", STRONG},
        {"pwd mfa", STRONG},
        {"mfa otp sms", STRONG},
    };

    (void)state;
    ASSERT_STRENGTHS(SAMPLES);
}

/* A telephone as the only other factor is weak, whatever else is claimed about it. */
static void amr_is_weak_by_telephone(void **state)
{
    static const struct sample SAMPLES[] = {
        {"pwd sms", WEAK},         {"pwd tel", WEAK},       {"fpt sms", WEAK},
        {"mfa sms", WEAK},         {"mfa pwd sms", WEAK},   {"pwd sms tel", WEAK},
        {"pwd sms otp", STRONG},   {"pwd fpt tel", STRONG}, {"sms", SINGLE},
        {"mfa pwd otp tel", STRONG},
    };

    (void)state;
    ASSERT_STRENGTHS(SAMPLES);
}

/* What names no factor, is unknown, or is only spelled alike counts for nothing. */
static void amr_is_multi_factor_ignores_the_rest(void **state)
{
    static const struct sample SAMPLES[] = {
        {"geo mca rba user wia", SINGLE}, {"pwd geo", SINGLE},  {"pwd user", SINGLE},
        {"MFA", SINGLE},                  {"mfa2", SINGLE},     {"mf", SINGLE},
        {"pwd OTP", SINGLE},              {"pwd ngcmfa", SINGLE},
    };

    (void)state;
    ASSERT_STRENGTHS(SAMPLES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amr_is_multi_factor_of_categories),
        cmocka_unit_test(amr_is_multi_factor_by_mfa),
        cmocka_unit_test(amr_is_weak_by_telephone),
        cmocka_unit_test(amr_is_multi_factor_ignores_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
