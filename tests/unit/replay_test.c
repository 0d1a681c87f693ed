/* Replay: what a real log admitted, flagged and sealed is found again, and nothing else passes. */
#include "client/verify/replay.h"

#include <stdio.h>
#include <string.h>

#include "client/verify/audit.h"
#include "schemas/dcbor.h"
#include "server/tlog/tlog_read.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_trust.h"
#include "tests/support/memory_facts.h"
#include "tests/support/sample_records.h"

enum { ENTRIES_MAX = 64 };

/* The entries of a log, to be tampered with, and its replay. */
struct copy {
    struct buf entries[ENTRIES_MAX];
    uint64_t size;
    struct record_schema *schema;
    struct replay *replay;
    struct audit audit;
};

static void copy_log(struct copy *out, struct log_fixture *fixture)
{
    struct err err = {0};

    *out = (struct copy){.size = tlog_head(fixture->tlog)->size};
    assert_true(out->size <= ENTRIES_MAX);
    for (uint64_t i = 0; i < out->size; i++)
        assert_true(tlog_read_entry(fixture->store, &out->entries[i], NULL, i, &err));
}

static void copy_cleanup(struct copy *copy)
{
    replay_free(copy->replay);
    record_schema_free(copy->schema);
    for (uint64_t i = 0; i < ENTRIES_MAX; i++)
        buf_cleanup(&copy->entries[i]);
}

static bool replay_all(struct copy *copy, struct err *err)
{
    assert_true(record_schema_load(&copy->schema, NULL, 0, err));
    copy->replay = replay_new(copy->schema);
    copy->audit = (struct audit){.kind = AUDIT_EVIDENCE, .replay = copy->replay};
    for (uint64_t i = 0; i < copy->size; i++) {
        if (!audit_append(&copy->audit, bytes_of_buf(&copy->entries[i]), err))
            return false;
    }
    return audit_check_head(&copy->audit, err);
}

static void assert_fails_with(struct copy *copy, enum audit_fault fault, const char *expected)
{
    struct err err = {0};

    assert_false(replay_all(copy, &err));
    if (strstr(err.text, expected) == NULL)
        fail_msg("expected \"%s\" in \"%s\"", expected, err.text);
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_int_equal(copy->audit.fault, fault);
}

static int set_up_observe(void **state)
{
    log_fixture_set_up_evidence(state);
    log_fixture_trust(*state, PROFILE_OBSERVE);
    return 0;
}

/* Commits one statement of a neutral record with this sequence number, signed by signer. */
static void commit_number_by(struct log_fixture *fixture, uint64_t number, struct signer *signer)
{
    static uint64_t seed;
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS, .issuer = LOG_ISSUER, .issued_at_s = 1700000};
    struct log_batch one = {.count = 1};
    struct log_batch batch = {0};
    struct tlog_submission submission;
    struct sample_records records;
    struct buf payload = {0};
    struct buf entry = {0};
    struct err err = {0};

    sample_records_init(&records, LOG_ISSUER, ++seed);
    records.at_ms = fixture->clock.now_ms;
    records.sequence_number = number;
    sample_record_append(&payload, &records, SAMPLE_NEUTRAL);
    assert_true(statement_sign(&entry, signer, &claims, bytes_of_buf(&payload), &err));
    log_submission_init(&submission, LOG_EVIDENCE, bytes_of_buf(&entry));
    one.submissions = &submission;
    log_batch_add_copy(&batch, &one, 0);
    if (!log_batch_commit(&batch, fixture, &err))
        fail_msg("%s", err.text);
    assert_int_equal(batch.submissions[0].outcome, TLOG_ADDED);
    log_batch_cleanup(&batch);
    buf_cleanup(&entry);
    buf_cleanup(&payload);
}

static void commit_number(struct log_fixture *fixture, uint64_t number)
{
    commit_number_by(fixture, number, fixture->keys.issuer);
}

