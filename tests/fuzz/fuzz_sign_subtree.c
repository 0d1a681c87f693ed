/* Any bytes as the body of sign-subtree: no crash, and what is taken is written as it was. */
#include "schemas/sign_subtree.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct sign_subtree request;
    struct buf again = {0};
    struct err err = {0};

    if (!sign_subtree_parse(&request, bytes_of(data, len), &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    sign_subtree_append(&again, &request);
    CHECK(bytes_equal(bytes_of_buf(&again), bytes_of(data, len)));
    buf_cleanup(&again);
    return 0;
}
