/* The record types that rules know by name; a user's own types are RECORD_OTHER. */
#ifndef VOUCH_SCHEMAS_RULES_RECORD_TYPE_H
#define VOUCH_SCHEMAS_RULES_RECORD_TYPE_H

#include "base/bytes.h"

enum record_type {
    RECORD_OTHER,
    RECORD_WORKFLOW_CHANGE,
    RECORD_POLICY_VERSION,
    RECORD_POLICY_EVALUATION,
    RECORD_RUN_START,
    RECORD_EXECUTION_EVENT,
    RECORD_RUN_MANIFEST,
    RECORD_MANIFEST_PART,
    RECORD_APPROVAL_REQUEST,
    RECORD_APPROVAL,
    RECORD_OVERRIDE,
    RECORD_OVERRIDE_REVIEW,
    RECORD_RESTORATION,
    RECORD_LIFECYCLE,
    RECORD_INCIDENT,
    RECORD_ACCESS_REVIEW,
    RECORD_IDENTITY,
    RECORD_SUPPLIER,
    RECORD_TEST_RESULT,
    RECORD_WINDOW,
    RECORD_EXPORT,
    RECORD_CORRECTION,
    RECORD_SEQUENCE_VOID,
    RECORD_LOG_METADATA, /* this and what follows is written by the log alone */
    RECORD_GATE_GRANT,
    RECORD_SEAL,
    RECORD_TYPE_COUNT,
};

/* Sets of types, as in struct rule. */
#define TYPE_BIT(type) (UINT32_C(1) << (type))
#define TYPES_ALL ((UINT32_C(1) << RECORD_TYPE_COUNT) - 1)
#define TYPES_OF_LOG \
    (TYPE_BIT(RECORD_LOG_METADATA) | TYPE_BIT(RECORD_GATE_GRANT) | TYPE_BIT(RECORD_SEAL))

enum record_type record_type_find(struct bytes name); /* RECORD_OTHER when it is none of these */
const char *record_type_name(enum record_type type);  /* "run-start"; "other" */

#endif
