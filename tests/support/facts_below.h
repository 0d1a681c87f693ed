/* Facts in memory as what is committed, for other facts above them. */
#ifndef VOUCH_TESTS_SUPPORT_FACTS_BELOW_H
#define VOUCH_TESTS_SUPPORT_FACTS_BELOW_H

#include "schemas/rules/facts.h"

struct facts_below {
    struct facts_base base; /* for facts_new */
    struct facts *facts;    /* borrowed */
};

void facts_below_init(struct facts_below *out, struct facts *facts);

#endif
