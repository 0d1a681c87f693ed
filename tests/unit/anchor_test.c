#include "schemas/anchor_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/verify/verify.h"
#include "schemas/head_export.h"
#include "schemas/statement.h"
#include "schemas/timestamp.h"
#include "schemas/tlog_proof.h"
#include "server/anchoring/anchor_files.h"
#include "server/anchoring/anchoring.h"
#include "tests/support/authority.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/issued_log.h"

static const char OTHER_ORIGIN[] = "other.example/log";

enum { SIZE = 8, STAMPED_S = 1795000000 };

/* A log, its anchors, and whom their verifier trusts. */
struct fixture {
    struct issued_log log;
    struct signer *other_signer; /* of the other log */
    struct authority *authority;
    struct buf note;
    struct anchor_file anchor;
    struct buf text;
    struct buf ca;
    struct policy policy;
    struct report report;
};

static void append_other_vkey(struct buf *out, const struct fixture *fixture)
{
    struct note_verifier verifier = {0};
    struct err err = {0};

    assert_true(note_verifier_init(&verifier, OTHER_ORIGIN, NOTE_TYPE_ED25519,
                                   fixture->other_signer->public_key, &err));
    note_verifier_append(out, &verifier);
    note_verifier_cleanup(&verifier);
}

static void set_policy(struct fixture *fixture, bool knows_other)
{
    struct buf text = {0};
    struct err err = {0};

    if (knows_other) {
        buf_append_text(&text, "log ");
        append_other_vkey(&text, fixture);
        buf_append_byte(&text, '\n');
    }
    issued_log_policy(&fixture->log, &text, "quorum w0\n");
    policy_cleanup(&fixture->policy);
    assert_true(policy_parse(&fixture->policy, bytes_of_buf(&text), &err));
    buf_cleanup(&text);
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_alloc(sizeof(*fixture));
    struct buf pem = {0};
    struct err err = {0};

    issued_log_init(&fixture->log);
    issued_log_grow(&fixture->log, 2, 3);
    assert_true(signer_generate(&fixture->other_signer, &pem, KEY_ED25519, &err));
    fixture->authority = authority_new(&(struct authority_options){
        .at_s = STAMPED_S, .begins_at_s = STAMPED_S - 1, .ends_at_s = STAMPED_S + 1});
    authority_append_ca(&fixture->ca, fixture->authority);
    issued_log_checkpoint(&fixture->log, &fixture->note, SIZE, 1);
    fixture->anchor = (struct anchor_file){.target = bytes_of_text("target"),
                                           .location = bytes_of_text("https://tsa.example/"),
                                           .time_ms = 1795000000123,
                                           .note = bytes_of_buf(&fixture->note)};
    set_policy(fixture, false);
    buf_cleanup(&pem);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    anchor_file_cleanup(&fixture->anchor);
    issued_log_cleanup(&fixture->log);
    signer_close(fixture->other_signer);
    authority_free(fixture->authority);
    policy_cleanup(&fixture->policy);
    buf_cleanup(&fixture->note);
    buf_cleanup(&fixture->text);
    buf_cleanup(&fixture->ca);
    free(fixture);
    return 0;
}

/* The authority stamps these bytes. */
static void stamp(struct fixture *fixture, struct bytes stamped)
{
    struct timestamp_query query = {0};
    struct buf question = {0};
    struct buf reply = {0};
    struct err err = {0};

    hash_sha256(&query.imprint, stamped);
    fixture->anchor.kind = ANCHOR_RFC3161;
    assert_true(timestamp_query_append(&question, &query, &err));
    authority_answer(&reply, fixture->authority, bytes_of_buf(&question));
    assert_true(timestamp_reply_token(&fixture->anchor.proof, bytes_of_buf(&reply), &err));
    buf_cleanup(&question);
    buf_cleanup(&reply);
}

/* A log whose only entry is these bytes proves that it is; statement: what goes along, if any. */
static void log_elsewhere(struct fixture *fixture, struct bytes entry, struct bytes statement)
{
    struct checkpoint head = {.size = 1};
    struct tlog_proof proof = {0};
    struct buf extra = {0};
    struct buf note = {0};
    struct err err = {0};

    memcpy(head.origin, OTHER_ORIGIN, sizeof(OTHER_ORIGIN));
    hash_leaf(&head.root, entry);
    assert_true(checkpoint_sign(&note, &head, fixture->other_signer, &err));
    text_append_base64(&extra, statement);
    proof.extra = bytes_of_buf(&extra);
    proof.checkpoint = bytes_of_buf(&note);
    fixture->anchor.kind = ANCHOR_OTHER_LOG;
    buf_clear(&fixture->anchor.proof);
    tlog_proof_append(&fixture->anchor.proof, &proof);
    buf_cleanup(&extra);
    buf_cleanup(&note);
}