/* Replaces the last seal by one that says something else, signed with the log's own key. */
static void reseal(struct copy *copy, struct log_fixture *fixture,
                   void (*change)(struct seal *seal))
{
    struct statement_claims claims = {.content_type = STATEMENT_TYPE_LOG,
                                      .issuer = LOG_FIXTURE_ORIGIN,
                                      .subject = "seal",
                                      .issued_at_s = 1700000};
    struct buf *entry = &copy->entries[copy->size - 1];
    struct cose_sign1 statement;
    struct buf record = {0};
    struct seal seal;
    struct err err = {0};

    assert_true(cose_sign1_decode(&statement, bytes_of_buf(entry), &err));
    assert_true(seal_decode(&seal, statement.payload, &err));
    change(&seal);
    seal_encode(&record, &seal);
    buf_cleanup(entry);
    assert_true(statement_sign(entry, fixture->keys.log, &claims, bytes_of_buf(&record), &err));
    buf_cleanup(&record);
}

/* A log whose entries are as its rules want them, flags and all, is replayed to its end. */
static void replay_commit_honest(void **state)
{
    struct log_fixture *fixture = *state;
    struct err err = {0};
    struct copy copy;

    commit_number(fixture, 0);
    commit_number(fixture, 1);
    commit_number(fixture, 5); /* a gap: flagged */
    copy_log(&copy, fixture);
    if (!replay_all(&copy, &err))
        fail_msg("%s", err.text);
    assert_int_equal(replay_counts(copy.replay)->statements, 4);
    assert_int_equal(replay_counts(copy.replay)->records_of_type[RECORD_TEST_RESULT], 3);
    assert_int_equal(replay_counts(copy.replay)->signatures, copy.size);
    assert_true(replay_counts(copy.replay)->flags >= 1);
    copy_cleanup(&copy);
}

/* Facts that outlive a replay. */
struct kept_facts {
    struct facts_base base;
    struct memory_facts facts;
};

static bool get_kept(struct facts_base *base, struct bytes key, struct buf *out, bool *out_found,
                     struct err *err)
{
    const struct kept_facts *kept = (const struct kept_facts *)base;
    struct bytes value;

    (void)err;
    *out_found = memory_facts_get(&kept->facts, key, &value);
    if (*out_found)
        buf_append_bytes(out, value);
    return true;
}

static void keep_changes(struct kept_facts *kept, struct facts *facts)
{
    size_t count;
    const struct fact_change *changes = facts_changes(facts, &count);

    for (size_t i = 0; i < count; i++)
        memory_facts_put(&kept->facts,
                         &(struct store_fact){.key = changes[i].key, .value = changes[i].value});
}

/* Moves what the replay has learned to the base, and goes on with another replay. */
static void resume(struct copy *copy, struct kept_facts *kept)
{
    struct buf keys = {0};
    struct err err = {0};

    keep_changes(kept, replay_facts(copy->replay));
    replay_append_log_keys(&keys, copy->replay);
    replay_free(copy->replay);
    copy->replay = replay_resume(copy->schema, &kept->base, bytes_of_buf(&keys), &err);
    assert_non_null(copy->replay);
    copy->audit.replay = copy->replay;
    buf_cleanup(&keys);
}

/* A replay that is ended and resumed after every commit finds what one in one piece finds. */
static void replay_resume_after_every_seal(void **state)
{
    struct log_fixture *fixture = *state;
    static const struct facts_base_ops ops = {.get = get_kept};
    struct kept_facts kept = {.base = {&ops}};
    struct err err = {0};
    struct copy copy;

    for (uint64_t number = 0; number < 8; number++)
        commit_number(fixture, number < 4 ? number : 2 * number); /* with gaps */
    copy_log(&copy, fixture);
    assert_true(record_schema_load(&copy.schema, NULL, 0, &err));
    copy.replay = replay_resume(copy.schema, &kept.base, (struct bytes){0}, &err);
    copy.audit = (struct audit){.kind = AUDIT_EVIDENCE, .replay = copy.replay};
    for (uint64_t i = 0; i < copy.size; i++) {
        if (!audit_append(&copy.audit, bytes_of_buf(&copy.entries[i]), &err))
            fail_msg("%s", err.text);
        if (copy.audit.sealed_size == copy.audit.frontier.size)
            resume(&copy, &kept);
    }
    copy_cleanup(&copy);
    memory_facts_cleanup(&kept.facts);
}

static void count_shown(void *context, const struct replayed *replayed)
{
    uint64_t *next_index = context;

    assert_true(replayed->index >= *next_index);
    assert_true(replayed->entry.len > 0);
    *next_index = replayed->index + 1;
}

