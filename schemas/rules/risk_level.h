/* Risk levels in their order, so that rules can say "high or above". */
#ifndef VOUCH_SCHEMAS_RULES_RISK_LEVEL_H
#define VOUCH_SCHEMAS_RULES_RISK_LEVEL_H

#include "base/bytes.h"

/* Numbers are stored in facts: never change one. */
enum risk_level {
    RISK_UNKNOWN, /* nobody said */
    RISK_LOW,
    RISK_MEDIUM,
    RISK_HIGH,
    RISK_CRITICAL,
    RISK_COUNT,
};

enum risk_level risk_level_find(struct bytes name); /* RISK_UNKNOWN when it is none of them */
const char *risk_level_name(enum risk_level risk);  /* "unknown", "low", ... */

#endif
