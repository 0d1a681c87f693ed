#include "client/verify/verify.h"

#include <stdlib.h>
#include <string.h>

#include "client/verify/proof_view.h"
#include "client/verify/transparent.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/issued_log.h"
#include "tests/support/reference_tree.h"

enum { SIZE = 12, OLD_SIZE = 8, INDEX = 5 }; /* three commits of three statements and a seal */

struct fixture {
    struct issued_log log;
    struct issued_log fork; /* the same keys, another entry 2 */
    struct policy policy;   /* quorum: two of three */
    struct policy lax;      /* quorum none */
    struct policy bare;     /* from the verifier key */
    struct trust trust;
    struct report report;
    struct buf files[8];
};

static void parse_policy(struct policy *out, const struct issued_log *log, const char *rest)
{
    struct buf text = {0};
    struct err err = {0};

    issued_log_policy(log, &text, rest);
    assert_true(policy_parse(out, bytes_of_buf(&text), &err));
    buf_cleanup(&text);
}

static void make_fork(struct fixture *fixture)
{
    const struct issued_log *log = &fixture->log;
    struct issued_log *fork = &fixture->fork;

    *fork = *log;
    memset(fork->entries, 0, sizeof(fork->entries));
    fork->size = 0;
    for (uint64_t i = 0; i < log->size; i++)
        issued_log_add_bytes(fork, i == 2 ? bytes_of_text("another past")
                                          : bytes_of_buf(&log->entries[i]));
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_alloc(sizeof(*fixture));
    struct buf vkey = {0};
    struct err err = {0};

    issued_log_init(&fixture->log);
    issued_log_grow(&fixture->log, 3, 3);
    make_fork(fixture);
    parse_policy(&fixture->policy, &fixture->log, "group g 2 w0 w1 w2\nquorum g\n");
    parse_policy(&fixture->lax, &fixture->log, "quorum none\n");
    issued_log_vkey(&fixture->log, &vkey);
    assert_true(policy_from_vkey(&fixture->bare, bytes_of_buf(&vkey), &err));
    buf_cleanup(&vkey);
    fixture->trust = (struct trust){.policy = &fixture->policy,
                                    .log_keys = &fixture->log.log_keys,
                                    .issuer_keys = &fixture->log.issuer_keys};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(fixture->files) / sizeof(fixture->files[0]); i++)
        buf_cleanup(&fixture->files[i]);
    for (uint64_t i = 0; i < fixture->fork.size; i++)
        buf_cleanup(&fixture->fork.entries[i]);
    issued_log_cleanup(&fixture->log);
    policy_cleanup(&fixture->policy);
    policy_cleanup(&fixture->lax);
    policy_cleanup(&fixture->bare);
    free(fixture);
    return 0;
}

static void assert_verdict(struct fixture *fixture, const struct evidence *evidence,
                           enum verdict wanted)
{
    verify_evidence(&fixture->report, evidence, &fixture->trust);
    if (fixture->report.verdict != wanted) {
        struct buf text = {0};

        report_append_text(&text, &fixture->report);
        fail_msg("wanted %s:\n%s", verdict_word(wanted), buf_text(&text));
    }
}

static struct bytes entry_of(struct fixture *fixture)
{
    return bytes_of_buf(&fixture->log.entries[INDEX]);
}

static struct bytes checkpoint_of(struct fixture *fixture, struct buf *file, uint64_t size,
                                  unsigned witnesses)
{
    issued_log_checkpoint(&fixture->log, file, size, witnesses);
    return bytes_of_buf(file);
}

