#include "schemas/amr.h"

enum {
    AMR_MFA = 1,
    AMR_KNOWLEDGE = 2,
    AMR_POSSESSION = 4,
    AMR_TELEPHONE = 8, /* possession of a telephone number */
    AMR_INHERENCE = 16,
};

struct method {
    const char *name;
    unsigned bit;
};

/* RFC 8176, 2; methods that are no factor are not listed. */
static const struct method METHODS[] = {
    {"mfa", AMR_MFA},        {"kba", AMR_KNOWLEDGE},    {"pin", AMR_KNOWLEDGE},
    {"pwd", AMR_KNOWLEDGE},  {"hwk", AMR_POSSESSION},   {"otp", AMR_POSSESSION},
    {"pop", AMR_POSSESSION}, {"sc", AMR_POSSESSION},    {"swk", AMR_POSSESSION},
    {"sms", AMR_TELEPHONE},  {"tel", AMR_TELEPHONE},    {"face", AMR_INHERENCE},
    {"fpt", AMR_INHERENCE},  {"iris", AMR_INHERENCE},   {"retina", AMR_INHERENCE},
    {"vbm", AMR_INHERENCE},
};

void amr_add(struct amr *amr, struct bytes value)
{
    for (size_t i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++) {
        if (bytes_equal_text(value, METHODS[i].name))
            amr->seen |= METHODS[i].bit;
    }
}

static bool has(const struct amr *amr, unsigned bits)
{
    return (amr->seen & bits) != 0;
}

bool amr_is_multi_factor(const struct amr *amr)
{
    int factors = has(amr, AMR_KNOWLEDGE) + has(amr, AMR_POSSESSION | AMR_TELEPHONE) +
                  has(amr, AMR_INHERENCE);

    return has(amr, AMR_MFA) || factors >= 2;
}

/* Factors that "mfa" vouches for without naming them do not make up for a telephone. */
bool amr_is_weak(const struct amr *amr)
{
    return amr_is_multi_factor(amr) && has(amr, AMR_TELEPHONE) && !has(amr, AMR_POSSESSION) &&
           !(has(amr, AMR_KNOWLEDGE) && has(amr, AMR_INHERENCE));
}
