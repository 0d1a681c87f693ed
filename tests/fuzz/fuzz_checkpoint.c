/* Any bytes as the text of a checkpoint: no crash, and the three lines are written as they were. */
#include "schemas/checkpoint.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes text = bytes_of(data, len);
    struct checkpoint checkpoint;
    struct buf again = {0};
    struct err err = {0};

    if (!checkpoint_parse_text(&checkpoint, text, &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    checkpoint_append_text(&again, &checkpoint);
    CHECK(bytes_start_with(text, bytes_of_buf(&again))); /* extension lines may follow */
    buf_cleanup(&again);
    return 0;
}
