#include "schemas/approval_nonce.h"

#include <string.h>

#include "tests/support/cmocka_all.h"

/* Two values computed by another program (Python's hashlib): nobody else's form of it is ours. */
static void approval_nonce_derive_known_values(void **state)
{
    struct hash digest = {{0}};
    uint8_t nonce[32];
    char out[APPROVAL_NONCE_LEN + 1];

    (void)state;
    for (uint8_t i = 0; i < 32; i++) {
        digest.bytes[i] = i;
        nonce[i] = (uint8_t)(0xa0 + i);
    }
    approval_nonce_derive(out, &digest, bytes_of(nonce, 16));
    assert_string_equal(out, "kYKKjJA94GvwJHUV8eiDsa1_XvmZlf6oZS-KYOBspA4");
    memset(&digest, 0, sizeof(digest));
    memset(nonce, 0, sizeof(nonce));
    approval_nonce_derive(out, &digest, bytes_of(nonce, 32));
    assert_string_equal(out, "ti0F_My9BZpDXuaV51UNw7gK-oqsNnl2CwOzp8tc5d8");
}

/* Another action, another request, or a byte moved from one to the other gives another nonce. */
static void approval_nonce_derive_depends_on_both(void **state)
{
    static const uint8_t NONCE[32] = {1, 2, 3};
    struct hash digest = {{0}};
    char out[4][APPROVAL_NONCE_LEN + 1];

    (void)state;
    approval_nonce_derive(out[0], &digest, bytes_of(NONCE, 32));
    approval_nonce_derive(out[1], &digest, bytes_of(NONCE, 31));
    approval_nonce_derive(out[2], &digest, bytes_of(NONCE + 1, 31));
    digest.bytes[31] = 1;
    approval_nonce_derive(out[3], &digest, bytes_of(NONCE + 1, 31));
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(out[i], out[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(approval_nonce_derive_known_values),
        cmocka_unit_test(approval_nonce_derive_depends_on_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
