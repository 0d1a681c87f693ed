#include "client/verify/fork_proof.h"

#include <stdlib.h>
#include <string.h>

#include "client/verify/fork_check.h"
#include "client/verify/verify.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/issued_log.h"
#include "tests/support/reference_tree.h"
#include "tests/support/vectors.h"

enum { SIZE = 20, FORKED_AT = 2 };

/* A log, and another that has the same keys and differs from entry FORKED_AT on. */
struct fixture {
    struct issued_log log;
    struct issued_log fork;
    struct policy policy;
    struct report report;
    struct buf notes[2];
    struct buf text;
};

static void add_entries(struct issued_log *log, const char *other)
{
    for (unsigned i = 0; i < SIZE; i++) {
        struct buf entry = {0};

        buf_append_format(&entry, "entry %u%s", i, i >= FORKED_AT ? other : "");
        issued_log_add_bytes(log, bytes_of_buf(&entry));
        buf_cleanup(&entry);
    }
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_alloc(sizeof(*fixture));
    struct buf policy = {0};
    struct err err = {0};

    issued_log_init(&fixture->log);
    fixture->fork = fixture->log;
    add_entries(&fixture->log, "");
    add_entries(&fixture->fork, " of the other history");
    issued_log_policy(&fixture->log, &policy, "group g 2 w0 w1 w2\nquorum g\n");
    assert_true(policy_parse(&fixture->policy, bytes_of_buf(&policy), &err));
    buf_cleanup(&policy);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    buf_cleanup(&fixture->notes[0]);
    buf_cleanup(&fixture->notes[1]);
    buf_cleanup(&fixture->text);
    for (uint64_t i = 0; i < fixture->fork.size; i++)
        buf_cleanup(&fixture->fork.entries[i]);
    issued_log_cleanup(&fixture->log);
    policy_cleanup(&fixture->policy);
    free(fixture);
    return 0;
}

/* The path that the tree of these leaves has: PROOF of RFC 9162 behind the root it leaves out. */
static void prefix_path(struct proof *out, const struct issued_log *log, uint64_t old_size,
                        uint64_t new_size)
{
    bool is_one_node = (old_size & (old_size - 1)) == 0;
    struct proof rest;

    *out = (struct proof){0};
    if (old_size == 0 || old_size == new_size)
        return;
    reference_consistency(&rest, old_size, log->leaves, new_size);
    if (is_one_node)
        reference_root(&out->hashes[out->count++], log->leaves, old_size);
    memcpy(out->hashes + out->count, rest.hashes, rest.count * sizeof(rest.hashes[0]));
    out->count += rest.count;
}

/* Writes the fork proof of the log's head of one size and the fork's of another to text. */
static bool make(struct fixture *fixture, uint64_t log_size, uint64_t fork_size)
{
    const struct issued_log *larger = log_size > fork_size ? &fixture->log : &fixture->fork;
    uint64_t old_size = log_size < fork_size ? log_size : fork_size;
    uint64_t new_size = log_size < fork_size ? fork_size : log_size;
    struct fork_side sides[2] = {{.observer = "monitor.example/a", .seen_s = 1795000000},
                                 {.observer = "monitor.example/b", .seen_s = 1795000060}};
    struct fork_proof proof;
    struct err err = {0};
    struct proof path;

    buf_clear(&fixture->notes[0]);
    buf_clear(&fixture->notes[1]);
    buf_clear(&fixture->text);
    issued_log_checkpoint(&fixture->log, &fixture->notes[0], log_size, 3);
    issued_log_checkpoint(&fixture->fork, &fixture->notes[1], fork_size, 0);
    sides[0].note = bytes_of_buf(&fixture->notes[0]);
    sides[1].note = bytes_of_buf(&fixture->notes[1]);
    prefix_path(&path, larger, old_size, new_size);
    if (!fork_proof_make(&proof, &sides[0], &sides[1], &path, &err)) {
        assert_int_equal(err.code, ERR_INVALID);
        return false;
    }
    fork_proof_append(&fixture->text, &proof);
    return true;
}

