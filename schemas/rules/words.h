/* Words of records that rules compare; risk_level.h has the risks. */
#ifndef VOUCH_SCHEMAS_RULES_WORDS_H
#define VOUCH_SCHEMAS_RULES_WORDS_H

#include "schemas/record_fields.h"

/* Ascending. A word that is none of them counts as the highest: what is unclear is not harmless. */
enum classification {
    CLASSIFICATION_PUBLIC,
    CLASSIFICATION_INTERNAL,
    CLASSIFICATION_CONFIDENTIAL,
    CLASSIFICATION_RESTRICTED,
    CLASSIFICATION_COUNT,
};
enum classification classification_of(const struct field *field); /* NULL: public */

enum gate_tier { GATE_INFO, GATE_SOFT, GATE_BLOCK, GATE_COUNT };
enum gate_tier gate_tier_of(const struct field *field); /* NULL: info */

/* A record that names no environment counts as production. */
enum environment {
    ENVIRONMENT_DEVELOPMENT,
    ENVIRONMENT_TEST,
    ENVIRONMENT_STAGING,
    ENVIRONMENT_PRODUCTION,
    ENVIRONMENT_COUNT,
};
enum environment environment_of(const struct field *field);
enum environment environment_find(struct bytes name); /* ENVIRONMENT_PRODUCTION when it is none */
const char *environment_name(enum environment environment);

/* workflow-change: operation */
enum change_operation {
    CHANGE_DRAFT,
    CHANGE_MODIFY,
    CHANGE_PUBLISH,
    CHANGE_CANARY,
    CHANGE_PROMOTE,
    CHANGE_DEPLOY,
    CHANGE_ROLLBACK,
    CHANGE_RETIRE,
    CHANGE_COUNT, /* none of these */
};
enum change_operation change_operation_of(const struct field *field);

#endif
