/* Any bytes as an entry bundle of an evidence log: appended entry by entry, or found corrupt. */
#include "client/verify/audit.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct audit audit = {0};
    struct err err = {0};

    if (audit_append_bundle(&audit, bytes_of(data, len), 0, 4, &err)) {
        CHECK(audit.frontier.size == 4);
        CHECK(audit.sealed_size <= 4);
    } else {
        CHECK(err.code == ERR_CORRUPT && audit.frontier.size < 4);
    }
    return 0;
}
