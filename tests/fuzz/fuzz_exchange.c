/* Any bytes as what a peer sent: no crash, and its parts are the bytes, or the text is refused. */
#include "client/gossip/exchange.h"
#include "schemas/checkpoint_list.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes text = bytes_of(data, len);
    struct bytes rest = text;
    struct buf again = {0};
    struct err err = {0};
    struct bytes item;
    bool is_fork;

    while (rest.len > 0) {
        if (!exchange_next(&rest, &item, &is_fork, &err)) {
            CHECK(err.code == ERR_INVALID);
            buf_cleanup(&again);
            return 0;
        }
        checkpoint_list_append(&again, 0, item);
    }
    CHECK(bytes_equal(bytes_of_buf(&again), text));
    buf_cleanup(&again);
    return 0;
}
