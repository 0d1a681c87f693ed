/* Any bytes as the answer to a batch: two results that are whole, or a corrupt answer. */
#include "client/submit/batch_reply.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct batch_result results[2];
    struct err err = {0};

    if (!batch_reply_parse(results, 2, bytes_of(data, len), &err)) {
        CHECK(err.code == ERR_CORRUPT);
        return 0;
    }
    for (size_t i = 0; i < 2; i++)
        CHECK(results[i].outcome <= BATCH_LATER);
    return 0;
}
