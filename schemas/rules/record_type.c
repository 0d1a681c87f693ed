#include "schemas/rules/record_type.h"

static const char *const names[RECORD_TYPE_COUNT] = {
    [RECORD_OTHER] = "other",
    [RECORD_WORKFLOW_CHANGE] = "workflow-change",
    [RECORD_POLICY_VERSION] = "policy-version",
    [RECORD_POLICY_EVALUATION] = "policy-evaluation",
    [RECORD_RUN_START] = "run-start",
    [RECORD_EXECUTION_EVENT] = "execution-event",
    [RECORD_RUN_MANIFEST] = "run-manifest",
    [RECORD_MANIFEST_PART] = "manifest-part",
    [RECORD_APPROVAL_REQUEST] = "approval-request",
    [RECORD_APPROVAL] = "approval",
    [RECORD_OVERRIDE] = "override",
    [RECORD_OVERRIDE_REVIEW] = "override-review",
    [RECORD_RESTORATION] = "restoration",
    [RECORD_LIFECYCLE] = "lifecycle",
    [RECORD_INCIDENT] = "incident",
    [RECORD_ACCESS_REVIEW] = "access-review",
    [RECORD_IDENTITY] = "identity",
    [RECORD_SUPPLIER] = "supplier",
    [RECORD_TEST_RESULT] = "test-result",
    [RECORD_WINDOW] = "window",
    [RECORD_EXPORT] = "export",
    [RECORD_CORRECTION] = "correction",
    [RECORD_SEQUENCE_VOID] = "sequence-void",
    [RECORD_LOG_METADATA] = "log-metadata",
    [RECORD_GATE_GRANT] = "gate-grant",
    [RECORD_SEAL] = "seal",
};

enum record_type record_type_find(struct bytes name)
{
    for (enum record_type type = RECORD_OTHER + 1; type < RECORD_TYPE_COUNT; type++) {
        if (bytes_equal_text(name, names[type]))
            return type;
    }
    return RECORD_OTHER;
}

const char *record_type_name(enum record_type type)
{
    CHECK(type < RECORD_TYPE_COUNT);
    return names[type];
}