/* Each statement but the seals is shown, in the order of the log. */
static void replay_show_in_order(void **state)
{
    struct log_fixture *fixture = *state;
    uint64_t next_index = 0;
    struct err err = {0};
    struct copy copy;

    commit_number(fixture, 0);
    copy_log(&copy, fixture);
    assert_true(record_schema_load(&copy.schema, NULL, 0, &err));
    copy.replay = replay_new(copy.schema);
    replay_show(copy.replay, count_shown, &next_index);
    copy.audit = (struct audit){.kind = AUDIT_EVIDENCE, .replay = copy.replay};
    for (uint64_t i = 0; i < copy.size; i++)
        assert_true(audit_append(&copy.audit, bytes_of_buf(&copy.entries[i]), &err));
    assert_int_equal(next_index, copy.size - 1);
    copy_cleanup(&copy);
}

static void drop_flags(struct seal *seal)
{
    seal->flags = (struct bytes){0};
}

/* {"G4/seq-gap": [[0, 0]]} */
static void add_flag(struct seal *seal)
{
    static const uint8_t flags[] = "\xa1\x6aG4/seq-gap\x81\x82\x00\x00";

    seal->flags = bytes_of(flags, sizeof(flags) - 1);
}

static void change_rules(struct seal *seal)
{
    seal->rules_version = bytes_of_text("0");
}

/* The log hid a flag. */
static void replay_commit_missing_flag(void **state)
{
    struct log_fixture *fixture = *state;
    struct copy copy;

    commit_number(fixture, 5);
    copy_log(&copy, fixture);
    reseal(&copy, fixture, drop_flags);
    assert_fails_with(&copy, AUDIT_BAD_FLAGS, "which the rules give");
    copy_cleanup(&copy);
}

/* The log flagged what broke no rule. */
static void replay_commit_false_flag(void **state)
{
    struct log_fixture *fixture = *state;
    struct copy copy;

    commit_number(fixture, 0);
    copy_log(&copy, fixture);
    reseal(&copy, fixture, add_flag);
    assert_fails_with(&copy, AUDIT_BAD_FLAGS, "G4/seq-gap at entry");
    copy_cleanup(&copy);
}

/* The seal claims rules that are not those in force. */
static void replay_commit_other_rules(void **state)
{
    struct log_fixture *fixture = *state;
    struct copy copy;

    commit_number(fixture, 0);
    copy_log(&copy, fixture);
    reseal(&copy, fixture, change_rules);
    assert_fails_with(&copy, AUDIT_BAD_FLAGS, "in force are");
    copy_cleanup(&copy);
}

/* The log took in what its rules refuse. */
static void replay_commit_refused_entry(void **state)
{
    struct log_fixture *fixture = *state;
    struct copy copy;

    commit_number(fixture, 0);
    fixture->options.admits_by_rules = false;
    log_fixture_reopen(fixture);
    commit_number(fixture, 0); /* a number used once more */
    copy_log(&copy, fixture);
    assert_fails_with(&copy, AUDIT_BAD_ADMISSION, "but the log admitted it");
    copy_cleanup(&copy);
}

/* The log took in what nobody it knows has signed. */
static void replay_commit_unknown_key(void **state)
{
    struct log_fixture *fixture = *state;
    struct copy copy;

    fixture->options.admits_by_rules = false;
    log_fixture_reopen(fixture);
    commit_number_by(fixture, 0, fixture->keys.receipt);
    copy_log(&copy, fixture);
    assert_fails_with(&copy, AUDIT_BAD_SIGNATURE, "no key of " LOG_ISSUER);
    copy_cleanup(&copy);
}

/* A signature with one wrong bit, though the tree was made over it. */
static void replay_commit_bad_signature(void **state)
{
    struct log_fixture *fixture = *state;
    struct copy copy;
    struct buf *entry;

    commit_number(fixture, 0);
    copy_log(&copy, fixture);
    entry = &copy.entries[copy.size - 1];
    entry->data[entry->len - 1] ^= 1;
    assert_fails_with(&copy, AUDIT_BAD_SIGNATURE, "signature");
    copy_cleanup(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replay_commit_honest, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(replay_resume_after_every_seal, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(replay_show_in_order, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(replay_commit_missing_flag, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(replay_commit_false_flag, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(replay_commit_other_rules, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(replay_commit_refused_entry, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(replay_commit_unknown_key, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(replay_commit_bad_signature, set_up_observe,
                                        log_fixture_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