/* A bare receipt is the log's word alone. */
static void verify_receipt_alone(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {.has_entry = true, .entry = entry_of(fixture)};

    issued_log_receipt(&fixture->log, &fixture->files[0], INDEX, OLD_SIZE);
    evidence.receipts[0] = bytes_of_buf(&fixture->files[0]);
    evidence.receipt_count = 1;
    assert_verdict(fixture, &evidence, VERDICT_LOG_WORD);
    assert_int_equal(report_find(&fixture->report, "inclusion")->source, FINDING_RECOMPUTED);
    assert_int_equal(report_find(&fixture->report, "issuer-signature")->source, FINDING_RECOMPUTED);
    assert_int_equal(report_find(&fixture->report, "admission")->source, FINDING_UNDECIDABLE);

    /* Without the log's key there is not even its word. */
    fixture->trust.log_keys = NULL;
    assert_verdict(fixture, &evidence, VERDICT_INCOMPLETE);
}

/* A receipt whose root is that of a cosigned head is verified, with or without the receipt key. */
static void verify_receipt_at_held_head(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {.has_entry = true, .entry = entry_of(fixture)};

    issued_log_receipt(&fixture->log, &fixture->files[0], INDEX, OLD_SIZE);
    evidence.receipts[0] = bytes_of_buf(&fixture->files[0]);
    evidence.receipt_count = 1;
    evidence.held_heads[0] = checkpoint_of(fixture, &fixture->files[1], OLD_SIZE, 5);
    evidence.held_head_count = 1;
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);
    fixture->trust.log_keys = NULL;
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);

    /* One cosignature too few, or a bare key instead of a policy: the log's word. */
    fixture->trust.log_keys = &fixture->log.log_keys;
    evidence.held_heads[0] = checkpoint_of(fixture, &fixture->files[2], OLD_SIZE, 1);
    assert_verdict(fixture, &evidence, VERDICT_LOG_WORD);
    fixture->trust.policy = &fixture->bare;
    assert_verdict(fixture, &evidence, VERDICT_LOG_WORD);
    fixture->trust.policy = &fixture->lax;
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);
    fixture->trust.policy = NULL;
    assert_verdict(fixture, &evidence, VERDICT_LOG_WORD);
}

/* A head of another size needs a consistency proof; a smaller one covers what is in it. */
static void verify_receipt_and_other_size(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {.has_entry = true, .entry = entry_of(fixture)};

    issued_log_receipt(&fixture->log, &fixture->files[0], INDEX, OLD_SIZE);
    evidence.receipts[0] = bytes_of_buf(&fixture->files[0]);
    evidence.receipt_count = 1;
    evidence.held_heads[0] = checkpoint_of(fixture, &fixture->files[1], SIZE, 7);
    evidence.held_head_count = 1;
    assert_verdict(fixture, &evidence, VERDICT_INCOMPLETE);
    issued_log_consistency_receipt(&fixture->log, &fixture->files[2], OLD_SIZE, SIZE);
    evidence.consistency[0] = bytes_of_buf(&fixture->files[2]);
    evidence.consistency_count = 1;
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);
}

/* A trusted head that is older than the entry says nothing about it. */
static void verify_head_before_entry(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {.has_entry = true, .entry = bytes_of_buf(&fixture->log.entries[9])};

    issued_log_receipt(&fixture->log, &fixture->files[0], 9, SIZE);
    evidence.receipts[0] = bytes_of_buf(&fixture->files[0]);
    evidence.receipt_count = 1;
    evidence.held_heads[0] = checkpoint_of(fixture, &fixture->files[1], OLD_SIZE, 7);
    evidence.held_head_count = 1;
    issued_log_consistency_receipt(&fixture->log, &fixture->files[2], OLD_SIZE, SIZE);
    evidence.consistency[0] = bytes_of_buf(&fixture->files[2]);
    evidence.consistency_count = 1;
    assert_verdict(fixture, &evidence, VERDICT_INCOMPLETE);
}

