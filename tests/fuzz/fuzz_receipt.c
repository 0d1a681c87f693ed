/* Any bytes as a receipt: no crash, neither in decoding nor in verifying under any key. */
#include <stdlib.h>

#include "schemas/receipt.h"
#include "tests/fuzz/fuzz.h"

static struct public_key *any_key(void)
{
    static const uint8_t raw[32] = {
        0x7d, 0x4d, 0x0e, 0x7f, 0x61, 0x53, 0xa6, 0x9b, 0x62, 0x42, 0xb5,
        0x22, 0xab, 0xbe, 0xe6, 0x85, 0xfd, 0xa4, 0x42, 0x0f, 0x88, 0x34,
        0xb1, 0x08, 0xc3, 0xbd, 0xae, 0x36, 0x9e, 0xf5, 0x49, 0xfa,
    };
    struct public_key *key;
    struct err err = {0};

    if (!public_key_from_raw(&key, KEY_ED25519, bytes_of(raw, sizeof(raw)), &err))
        abort();
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct hash leaf = {{1}};
    struct public_key *key;
    struct receipt receipt;
    struct err err = {0};
    bool verified;

    if (!receipt_decode(&receipt, bytes_of(data, len), &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    CHECK(receipt.proof_count >= 1 && receipt.proof.count <= PROOF_HASHES_MAX);
    CHECK(receipt.tree_size >= 1 && receipt.tree_size <= TREE_SIZE_MAX);
    key = any_key();
    if (receipt.is_consistency)
        verified = receipt_verify_consistency(&receipt, &leaf, &leaf, key);
    else
        verified = receipt_verify_inclusion(&receipt, &leaf, key, NULL);
    CHECK(!verified); /* nobody has this key's other half */
    public_key_free(key);
    return 0;
}
