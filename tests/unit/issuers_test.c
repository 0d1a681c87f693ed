#include "server/http/issuers.h"

#include <stdio.h>

#include "tests/support/cmocka_all.h"

enum { KEYS = 40 };

static struct public_key *new_key(enum key_type type)
{
    struct signer *signer;
    struct public_key *key;
    struct buf pem = {0};
    struct err err = {0};

    assert_true(signer_generate(&signer, &pem, type, &err));
    buf_clear(&pem);
    public_key_append_pem(&pem, signer->public_key);
    assert_true(public_key_from_pem(&key, bytes_of_buf(&pem), &err));
    signer_close(signer);
    buf_cleanup(&pem);
    return key;
}

/* Every key is found by its thumbprint with its issuer's name, and nothing else is found. */
static void issuers_find_every_key(void **state)
{
    struct issuers *issuers = issuers_new();
    struct public_key *keys[KEYS];
    struct public_key *stranger = new_key(KEY_ED25519);
    struct err err = {0};
    char name[16];

    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        keys[i] = new_key(i % 2 == 0 ? KEY_ED25519 : KEY_P256);
        snprintf(name, sizeof(name), "issuer-%zu", i / 2);
        assert_true(issuers_add_take(issuers, name, keys[i], &err));
    }
    issuers_finish(issuers);
    for (size_t i = 0; i < KEYS; i++) {
        const struct issuer *found =
            issuers_find(issuers, hash_bytes(public_key_thumbprint(keys[i])));

        snprintf(name, sizeof(name), "issuer-%zu", i / 2);
        assert_non_null(found);
        assert_ptr_equal(found->key, keys[i]);
        assert_string_equal(found->name, name);
    }
    assert_null(issuers_find(issuers, hash_bytes(public_key_thumbprint(stranger))));
    assert_null(issuers_find(issuers, bytes_of_text("short")));
    assert_null(issuers_find(issuers, bytes_of(NULL, 0)));
    public_key_free(stranger);
    snapshot_release(&issuers->snapshot);
}

/* A key belongs to one issuer; a second time it is refused and stays the caller's. */
static void issuers_add_take_duplicate(void **state)
{
    struct issuers *issuers = issuers_new();
    struct public_key *key = new_key(KEY_P256);
    struct public_key *same;
    struct buf pem = {0};
    struct err err = {0};

    (void)state;
    public_key_append_pem(&pem, key);
    assert_true(public_key_from_pem(&same, bytes_of_buf(&pem), &err));
    assert_true(issuers_add_take(issuers, "a", key, &err));
    assert_false(issuers_add_take(issuers, "b", same, &err));
    assert_int_equal(err.code, ERR_INVALID);
    public_key_free(same);
    buf_cleanup(&pem);
    snapshot_release(&issuers->snapshot);
}

/* A set without issuers finds nobody. */
static void issuers_find_empty(void **state)
{
    static const struct hash kid = {{0}};
    struct issuers *issuers = issuers_new();

    (void)state;
    issuers_finish(issuers);
    assert_null(issuers_find(issuers, hash_bytes(&kid)));
    snapshot_release(&issuers->snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(issuers_find_every_key),
        cmocka_unit_test(issuers_add_take_duplicate),
        cmocka_unit_test(issuers_find_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