/* A tlog-proof is worth what its checkpoint is worth. */
static void verify_tlog_proof_worth(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {
        .has_entry = true, .entry = entry_of(fixture), .has_tlog_proof = true};

    issued_log_tlog_proof(&fixture->log, &fixture->files[0], INDEX, SIZE, 6);
    evidence.tlog_proof = bytes_of_buf(&fixture->files[0]);
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);
    issued_log_tlog_proof(&fixture->log, &fixture->files[1], INDEX, SIZE, 2);
    evidence.tlog_proof = bytes_of_buf(&fixture->files[1]);
    assert_verdict(fixture, &evidence, VERDICT_LOG_WORD);
    fixture->trust.policy = NULL;
    assert_verdict(fixture, &evidence, VERDICT_INCOMPLETE);
    fixture->trust.policy = &fixture->policy;
    evidence.has_entry = false;
    assert_verdict(fixture, &evidence, VERDICT_INCOMPLETE);
    evidence.has_entry = true;
    evidence.entry = bytes_of_buf(&fixture->log.entries[4]);
    assert_verdict(fixture, &evidence, VERDICT_INVALID);
}

/* An opaque entry with a tlog-proof is verified: nobody but the log is asked to have signed. */
static void verify_opaque_entry(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {
        .has_entry = true, .entry = bytes_of_text("another past"), .has_tlog_proof = true};

    issued_log_tlog_proof(&fixture->fork, &fixture->files[0], 2, SIZE, 7);
    evidence.tlog_proof = bytes_of_buf(&fixture->files[0]);
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);
    assert_int_equal(report_find(&fixture->report, "statement")->source, FINDING_UNDECIDABLE);
}

/* A transparent statement carries its receipts, and its entry id does not depend on them. */
static void verify_transparent_statement(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {.has_entry = true};
    struct bytes receipts[2];
    struct err err = {0};

    issued_log_receipt(&fixture->log, &fixture->files[0], INDEX, OLD_SIZE);
    issued_log_receipt(&fixture->log, &fixture->files[1], INDEX, SIZE);
    receipts[0] = bytes_of_buf(&fixture->files[0]);
    receipts[1] = bytes_of_buf(&fixture->files[1]);
    assert_true(transparent_encode(&fixture->files[2], entry_of(fixture), receipts, 2, &err));
    evidence.entry = bytes_of_buf(&fixture->files[2]);
    assert_verdict(fixture, &evidence, VERDICT_LOG_WORD);
    evidence.held_heads[0] = checkpoint_of(fixture, &fixture->files[3], SIZE, 7);
    evidence.held_head_count = 1;
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);
}

/* An issuer's signature that cannot be checked is the log's word; one that fails is invalid. */
static void verify_issuer_keys(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {
        .has_entry = true, .entry = entry_of(fixture), .has_tlog_proof = true};
    struct signer *wrong = fixture->log.witnesses[0];

    issued_log_tlog_proof(&fixture->log, &fixture->files[0], INDEX, SIZE, 7);
    evidence.tlog_proof = bytes_of_buf(&fixture->files[0]);
    fixture->log.issuer_keys.keys[0] = wrong->public_key;
    assert_verdict(fixture, &evidence, VERDICT_LOG_WORD);
    assert_int_equal(report_find(&fixture->report, "issuer-signature")->source,
                     FINDING_UNDECIDABLE);
}

/* Two heads are one history with a proof, incomplete without, and the newer one decides. */
static void verify_two_heads(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {.checkpoint_count = 2};

    evidence.checkpoints[0] = checkpoint_of(fixture, &fixture->files[0], OLD_SIZE, 0);
    evidence.checkpoints[1] = checkpoint_of(fixture, &fixture->files[1], SIZE, 7);
    assert_verdict(fixture, &evidence, VERDICT_INCOMPLETE);
    issued_log_consistency_receipt(&fixture->log, &fixture->files[2], OLD_SIZE, SIZE);
    evidence.consistency[0] = bytes_of_buf(&fixture->files[2]);
    evidence.consistency_count = 1;
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);
    evidence.checkpoints[0] = checkpoint_of(fixture, &fixture->files[3], OLD_SIZE, 7);
    evidence.checkpoints[1] = checkpoint_of(fixture, &fixture->files[4], SIZE, 0);
    assert_verdict(fixture, &evidence, VERDICT_LOG_WORD);
    fixture->trust.policy = NULL;
    assert_verdict(fixture, &evidence, VERDICT_INCOMPLETE);
}

