/* A seal that is accepted is the same seal after writing and reading it again. */
#include "schemas/seal.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal seal;
    struct seal again;
    struct buf out = {0};
    struct err err = {0};

    if (!seal_decode(&seal, bytes_of(data, size), &err)) {
        CHECK(err.code == ERR_INVALID && err.text[0] != 0);
        return 0;
    }
    seal_encode(&out, &seal);
    CHECK(seal_decode(&again, bytes_of_buf(&out), &err));
    CHECK(seal.first_index == again.first_index && seal.entry_count == again.entry_count);
    CHECK(seal.received_at_ms == again.received_at_ms);
    CHECK(hash_equal(&seal.root, &again.root) && hash_equal(&seal.previous, &again.previous));
    CHECK(bytes_equal(seal.flags, again.flags) && bytes_equal(seal.rules_id, again.rules_id) &&
          bytes_equal(seal.rules_version, again.rules_version));
    buf_cleanup(&out);
    return 0;
}
