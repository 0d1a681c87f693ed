/* JSON that is accepted becomes deterministic CBOR, whose JSON becomes the same CBOR again. */
#include "schemas/dcbor.h"
#include "schemas/view.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf cbor = {0};
    struct buf json = {0};
    struct buf again = {0};
    struct err err = {0};

    if (view_parse_json(&cbor, bytes_of(data, size), &err)) {
        CHECK(dcbor_check(bytes_of_buf(&cbor), &err));
        CHECK(view_append_json(&json, bytes_of_buf(&cbor), size % 2 == 0, &err));
        CHECK(view_parse_json(&again, bytes_of_buf(&json), &err));
        CHECK(bytes_equal(bytes_of_buf(&cbor), bytes_of_buf(&again)));
    } else {
        CHECK(err.code == ERR_INVALID && err.text[0] != 0 && cbor.len == 0);
    }
    buf_cleanup(&again);
    buf_cleanup(&json);
    buf_cleanup(&cbor);
    return 0;
}
