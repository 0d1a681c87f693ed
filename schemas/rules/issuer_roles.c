#include "schemas/rules/issuer_roles.h"

#define BIT(type) TYPE_BIT(RECORD_##type)

enum {
    /* What every issuer says about its own records. */
    OWN = BIT(WINDOW) | BIT(CORRECTION) | BIT(SEQUENCE_VOID),
};

const struct issuer_role issuer_roles[] = {
    {"admin", (TYPES_ALL & ~TYPES_OF_LOG) & ~BIT(APPROVAL),
     "registers identities and may write everything but approvals"},
    {"engine",
     OWN | BIT(RUN_START) | BIT(EXECUTION_EVENT) | BIT(RUN_MANIFEST) | BIT(MANIFEST_PART) |
         BIT(POLICY_EVALUATION) | BIT(APPROVAL_REQUEST) | BIT(RESTORATION) | BIT(EXPORT) |
         BIT(TEST_RESULT) | BIT(OTHER),
     "a workflow engine, its workers and gateways"},
    {"policy-engine", OWN | BIT(POLICY_EVALUATION), "evaluates policies"},
    {"approval-service", OWN | BIT(APPROVAL) | BIT(APPROVAL_REQUEST),
     "collects approvals, with a key of its own"},
    {"override-console", OWN | BIT(OVERRIDE) | BIT(OVERRIDE_REVIEW),
     "where people go around controls, and review that"},
    {"change-manager", OWN | BIT(WORKFLOW_CHANGE) | BIT(POLICY_VERSION) | BIT(TEST_RESULT),
     "publishes workflows and policies: CI, an editor"},
    {"intake",
     OWN | BIT(RUN_START) | BIT(EXECUTION_EVENT) | BIT(RUN_MANIFEST) | BIT(MANIFEST_PART) |
         BIT(POLICY_EVALUATION) | BIT(APPROVAL_REQUEST) | BIT(RESTORATION) | BIT(EXPORT) |
         BIT(TEST_RESULT) | BIT(OTHER),
     "the log's intake: signs what adapters and unsigned documents bring in, grade C"},
    {"tester", OWN | BIT(TEST_RESULT), "runs tests, replays and drills"},
    {"identity-provider", OWN | BIT(IDENTITY) | BIT(ACCESS_REVIEW),
     "registers people, agents and services, reviews access"},
    {"privacy", OWN | BIT(LIFECYCLE) | BIT(RESTORATION) | BIT(EXPORT),
     "retention, erasure and restoration jobs"},
    {"legal", OWN | BIT(LIFECYCLE), "places and releases holds"},
    {"incident-manager", OWN | BIT(INCIDENT), "runs incidents"},
    {"importer", 0, "may bring records that are older than others may bring (G7)"},
    {"vendor-manager", OWN | BIT(SUPPLIER), "keeps the register of suppliers"},
};

const size_t issuer_role_count = sizeof(issuer_roles) / sizeof(issuer_roles[0]);

bool issuer_may_write(const struct principal *signer, enum record_type type, struct bytes name)
{
    for (size_t i = 0; i < issuer_role_count; i++) {
        if ((issuer_roles[i].types & TYPE_BIT(type)) != 0 &&
            principal_has_role(signer, issuer_roles[i].name))
            return true;
    }
    return type == RECORD_OTHER && principal_has_role_bytes(signer, name);
}