static void verify(struct fixture *fixture, struct bytes timestamp_ca)
{
    struct evidence evidence = {0};
    struct trust trust = {.policy = &fixture->policy, .timestamp_ca = timestamp_ca};
    struct err err = {0};

    buf_clear(&fixture->text);
    anchor_file_append(&fixture->text, &fixture->anchor);
    assert_int_equal(evidence_kind_of("", bytes_of_buf(&fixture->text)), EVIDENCE_ANCHOR);
    assert_true(evidence_add_held_head(&evidence, bytes_of_buf(&fixture->text), &err));
    verify_evidence(&fixture->report, &evidence, &trust);
}

static void assert_anchor(const struct fixture *fixture, enum finding_source source,
                          const char *detail)
{
    const struct finding *finding = report_find(&fixture->report, "anchor");

    assert_non_null(finding);
    assert_string_equal(finding->detail, detail);
    assert_int_equal(finding->source, source);
}

/* What is written is read as it was; nothing else is. */
static void anchor_file_parse_what_was_appended(void **state)
{
    struct fixture *fixture = *state;
    struct anchor_file read;
    struct err err = {0};

    stamp(fixture, fixture->anchor.note);
    anchor_file_append(&fixture->text, &fixture->anchor);
    assert_true(anchor_file_parse(&read, bytes_of_buf(&fixture->text), &err));
    assert_int_equal(read.kind, ANCHOR_RFC3161);
    assert_true(bytes_equal_text(read.target, "target"));
    assert_true(bytes_equal_text(read.location, "https://tsa.example/"));
    assert_int_equal(read.time_ms, 1795000000123);
    assert_true(bytes_equal(bytes_of_buf(&read.proof), bytes_of_buf(&fixture->anchor.proof)));
    assert_true(bytes_equal(read.note, fixture->anchor.note));
    assert_int_equal(read.head.size, SIZE);
    anchor_file_cleanup(&read);
    for (size_t len = 0; len <= fixture->text.len - fixture->note.len; len++)
        assert_false(anchor_file_parse(&read, bytes_of(fixture->text.data, len), &err));
}

/* Names become file names: none of them leads out of a directory. */
static void anchor_target_is_valid_for_file_names(void **state)
{
    static const char *const BAD[] = {"", ".", "..", "a/b", "a b", "\xc3\xa4"};

    (void)state;
    assert_true(anchor_target_is_valid(bytes_of_text("tsa-1.example_org")));
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        assert_false(anchor_target_is_valid(bytes_of_text(BAD[i])));
}

/* A file is named by target and size; whatever else lies beside it is not one. */
static void anchor_file_name_parse_forms(void **state)
{
    static const char *const BAD[] = {
        "",           ".anchor",        "-.anchor",       "-5.anchor",
        "a-.anchor",  "a-05.anchor",    "a-5.anchor.old", "a-5",
        "..-5.anchor", "a-9223372036854775808.anchor", "a.latest", "a-5x.anchor"};
    struct anchor_file_name name;

    (void)state;
    assert_true(anchor_file_name_parse(&name, "tsa-1-16.anchor"));
    assert_string_equal(name.target, "tsa-1");
    assert_int_equal(name.size, 16);
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        assert_false(anchor_file_name_parse(&name, BAD[i]));
}

/* Where a head goes becomes a location, escaped: what would not fit is refused at the start. */
static void anchor_options_check_long_places(void **state)
{
    char target[] = "t";
    char directory[] = "directory";
    char put[] = "put";
    char path[ANCHOR_LOCATION_LEN_MAX + 1] = "/";
    char url[ANCHOR_LOCATION_LEN_MAX + 1] = "https://bucket.example/";
    struct anchor_options one = {.target = target, .kind = directory, .path = path};
    struct anchor_options other = {.target = target, .kind = put, .url = url};
    struct err err = {0};

    (void)state;
    assert_true(anchor_options_check(&one, &err) && anchor_options_check(&other, &err));
    memset(path + 1, 0xe4, 320); /* three bytes each, escaped */
    memset(url + strlen(url), 'x', 980 - strlen(url));
    assert_false(anchor_options_check(&one, &err));
    assert_non_null(strstr(err.text, "\"path\""));
    assert_false(anchor_options_check(&other, &err));
    assert_non_null(strstr(err.text, "\"url\""));
}

