/* Any bytes as a trust policy: refused, or within its limits and with a quorum that can be met. */
#include <stdlib.h>

#include "client/verify/policy.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct err err = {0};

    if (policy_parse(policy, bytes_of(data, len), &err)) {
        CHECK(policy->log_count <= POLICY_LOGS_MAX && policy->name_count <= POLICY_NAMES_MAX);
        CHECK(!policy->has_quorum || policy->quorum < policy->name_count);
        for (size_t i = 0; i < policy->name_count; i++) {
            const struct policy_name *name = &policy->names[i];

            CHECK(!name->is_group ||
                  (name->threshold >= 1 && name->threshold <= name->member_count));
            CHECK(!name->is_member || name->parent > i);
        }
        policy_cleanup(policy);
    } else {
        CHECK(err.code == ERR_INVALID && policy->log_count == 0);
    }
    free(policy);
    return 0;
}
