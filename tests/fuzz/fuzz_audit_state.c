/* Any bytes as an audit's state: what is accepted is written again as it was. */
#include "client/verify/audit_state.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct audit audit = {0};
    struct bytes checkpoint;
    struct buf again = {0};
    struct err err = {0};

    if (!audit_state_parse(&audit, &checkpoint, bytes_of(data, len), &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    audit_state_append(&again, &audit, checkpoint);
    CHECK(bytes_equal(bytes_of_buf(&again), bytes_of(data, len)));
    buf_cleanup(&again);
    return 0;
}