/* What another log has in the directory says nothing of this one. */
static void anchoring_open_with_anchors_of_another_log(void **state)
{
    struct fixture *fixture = *state;
    char directory[] = "/tmp/vouch-anchors-XXXXXX";
    char target[] = "target";
    char kind[] = "directory";
    struct anchor_options one = {.target = target, .kind = kind, .path = directory};
    struct anchoring_options options = {
        .targets = &one, .target_count = 1, .directory = directory, .origin = OTHER_ORIGIN};
    const struct store_head head = {0};
    struct anchoring *anchoring = NULL;
    struct err err = {0};
    char *path;

    assert_non_null(mkdtemp(directory));
    path = mem_format("%s/target.latest", directory);
    anchor_file_append(&fixture->text, &fixture->anchor);
    assert_true(file_write_durable(path, bytes_of_buf(&fixture->text), 0600, &err));
    assert_false(anchoring_open(&anchoring, &options, &head, &err));
    assert_non_null(strstr(err.text, "of another log"));
    options.origin = ISSUED_LOG_ORIGIN;
    assert_true(anchoring_open(&anchoring, &options, &head, &err));
    anchoring_close(anchoring);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    free(path);
}

/* A file that is there and cannot be read is not one that was never written. */
static void anchor_files_read_latest_that_cannot_be_read(void **state)
{
    char directory[] = "/tmp/vouch-anchors-XXXXXX";
    const struct anchor_files files = {.directory = directory, .target = "target"};
    struct kept_anchor kept = {0};
    struct err err = {0};
    char *path;

    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_true(anchor_files_read_latest(&files, &kept, &err));
    assert_false(kept.is_there);
    path = mem_format("%s/target.latest", directory);
    assert_int_equal(symlink("target.latest", path), 0); /* ELOOP */
    assert_false(anchor_files_read_latest(&files, &kept, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    free(path);
}

/* A time-stamp says before when the head existed, and by whose word. */
static void verify_evidence_with_a_time_stamp(void **state)
{
    struct fixture *fixture = *state;

    stamp(fixture, fixture->anchor.note);
    verify(fixture, bytes_of_buf(&fixture->ca));
    assert_anchor(fixture, FINDING_RECOMPUTED,
                  "the head of size 8 existed before 2026-11-18T11:06:41Z by the word of"
                  " CN=Example Time-Stamps");
    assert_int_equal(fixture->report.verdict, VERDICT_VERIFIED);
}

/* Without a CA, or with another one, a time-stamp decides nothing. */
static void verify_evidence_without_the_ca(void **state)
{
    struct fixture *fixture = *state;
    struct authority *other = authority_new(
        &(struct authority_options){.ca_name = "Other", .ends_at_s = STAMPED_S + 1});
    struct buf ca = {0};

    stamp(fixture, fixture->anchor.note);
    verify(fixture, (struct bytes){0});
    assert_int_equal(fixture->report.verdict, VERDICT_INCOMPLETE);
    authority_append_ca(&ca, other);
    verify(fixture, bytes_of_buf(&ca));
    assert_int_equal(report_find(&fixture->report, "anchor")->source, FINDING_UNDECIDABLE);
    assert_int_equal(fixture->report.verdict, VERDICT_INCOMPLETE);
    authority_free(other);
    buf_cleanup(&ca);
}

/* A time-stamp of something else does not count for this head. */
static void verify_evidence_with_a_stamp_of_something_else(void **state)
{
    struct fixture *fixture = *state;

    stamp(fixture, bytes_of_text("something else"));
    verify(fixture, bytes_of_buf(&fixture->ca));
    assert_int_equal(report_find(&fixture->report, "anchor")->source, FINDING_FAILED);
    assert_int_equal(fixture->report.verdict, VERDICT_INVALID);
}

/* Another log that the policy knows vouches by its own head. */
static void verify_evidence_with_another_log(void **state)
{
    struct fixture *fixture = *state;

    log_elsewhere(fixture, fixture->anchor.note, (struct bytes){0});
    verify(fixture, (struct bytes){0});
    assert_int_equal(report_find(&fixture->report, "anchor")->source, FINDING_UNDECIDABLE);
    assert_int_equal(fixture->report.verdict, VERDICT_INCOMPLETE);
    set_policy(fixture, true);
    verify(fixture, (struct bytes){0});
    assert_anchor(fixture, FINDING_RECOMPUTED,
                  "the head of size 8 existed before the log other.example/log had 1 entries, by"
                  " its word");
    assert_int_equal(fixture->report.verdict, VERDICT_VERIFIED);
}

static struct checkpoint head_of(const struct fixture *fixture)
{
    struct checkpoint head;
    struct note note;
    struct err err = {0};

    assert_true(note_parse(&note, fixture->anchor.note, &err));
    assert_true(checkpoint_parse_text(&head, note.text, &err));
    return head;
}

/* A statement about the head, by anybody; its digest of the head is of these bytes. */
static void state_elsewhere(struct fixture *fixture, const struct checkpoint *head,
                            struct bytes note)
{
    const struct head_export said = {.issuer = "heads.example",
                                     .tenant = "heads",
                                     .recipient = OTHER_ORIGIN,
                                     .at_ms = 1795000000000,
                                     .head = head,
                                     .note = note};
    const struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS, .issuer = said.issuer, .issued_at_s = 1795000000};
    struct buf record = {0};
    struct buf statement = {0};
    struct err err = {0};

    head_export_append(&record, &said);
    assert_true(statement_sign(&statement, fixture->other_signer, &claims, bytes_of_buf(&record),
                               &err));
    log_elsewhere(fixture, bytes_of_buf(&statement), bytes_of_buf(&statement));
    buf_cleanup(&record);
    buf_cleanup(&statement);
}

/* An evidence log has a statement about the head, which goes along. */
static void verify_evidence_with_a_statement_elsewhere(void **state)
{
    struct fixture *fixture = *state;
    struct checkpoint head = head_of(fixture);

    state_elsewhere(fixture, &head, fixture->anchor.note);
    set_policy(fixture, true);
    verify(fixture, (struct bytes){0});
    assert_anchor(fixture, FINDING_RECOMPUTED,
                  "the head of size 8 existed before the log other.example/log had 1 entries, by"
                  " its word");
    assert_int_equal(fixture->report.verdict, VERDICT_VERIFIED);
}

/* A statement about other bytes, or of another root, proves nothing of this head. */
static void verify_evidence_with_a_statement_of_another_head(void **state)
{
    struct fixture *fixture = *state;
    struct checkpoint head = head_of(fixture);

    set_policy(fixture, true);
    state_elsewhere(fixture, &head, bytes_of_text("another head"));
    verify(fixture, (struct bytes){0});
    assert_int_equal(fixture->report.verdict, VERDICT_INVALID);
    head.root.bytes[0] ^= 1;
    state_elsewhere(fixture, &head, fixture->anchor.note);
    verify(fixture, (struct bytes){0});
    assert_int_equal(fixture->report.verdict, VERDICT_INVALID);
}

/* An entry that is another head proves nothing of this one. */
static void verify_evidence_with_another_entry(void **state)
{
    struct fixture *fixture = *state;

    log_elsewhere(fixture, bytes_of_text("another head"), (struct bytes){0});
    set_policy(fixture, true);
    verify(fixture, (struct bytes){0});
    assert_int_equal(fixture->report.verdict, VERDICT_INVALID);
}

/* A log does not vouch for itself. */
static void verify_evidence_with_a_log_in_itself(void **state)
{
    struct fixture *fixture = *state;

    issued_log_add_bytes(&fixture->log, fixture->anchor.note);
    fixture->anchor.kind = ANCHOR_OTHER_LOG;
    issued_log_tlog_proof(&fixture->log, &fixture->anchor.proof, SIZE, SIZE + 1, 1);
    verify(fixture, (struct bytes){0});
    assert_int_equal(fixture->report.verdict, VERDICT_INVALID);
}

/* A copy is there or not: only who fetches it knows. */
static void verify_evidence_with_a_copy(void **state)
{
    struct fixture *fixture = *state;

    verify(fixture, (struct bytes){0});
    assert_anchor(fixture, FINDING_TAKEN,
                  "the log says that a copy of the head of size 8 is at https://tsa.example/");
}

/* An anchored head that another one of its size contradicts convicts the log. */
static void verify_evidence_with_an_anchor_that_contradicts(void **state)
{
    struct fixture *fixture = *state;
    struct trust trust = {.policy = &fixture->policy,
                          .timestamp_ca = bytes_of_buf(&fixture->ca)};
    struct evidence evidence = {0};
    struct buf other = {0};
    struct err err = {0};

    stamp(fixture, fixture->anchor.note);
    anchor_file_append(&fixture->text, &fixture->anchor);
    fixture->log.leaves[0].bytes[0] ^= 1;
    issued_log_checkpoint(&fixture->log, &other, SIZE, 1);
    assert_true(evidence_add(&evidence, EVIDENCE_CHECKPOINT, bytes_of_buf(&other), &err) &&
                evidence_add(&evidence, EVIDENCE_ANCHOR, bytes_of_buf(&fixture->text), &err));
    verify_evidence(&fixture->report, &evidence, &trust);
    assert_int_equal(fixture->report.verdict, VERDICT_DIVERGES);
    buf_cleanup(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(anchor_file_parse_what_was_appended, set_up, tear_down),
        cmocka_unit_test(anchor_target_is_valid_for_file_names),
        cmocka_unit_test(anchor_file_name_parse_forms),
        cmocka_unit_test(anchor_options_check_long_places),
        cmocka_unit_test(anchor_files_read_latest_that_cannot_be_read),
        cmocka_unit_test_setup_teardown(anchoring_open_with_anchors_of_another_log, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_with_a_time_stamp, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_without_the_ca, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_with_a_stamp_of_something_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_with_another_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_with_a_statement_elsewhere, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_with_a_statement_of_another_head, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_with_another_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_with_a_log_in_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_with_a_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_evidence_with_an_anchor_that_contradicts, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
