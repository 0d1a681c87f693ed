/* Any bytes as a COSE_Key and as a key set: no crash, and what is accepted decodes again. */
#include "schemas/key_set.h"
#include "tests/fuzz/fuzz.h"

static void check_again(const struct public_key *key)
{
    struct public_key *again = NULL;
    struct buf encoded = {0};
    struct err err = {0};
    bool ok;

    public_key_append_cose(&encoded, key);
    ok = public_key_from_cose(&again, bytes_of_buf(&encoded), &err);
    CHECK(ok && public_key_equal(again, key));
    public_key_free(again);
    buf_cleanup(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct public_key *key;
    struct key_set set;
    struct err err = {0};

    if (public_key_from_cose(&key, bytes_of(data, len), &err)) {
        check_again(key);
        public_key_free(key);
    }
    if (key_set_parse(&set, bytes_of(data, len), &err)) {
        for (size_t i = 0; i < set.count; i++)
            check_again(set.keys[i]);
        key_set_cleanup(&set);
    }
    return 0;
}