/* The JSON form of a consistency proof is as good as the receipt. */
static void verify_json_consistency(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {.checkpoint_count = 2, .consistency_count = 1};
    struct consistency_view view = {.old_size = OLD_SIZE, .new_size = SIZE};

    evidence.checkpoints[0] = checkpoint_of(fixture, &fixture->files[0], OLD_SIZE, 7);
    evidence.checkpoints[1] = checkpoint_of(fixture, &fixture->files[1], SIZE, 7);
    reference_consistency(&view.proof, OLD_SIZE, fixture->log.leaves, SIZE);
    consistency_view_append_json(&fixture->files[2], &view);
    evidence.consistency[0] = bytes_of_buf(&fixture->files[2]);
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);
    evidence.consistency[0] = bytes_of_text("{\"hashes\":[],\"old_size\":8}");
    assert_verdict(fixture, &evidence, VERDICT_INVALID);
}

/* Equal sizes with different roots diverge, whoever shows them. */
static void verify_fork_of_equal_size(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {
        .has_entry = true, .entry = entry_of(fixture), .has_tlog_proof = true};

    issued_log_tlog_proof(&fixture->log, &fixture->files[0], INDEX, SIZE, 7);
    evidence.tlog_proof = bytes_of_buf(&fixture->files[0]);
    issued_log_checkpoint(&fixture->fork, &fixture->files[1], SIZE, 7);
    evidence.held_heads[0] = bytes_of_buf(&fixture->files[1]);
    evidence.held_head_count = 1;
    assert_verdict(fixture, &evidence, VERDICT_DIVERGES);
}

/*
 * A forked log can only prove its own past: where the proof leads to the signed new root from
 * another old root, that is divergence. Where the old size is a power of two the proof does not
 * tell, and the pieces just do not fit.
 */
static void verify_fork_of_other_size(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {
        .checkpoint_count = 1, .held_head_count = 1, .consistency_count = 1};
    struct consistency_view view = {.old_size = 11, .new_size = SIZE};

    issued_log_checkpoint(&fixture->fork, &fixture->files[0], SIZE, 7);
    evidence.checkpoints[0] = bytes_of_buf(&fixture->files[0]);
    evidence.held_heads[0] = checkpoint_of(fixture, &fixture->files[1], 11, 7);
    reference_consistency(&view.proof, 11, fixture->fork.leaves, SIZE);
    consistency_view_append_json(&fixture->files[2], &view);
    evidence.consistency[0] = bytes_of_buf(&fixture->files[2]);
    assert_verdict(fixture, &evidence, VERDICT_DIVERGES);

    evidence.held_heads[0] = checkpoint_of(fixture, &fixture->files[3], OLD_SIZE, 7);
    view.old_size = OLD_SIZE;
    reference_consistency(&view.proof, OLD_SIZE, fixture->fork.leaves, SIZE);
    consistency_view_append_json(&fixture->files[4], &view);
    evidence.consistency[0] = bytes_of_buf(&fixture->files[4]);
    assert_verdict(fixture, &evidence, VERDICT_INVALID);
}

/* A receipt cannot claim another size for a root that a head signs. */
static void verify_receipt_with_changed_size(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = {.has_entry = true, .receipt_count = 1, .held_head_count = 1};
    struct issued_log *log = &fixture->log;
    uint8_t *size;

    /* Index 1 has paths of the same shape in the trees of size 11 and 12. */
    evidence.entry = bytes_of_buf(&log->entries[1]);
    issued_log_receipt(log, &fixture->files[0], 1, SIZE);
    size = memmem(fixture->files[0].data, fixture->files[0].len, "\x83\x0c\x01", 3);
    assert_non_null(size);
    size[1] = 11;
    evidence.receipts[0] = bytes_of_buf(&fixture->files[0]);
    evidence.held_heads[0] = checkpoint_of(fixture, &fixture->files[1], SIZE, 7);
    assert_verdict(fixture, &evidence, VERDICT_INVALID);
}

