/*
 * Any bytes as a fork proof: no crash, what is accepted is written as it was, and nobody is
 * convicted whose signature was not checked.
 */
#include "client/verify/fork_check.h"
#include "client/verify/fork_proof.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes text = bytes_of(data, len);
    struct report report = {0};
    struct fork_proof proof;
    struct buf again = {0};
    struct err err = {0};

    fork_check(&report, text, NULL);
    CHECK(report.verdict == VERDICT_INCOMPLETE || report.verdict == VERDICT_INVALID);
    if (!fork_proof_parse(&proof, text, &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    fork_proof_append(&again, &proof);
    CHECK(bytes_equal(bytes_of_buf(&again), text));
    buf_cleanup(&again);
    return 0;
}
