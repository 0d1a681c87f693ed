#include "server/http/issuers.h"

#include <stdio.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/log_trust.h"

enum { KEYS = 40 };

static struct signer *new_key(enum key_type type)
{
    struct signer *signer;
    struct buf pem = {0};
    struct err err = {0};

    assert_true(signer_generate(&signer, &pem, type, &err));
    buf_cleanup(&pem);
    return signer;
}

/* The log says that it trusts this key. */
static void trust(struct log_fixture *fixture, const char *name, const struct public_key *key)
{
    struct log_trust trust;
    struct tlog_submission submission = {.own = &trust.own};
    struct tlog_submission *pointer = &submission;
    struct err err = {0};

    log_trust_init(&trust, LOG_FIXTURE_ORIGIN, PROFILE_STRICT, key);
    trust.issuer = name;
    assert_true(tlog_commit(fixture->tlog, &pointer, 1, &err));
    assert_int_equal(submission.outcome, TLOG_ADDED);
}

static struct issuers *load(struct log_fixture *fixture)
{
    struct issuers *issuers = NULL;
    struct err err = {0};

    if (!issuers_load(&issuers, fixture->store, &err))
        fail_msg("%s", err.text);
    return issuers;
}

/* Every key that the log speaks of is found by its thumbprint with its issuer's name, and nothing
 * else is found. */
static void issuers_find_every_key(void **state)
{
    struct log_fixture *fixture = *state;
    struct signer *signers[KEYS];
    struct signer *stranger = new_key(KEY_ED25519);
    struct issuers *issuers;
    char name[16];

    for (size_t i = 0; i < KEYS; i++) {
        signers[i] = new_key(i % 2 == 0 ? KEY_ED25519 : KEY_P256);
        snprintf(name, sizeof(name), "issuer-%zu", i / 2);
        trust(fixture, name, signers[i]->public_key);
    }
    issuers = load(fixture);
    for (size_t i = 0; i < KEYS; i++) {
        const struct issuer *found =
            issuers_find(issuers, hash_bytes(public_key_thumbprint(signers[i]->public_key)));

        snprintf(name, sizeof(name), "issuer-%zu", i / 2);
        assert_non_null(found);
        assert_true(public_key_equal(found->key, signers[i]->public_key));
        assert_string_equal(found->name, name);
        signer_close(signers[i]);
    }
    assert_null(issuers_find(issuers, hash_bytes(public_key_thumbprint(stranger->public_key))));
    assert_null(issuers_find(issuers, bytes_of_text("short")));
    assert_null(issuers_find(issuers, bytes_of(NULL, 0)));
    signer_close(stranger);
    snapshot_release(&issuers->snapshot);
}

/* A log that trusts nobody yet finds nobody. */
static void issuers_load_of_an_empty_log(void **state)
{
    static const struct hash kid = {{0}};
    struct issuers *issuers = load(*state);

    assert_int_equal(issuers->count, 0);
    assert_null(issuers_find(issuers, hash_bytes(&kid)));
    snapshot_release(&issuers->snapshot);
}

/* A key that cannot be read, or is not one, is an error: nobody is trusted half. */
static void issuers_load_of_damaged_facts(void **state)
{
    struct log_fixture *fixture = *state;
    struct issuers *issuers = NULL;
    struct err err = {0};

    trust(fixture, LOG_ISSUER, fixture->keys.issuer->public_key);
    store_faulty_arm(fixture->store, STORE_OPERATION_SCAN_FACTS, STORE_FAULT_ERROR, 0, 0);
    assert_false(issuers_load(&issuers, fixture->store, &err));
    assert_int_equal(err.code, ERR_IO);
    store_faulty_arm(fixture->store, STORE_OPERATION_SCAN_FACTS, STORE_FAULT_FLIPPED, 0, 0);
    assert_false(issuers_load(&issuers, fixture->store, &err));
    issuers = load(fixture);
    assert_int_equal(issuers->count, 1);
    snapshot_release(&issuers->snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(issuers_find_every_key, log_fixture_set_up_trusting,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(issuers_load_of_an_empty_log, log_fixture_set_up_evidence,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(issuers_load_of_damaged_facts, log_fixture_set_up_trusting,
                                        log_fixture_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
