#include "schemas/log_metadata.h"

#include <string.h>

#include "schemas/dcbor.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/record_in_schema.h"

#define ORIGIN "log.example/test"

static const struct log_record_header header = {
    .record_id = {1}, .sequence_number = 5, .occurred_at_ms = 1795000000000};

/* Rules with and without thresholds are what the schema describes. */
static void log_metadata_append_rules_in_schema(void **state)
{
    static const struct log_threshold thresholds[] = {{"late_ms", 5}, {"future_ms", 6}};
    struct log_rules rules = {.id = bytes_of_text("vouch"),
                              .version = bytes_of_text("1"),
                              .schema_digest = {{2}},
                              .profile = "observe",
                              .thresholds = thresholds};
    struct buf record = {0};

    (void)state;
    for (rules.threshold_count = 0; rules.threshold_count <= 2; rules.threshold_count++) {
        buf_clear(&record);
        log_metadata_append_rules(&record, &header, &rules);
        assert_record_in_schema(&record, "log-metadata");
    }
    buf_cleanup(&record);
}

/* A key of the log is bound to its purpose as the schema describes it. */
static void log_metadata_append_key_in_schema(void **state)
{
    struct log_key_binding binding = {"intake", ORIGIN, bytes_of_text("a COSE key"), 7};
    struct buf record = {0};

    (void)state;
    log_metadata_append_key(&record, &header, &binding);
    assert_record_in_schema(&record, "log-metadata");
    buf_cleanup(&record);
}

/* A trusted issuer is what the schema describes. */
static void log_metadata_append_issuer_in_schema(void **state)
{
    struct bytes roles[] = {bytes_of_text("engine"), bytes_of_text("tester")};
    struct log_trusted_issuer issuer = {bytes_of_text("engine.example"),
                                        bytes_of_text("a COSE key"), roles, 2};
    struct buf record = {0};

    (void)state;
    log_metadata_append_issuer(&record, &header, &issuer);
    assert_record_in_schema(&record, "log-metadata");
    buf_cleanup(&record);
}

/* Counts of refusals are what the schema describes, with and without issuer and statement. */
static void log_metadata_append_refused_in_schema(void **state)
{
    struct log_refusal_count rows[] = {
        {bytes_of_text("engine.example"), "AP13", "self-approval", 3, {{9}}},
        {bytes_of_text(""), "G3", "signature", 1, {{0}}},
    };
    struct buf record = {0};

    (void)state;
    log_metadata_append_refused(&record, &header, rows, 2);
    assert_record_in_schema(&record, "log-metadata");
    buf_cleanup(&record);
}

/* The check of an approval's token is what the schema describes. */
static void log_metadata_append_token_check_in_schema(void **state)
{
    static const uint8_t record_id[16] = {5};
    static const struct hash digest = {{6}};
    struct log_token_check check = {
        .tenant = bytes_of_text("acme"),
        .record_id = bytes_of(record_id, sizeof(record_id)),
        .approval_issuer = bytes_of_text("approvals.example"),
        .record_digest = hash_bytes(&digest),
        .approval_index = 7,
        .iss = bytes_of_text("https://login.example"),
        .jti_hash = {{8}},
        .key_set = {{9}},
        .checked_at_ms = 1795000000000,
    };
    struct buf record = {0};

    (void)state;
    log_metadata_append_token_check(&record, &header, &check);
    assert_record_in_schema(&record, "log-metadata");
    buf_cleanup(&record);
}

/* Ids are UUIDs of version 8, and another one for every log, entry and record. */
static void log_record_id_of_each_record(void **state)
{
    uint8_t ids[4][LOG_RECORD_ID_LEN];

    (void)state;
    log_record_id(ids[0], ORIGIN, 0, 0);
    log_record_id(ids[1], ORIGIN, 0, 1);
    log_record_id(ids[2], ORIGIN, 1, 0);
    log_record_id(ids[3], ORIGIN "2", 0, 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ids[i][6] >> 4, 8);
        assert_int_equal(ids[i][8] >> 6, 2);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(ids[i], ids[k], LOG_RECORD_ID_LEN);
    }
}

/* An anchor is what the schema describes. */
static void log_metadata_append_anchor_in_schema(void **state)
{
    struct log_anchor anchor = {.kind = "rfc3161",
                                .size = 5,
                                .location = bytes_of_text("https://tsa.example/"),
                                .proof_len = 7,
                                .proof_type = "text/x.vouch.anchor",
                                .idempotency_key = bytes_of_text("anchor 00")};
    struct buf record = {0};

    (void)state;
    log_metadata_append_anchor(&record, &header, &anchor);
    assert_record_in_schema(&record, "log-metadata");
    buf_cleanup(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_metadata_append_rules_in_schema),
        cmocka_unit_test(log_metadata_append_key_in_schema),
        cmocka_unit_test(log_metadata_append_issuer_in_schema),
        cmocka_unit_test(log_metadata_append_refused_in_schema),
        cmocka_unit_test(log_metadata_append_token_check_in_schema),
        cmocka_unit_test(log_record_id_of_each_record),
        cmocka_unit_test(log_metadata_append_anchor_in_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