static enum verdict judge(struct fixture *fixture, struct bytes text, const struct policy *policy)
{
    struct evidence evidence = {0};
    struct trust trust = {.policy = policy};
    struct err err = {0};

    assert_int_equal(evidence_kind_of("x", text), EVIDENCE_FORK_PROOF);
    assert_true(evidence_add(&evidence, EVIDENCE_FORK_PROOF, text, &err));
    verify_evidence(&fixture->report, &evidence, &trust);
    return fixture->report.verdict;
}

/* Every pair of heads of two histories convicts, once one of them is behind the fork. */
static void fork_proof_make_every_pair_of_sizes(void **state)
{
    struct fixture *fixture = *state;

    for (uint64_t log_size = 0; log_size <= SIZE; log_size++) {
        for (uint64_t fork_size = 0; fork_size <= SIZE; fork_size++) {
            bool is_fork = log_size > FORKED_AT && fork_size > FORKED_AT;

            assert_int_equal(make(fixture, log_size, fork_size), is_fork);
            if (is_fork)
                assert_int_equal(judge(fixture, bytes_of_buf(&fixture->text), &fixture->policy),
                                 VERDICT_DIVERGES);
        }
    }
}

/* What was parsed is written as it was, and the report says who is said to have seen what. */
static void fork_proof_parse_round_trip(void **state)
{
    struct fixture *fixture = *state;
    struct fork_proof proof;
    struct buf again = {0};
    struct err err = {0};

    assert_true(make(fixture, 17, 8));
    assert_true(fork_proof_parse(&proof, bytes_of_buf(&fixture->text), &err));
    assert_true(proof.heads[0].size == 8 && proof.heads[1].size == 17);
    assert_int_equal(proof.testimony_count, 2);
    assert_true(bytes_equal_text(proof.testimonies[0].observer, "monitor.example/b"));
    assert_int_equal(proof.testimonies[0].head, 0);
    assert_true(proof.testimonies[0].time_s == 1795000060);
    fork_proof_append(&again, &proof);
    assert_true(bytes_equal(bytes_of_buf(&again), bytes_of_buf(&fixture->text)));
    buf_cleanup(&again);
    assert_int_equal(judge(fixture, bytes_of_buf(&fixture->text), &fixture->policy),
                     VERDICT_DIVERGES);
    assert_int_equal(report_find(&fixture->report, "testimony")->source, FINDING_TAKEN);
    assert_non_null(
        strstr(report_find(&fixture->report, "testimony")->detail, "monitor.example/a"));
    assert_int_equal(report_find(&fixture->report, "fork")->source, FINDING_RECOMPUTED);
}

/* Without a policy nothing is known of signatures; a policy with another log does not convict. */
static void fork_check_other_policies(void **state)
{
    struct fixture *fixture = *state;
    struct issued_log stranger;
    struct policy other;
    struct buf vkey = {0};
    struct err err = {0};

    assert_true(make(fixture, 17, 8));
    assert_int_equal(judge(fixture, bytes_of_buf(&fixture->text), NULL), VERDICT_INCOMPLETE);
    issued_log_init(&stranger);
    issued_log_vkey(&stranger, &vkey);
    assert_true(policy_from_vkey(&other, bytes_of_buf(&vkey), &err));
    assert_int_equal(judge(fixture, bytes_of_buf(&fixture->text), &other), VERDICT_INVALID);
    policy_cleanup(&other);
    buf_cleanup(&vkey);
    issued_log_cleanup(&stranger);
}

