/* Any bytes as the body of add-checkpoint: no crash, and what is taken is written as it was. */
#include "schemas/add_checkpoint.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct add_checkpoint request;
    struct buf again = {0};
    struct err err = {0};

    if (!add_checkpoint_parse(&request, bytes_of(data, len), &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    add_checkpoint_append(&again, &request);
    CHECK(bytes_equal(bytes_of_buf(&again), bytes_of(data, len)));
    buf_cleanup(&again);
    return 0;
}
