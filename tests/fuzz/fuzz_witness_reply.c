/* Any bytes as what a witness answers: a cosignature is taken only as it is, a size only as it is
 * written. */
#include <inttypes.h>
#include <string.h>

#include "server/witnessing/exchange.h"
#include "tests/fuzz/fuzz.h"

static const char VKEY[] =
    "witness.example/w+b58d4eee+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
static const char LINE[] =
    "\xe2\x80\x94 witness.example/w "
    "tY1O7gAAAABlU/EA9NACwXw/kFy10BAO0IFzpfag1Zbi4I4xeSA+ucGGZ64aOP1lhgx7MQtUC758W/B3iADamf4F4aAr"
    "aacOa/j7BA==\n";
static const char CHECKPOINT[] =
    "log.example/fuzz\n3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n"
    "\xe2\x80\x94 log.example/fuzz "
    "QhW0q6jccWSfW3KMJDEdrvMAwJPZVEQ7STXWSbry55cZfFc9ixGA56SdLyQdzZMqPWyG6ilZ7D9kZDgB5W6uxL4y"
    "HQE=\n";

static void try_cosignature(struct bytes reply)
{
    struct note_verifier witness;
    struct buf line = {0};
    struct err err = {0};

    CHECK(note_verifier_parse(&witness, bytes_of_text(VKEY), &err));
    if (exchange_take_cosignature(&line, &witness, bytes_of_text(CHECKPOINT), reply, &err))
        CHECK(bytes_equal_text(bytes_of_buf(&line), LINE));
    else
        CHECK(line.len == 0 && (err.code == ERR_INVALID || err.code == ERR_REFUSED));
    buf_cleanup(&line);
    note_verifier_cleanup(&witness);
}

static void try_size(struct bytes reply)
{
    struct buf again = {0};
    struct err err = {0};
    uint64_t size;

    if (exchange_parse_size(&size, reply, &err)) {
        buf_append_format(&again, "%" PRIu64 "\n", size);
        CHECK(bytes_equal(bytes_of_buf(&again), reply));
    }
    buf_cleanup(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes reply = bytes_of(data, len);
    struct bytes line = bytes_of_text(LINE);
    struct buf both = {0};

    try_cosignature(reply);
    try_size(reply);
    /* Beside the real line, so that what surrounds it is tried too. */
    buf_append_bytes(&both, line);
    buf_append_bytes(&both, reply);
    try_cosignature(bytes_of_buf(&both));
    buf_cleanup(&both);
    return 0;
}