/* Every changed byte of a statement, and of a receipt's proof and signature, is found out. */
static void verify_every_changed_byte(void **state)
{
    struct fixture *fixture = *state;
    struct buf *entry = &fixture->files[0];
    struct buf *proof = &fixture->files[1];
    struct evidence evidence = {.has_entry = true, .has_tlog_proof = true};

    buf_append_bytes(entry, entry_of(fixture));
    issued_log_tlog_proof(&fixture->log, proof, INDEX, SIZE, 7);
    evidence.entry = bytes_of_buf(entry);
    evidence.tlog_proof = bytes_of_buf(proof);
    assert_verdict(fixture, &evidence, VERDICT_VERIFIED);
    for (size_t i = 0; i < entry->len; i++) {
        entry->data[i] ^= 0x20;
        assert_verdict(fixture, &evidence, VERDICT_INVALID);
        entry->data[i] ^= 0x20;
    }
    for (size_t i = 0; i < proof->len; i++) {
        proof->data[i] ^= 0x01;
        verify_evidence(&fixture->report, &evidence, &fixture->trust);
        /* A witness may be changed into a stranger, who does not count: then two are left. */
        if (fixture->report.verdict != VERDICT_INVALID &&
            report_find(&fixture->report, "head-witnesses") != NULL &&
            strncmp(report_find(&fixture->report, "head-witnesses")->detail, "2 ", 2) != 0)
            fail_msg("byte %zu: %s", i, verdict_word(fixture->report.verdict));
        proof->data[i] ^= 0x01;
    }
}

/* The kind of a file follows from its ending, or else from its content. */
static void evidence_kind_by_name_and_content(void **state)
{
    struct fixture *fixture = *state;
    struct buf *files = fixture->files;

    issued_log_receipt(&fixture->log, &files[0], INDEX, SIZE);
    issued_log_consistency_receipt(&fixture->log, &files[1], OLD_SIZE, SIZE);
    issued_log_checkpoint(&fixture->log, &files[2], SIZE, 0);
    issued_log_tlog_proof(&fixture->log, &files[3], INDEX, SIZE, 0);
    assert_int_equal(evidence_kind_of("a", bytes_of_buf(&files[0])), EVIDENCE_RECEIPT);
    assert_int_equal(evidence_kind_of("a", bytes_of_buf(&files[1])), EVIDENCE_CONSISTENCY);
    assert_int_equal(evidence_kind_of("a", bytes_of_buf(&files[2])), EVIDENCE_CHECKPOINT);
    assert_int_equal(evidence_kind_of("a", bytes_of_buf(&files[3])), EVIDENCE_TLOG_PROOF);
    assert_int_equal(evidence_kind_of("a", entry_of(fixture)), EVIDENCE_ENTRY);
    assert_int_equal(evidence_kind_of("a", bytes_of_text("{}")), EVIDENCE_CONSISTENCY);
    assert_int_equal(evidence_kind_of("a", bytes_of_text("")), EVIDENCE_ENTRY);
    assert_int_equal(evidence_kind_of("x.receipt", bytes_of_text("?")), EVIDENCE_RECEIPT);
    assert_int_equal(evidence_kind_of("x.cose", bytes_of_buf(&files[0])), EVIDENCE_ENTRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verify_receipt_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_receipt_at_held_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_receipt_and_other_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_head_before_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_tlog_proof_worth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_opaque_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_transparent_statement, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_issuer_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_two_heads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_json_consistency, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_fork_of_equal_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_fork_of_other_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_receipt_with_changed_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verify_every_changed_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evidence_kind_by_name_and_content, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
