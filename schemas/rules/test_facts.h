/* Which contents were tested, and by whom. */
#ifndef VOUCH_SCHEMAS_RULES_TEST_FACTS_H
#define VOUCH_SCHEMAS_RULES_TEST_FACTS_H

#include "schemas/rules/rule.h"

enum { TEST_TESTERS_MAX = 16 }; /* of one content; more are not remembered */

/* FACT_TEST (tenant, digest of what was tested, "policy-test" or ""): item_set of the actors whose
 * tests passed. The digest is that of the subject's object. */
bool test_passed(struct facts *facts, struct bytes tenant, struct bytes digest, bool is_policy_test,
                 struct bytes *out_testers);

#endif