/* A head of another log, or a path that shows the very root the smaller head has, is no fork. */
static void fork_proof_make_no_fork(void **state)
{
    struct fixture *fixture = *state;
    struct fork_side sides[2] = {0};
    struct fork_proof proof;
    struct err err = {0};
    struct proof path;
    struct buf other = {0};

    issued_log_checkpoint(&fixture->log, &fixture->notes[0], 9, 0);
    issued_log_checkpoint(&fixture->log, &fixture->notes[1], 12, 0);
    sides[0].note = bytes_of_buf(&fixture->notes[0]);
    sides[1].note = bytes_of_buf(&fixture->notes[1]);
    prefix_path(&path, &fixture->log, 9, 12);
    assert_false(fork_proof_make(&proof, &sides[0], &sides[1], &path, &err));
    assert_false(fork_proof_make(&proof, &sides[0], &sides[0], NULL, &err));
    assert_false(fork_proof_make(&proof, &sides[0], &sides[1], NULL, &err));
    buf_append_text(&other, "log.example/issues");
    buf_append_bytes(&other, bytes_slice(sides[1].note, other.len, sides[1].note.len));
    sides[1].note = bytes_of_buf(&other);
    assert_false(fork_proof_make(&proof, &sides[0], &sides[1], NULL, &err));
    assert_int_equal(err.code, ERR_INVALID);
    buf_cleanup(&other);
}

/* An empty tree has one root only: a signed head of size 0 with another one convicts. */
static void fork_proof_make_wrong_empty_root(void **state)
{
    struct fixture *fixture = *state;
    struct checkpoint wrong = {.origin = ISSUED_LOG_ORIGIN};
    struct fork_side sides[2] = {0};
    struct fork_proof proof;
    struct err err = {0};

    assert_true(checkpoint_sign(&fixture->notes[0], &wrong, fixture->log.checkpoint_signer, &err));
    issued_log_checkpoint(&fixture->log, &fixture->notes[1], 5, 0);
    sides[0].note = bytes_of_buf(&fixture->notes[0]);
    sides[1].note = bytes_of_buf(&fixture->notes[1]);
    assert_true(fork_proof_make(&proof, &sides[0], &sides[1], NULL, &err));
    fork_proof_append(&fixture->text, &proof);
    assert_int_equal(judge(fixture, bytes_of_buf(&fixture->text), &fixture->policy),
                     VERDICT_DIVERGES);
}

static size_t position_of(const struct fixture *fixture, const char *words)
{
    const uint8_t *found = memmem(fixture->text.data, fixture->text.len, words, strlen(words));

    assert_non_null(found);
    return (size_t)(found - fixture->text.data);
}

/*
 * No changed byte makes a proof say something else: it is found out, or it stood in the testimony
 * or among the cosignatures, which come last and of which the verdict needs none.
 */
static void fork_check_every_changed_byte(void **state)
{
    struct fixture *fixture = *state;
    size_t testimony_begin;
    size_t testimony_end;
    size_t cosignatures_begin;

    assert_true(make(fixture, 17, 8));
    testimony_begin = position_of(fixture, "testimony");
    testimony_end = position_of(fixture, "monitor.example/a\n") + strlen("monitor.example/a\n");
    cosignatures_begin = position_of(fixture, "\xe2\x80\x94 witness");
    for (size_t i = 0; i < fixture->text.len; i++) {
        bool may_pass = (i >= testimony_begin && i < testimony_end) || i >= cosignatures_begin;

        fixture->text.data[i] ^= 0x01;
        memset(&fixture->report, 0, sizeof(fixture->report));
        fork_check(&fixture->report, bytes_of_buf(&fixture->text), &fixture->policy);
        assert_true(fixture->report.verdict >= VERDICT_DIVERGES);
        if (fixture->report.verdict != VERDICT_INVALID && !may_pass)
            fail_msg("byte %zu: %s", i, verdict_word(fixture->report.verdict));
        fixture->text.data[i] ^= 0x01;
    }
}

