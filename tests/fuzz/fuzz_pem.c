/* Any bytes as PEM of a public and of a private key: no crash, and a public key is read again. */
#include "schemas/key.h"
#include "tests/fuzz/fuzz.h"

static void check_again(const struct public_key *key)
{
    struct public_key *again = NULL;
    struct buf pem = {0};
    struct err err = {0};
    bool ok;

    public_key_append_pem(&pem, key);
    ok = public_key_from_pem(&again, bytes_of_buf(&pem), &err);
    CHECK(ok && public_key_equal(again, key));
    public_key_free(again);
    buf_cleanup(&pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct public_key *key;
    struct signer *signer;
    struct err err = {0};

    if (public_key_from_pem(&key, bytes_of(data, len), &err)) {
        check_again(key);
        public_key_free(key);
    }
    if (signer_open_pem(&signer, bytes_of(data, len), &err)) {
        check_again(signer->public_key);
        signer_close(signer);
    }
    return 0;
}
