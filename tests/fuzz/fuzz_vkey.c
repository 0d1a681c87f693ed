/* Any bytes as a verifier key: no crash, and what is accepted is written again as it was. */
#include "schemas/note.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct note_verifier verifier;
    struct buf again = {0};
    struct err err = {0};

    if (!note_verifier_parse(&verifier, bytes_of(data, len), &err)) {
        CHECK(err.code == ERR_INVALID && verifier.key == NULL);
        return 0;
    }
    note_verifier_append(&again, &verifier);
    CHECK(bytes_equal(bytes_of_buf(&again), bytes_of(data, len)));
    note_verifier_cleanup(&verifier);
    buf_cleanup(&again);
    return 0;
}
