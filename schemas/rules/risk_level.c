#include "schemas/rules/risk_level.h"

static const char *const names[RISK_COUNT] = {"unknown", "low", "medium", "high", "critical"};

enum risk_level risk_level_find(struct bytes name)
{
    for (enum risk_level risk = RISK_LOW; risk < RISK_COUNT; risk++) {
        if (bytes_equal_text(name, names[risk]))
            return risk;
    }
    return RISK_UNKNOWN;
}

const char *risk_level_name(enum risk_level risk)
{
    CHECK(risk < RISK_COUNT);
    return names[risk];
}