/* The form is strict: nothing before, between or behind, and testimony in its one form. */
static void fork_proof_parse_forms(void **state)
{
    static const char *const BAD_HEADERS[] = {
        "vouch/fork-proof/v2\n\n",
        "vouch/fork-proof/v1\n",
        "vouch/fork-proof/v1\ntestimony third 1 a\n\n",
        "vouch/fork-proof/v1\ntestimony first 01 a\n\n",
        "vouch/fork-proof/v1\ntestimony first 1 a b\n\n",
        "vouch/fork-proof/v1\ntestimony first 1\n\n",
        "vouch/fork-proof/v1\ntestimony first 9223372036854775808 a\n\n",
        "vouch/fork-proof/v1\nwitness first 1 a\n\n",
        "vouch/fork-proof/v1\n\n\n",
    };
    struct fixture *fixture = *state;
    struct fork_proof proof;
    struct buf text = {0};
    struct err err = {0};
    struct bytes heads;

    assert_true(make(fixture, 9, 9));
    assert_true(fork_proof_parse(&proof, bytes_of_buf(&fixture->text), &err));
    heads = bytes_slice(bytes_of_buf(&fixture->text),
                        (size_t)(proof.notes[0].data - fixture->text.data), fixture->text.len);
    buf_append_text(&text, "vouch/fork-proof/v1\ntestimony first 1 a\n\n");
    buf_append_bytes(&text, heads);
    assert_true(fork_proof_parse(&proof, bytes_of_buf(&text), &err));
    for (size_t i = 0; i < sizeof(BAD_HEADERS) / sizeof(BAD_HEADERS[0]); i++) {
        buf_clear(&text);
        buf_append_text(&text, BAD_HEADERS[i]);
        buf_append_bytes(&text, heads);
        assert_false(fork_proof_parse(&proof, bytes_of_buf(&text), &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    buf_append_text(&fixture->text, "\n");
    assert_false(fork_proof_parse(&proof, bytes_of_buf(&fixture->text), &err));
    buf_cleanup(&text);
}

/* As many testimonies as there may be are read, one more is too many. */
static void fork_proof_parse_limits(void **state)
{
    struct fixture *fixture = *state;
    struct fork_proof proof;
    struct err err = {0};

    for (unsigned count = FORK_TESTIMONIES_MAX; count <= FORK_TESTIMONIES_MAX + 1; count++) {
        struct buf text = {0};

        assert_true(make(fixture, 9, 9));
        assert_true(fork_proof_parse(&proof, bytes_of_buf(&fixture->text), &err));
        buf_append_text(&text, "vouch/fork-proof/v1\n");
        for (unsigned i = 0; i < count; i++)
            buf_append_text(&text, "testimony second 5 x\n");
        buf_append_text(&text, "\n");
        buf_append_bytes(&text, proof.notes[0]);
        buf_append_text(&text, "\n");
        buf_append_bytes(&text, proof.notes[1]);
        assert_int_equal(fork_proof_parse(&proof, bytes_of_buf(&text), &err),
                         count == FORK_TESTIMONIES_MAX);
        buf_cleanup(&text);
    }
}

/* Texts that another program wrote from the format's description are judged as it says. */
static void fork_check_vectors(void **state)
{
    json_t *json = vectors_load(VECTORS_DIR "/fork/proofs.json");
    struct fixture *fixture = *state;
    struct policy policy;
    struct err err = {0};
    size_t n;
    json_t *item;

    assert_true(policy_from_vkey(&policy, bytes_of_text(vectors_text(json, "vkey")), &err));
    json_array_foreach(vectors_get(json, "cases"), n, item)
    {
        memset(&fixture->report, 0, sizeof(fixture->report));
        fork_check(&fixture->report, bytes_of_text(vectors_text(item, "proof")), &policy);
        if (strcmp(verdict_word(fixture->report.verdict), vectors_text(item, "verdict")) != 0)
            fail_msg("%s: %s", vectors_text(item, "name"), verdict_word(fixture->report.verdict));
    }
    policy_cleanup(&policy);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fork_proof_make_every_pair_of_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fork_proof_parse_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fork_check_other_policies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fork_proof_make_no_fork, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fork_proof_make_wrong_empty_root, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fork_check_every_changed_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fork_proof_parse_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fork_proof_parse_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fork_check_vectors, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("fork_proof", tests, NULL, NULL);
}
