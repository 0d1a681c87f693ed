/*
 * Any bytes as an anchor file: no crash, what is accepted is written as it was, and without anybody
 * to trust nothing but a copy goes unquestioned.
 */
#include "client/verify/anchor_check.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes text = bytes_of(data, len);
    struct report report = {0};
    struct anchor_file anchor;
    struct buf again = {0};
    struct err err = {0};

    if (!anchor_file_parse(&anchor, text, &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    anchor_file_append(&again, &anchor);
    CHECK(bytes_equal(bytes_of_buf(&again), text));
    anchor_check(&report, &anchor, NULL, (struct bytes){0});
    CHECK(anchor.kind == ANCHOR_OBJECT_STORE || report.verdict >= VERDICT_INCOMPLETE);
    anchor_file_cleanup(&anchor);
    buf_cleanup(&again);
    return 0;
}
