/* Any bytes as a tlog-proof: no crash, and what is accepted is written as it was. */
#include "schemas/tlog_proof.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tlog_proof proof;
    struct buf again = {0};
    struct err err = {0};

    if (!tlog_proof_parse(&proof, bytes_of(data, len), &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    tlog_proof_append(&again, &proof);
    CHECK(bytes_equal(bytes_of_buf(&again), bytes_of(data, len)));
    buf_cleanup(&again);
    return 0;
}
