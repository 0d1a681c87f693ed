/* What dcbor_check accepts has exactly one encoding and every view; what it refuses has a place. */
#include "schemas/dcbor.h"
#include "schemas/view.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/sample_cbor.h"

static void check_accepted(struct bytes input)
{
    struct buf out = {0};
    struct err err = {0};

    CHECK(dcbor_check_any(input, &err));
    CHECK(sample_copy(&out, input));
    CHECK(bytes_equal(bytes_of_buf(&out), input));
    buf_clear(&out);
    CHECK(view_append_json(&out, input, true, &err));
    CHECK(view_append_diagnostic(&out, input, &err));
    buf_cleanup(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = bytes_of(data, size);
    struct dcbor_reader reader = dcbor_reader_of(input);
    struct buf out = {0};
    struct err err = {0};
    struct bytes item;
    char path[32];

    if (dcbor_check(input, &err)) {
        check_accepted(input);
    } else {
        CHECK(err.code == ERR_INVALID && err.text[0] != 0);
        if (!dcbor_check_next(&reader, &item, 0, &err))
            dcbor_path(path, sizeof(path), input, reader.position);
    }
    /* Both accept more than records. */
    if (view_append_diagnostic(&out, input, &err))
        CHECK(out.len > 0);
    buf_clear(&out);
    if (view_append_json(&out, input, false, &err))
        CHECK(out.len > 0);
    buf_cleanup(&out);
    return 0;
}
