#include "client/verify/policy.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/issued_log.h"
#include "tests/support/mldsa_witness.h"

static int set_up(void **state)
{
    struct issued_log *log = mem_alloc(sizeof(*log));

    issued_log_init(log);
    issued_log_grow(log, 1, 3);
    *state = log;
    return 0;
}

static int tear_down(void **state)
{
    issued_log_cleanup(*state);
    free(*state);
    return 0;
}

/* Parses the log's and witnesses' lines followed by rest. */
static bool parse_with(struct policy *out, const struct issued_log *log, const char *rest,
                       struct err *err)
{
    struct buf text = {0};
    bool ok;

    issued_log_policy(log, &text, rest);
    ok = policy_parse(out, bytes_of_buf(&text), err);
    buf_cleanup(&text);
    return ok;
}

static void assert_refused(const struct issued_log *log, const char *rest, const char *reason)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct err err = {0};

    assert_false(parse_with(policy, log, rest, &err));
    assert_int_equal(err.code, ERR_INVALID);
    if (strstr(err.text, reason) == NULL)
        fail_msg("'%s' does not say '%s'", err.text, reason);
    assert_int_equal(policy->log_count, 0);
    free(policy);
}

/* Whether this quorum is met by exactly these witnesses. */
static bool is_met(struct issued_log *log, const char *rest, unsigned witnesses)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct policy_result result;
    struct buf message = {0};
    struct err err = {0};
    struct note note;

    assert_true(parse_with(policy, log, rest, &err));
    issued_log_checkpoint(log, &message, log->size, witnesses);
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    policy_evaluate(&result, policy, &note, ISSUED_LOG_ORIGIN);
    assert_non_null(result.log);
    assert_false(result.is_bad);
    assert_int_equal(result.cosigner_count, __builtin_popcount(witnesses));
    policy_cleanup(policy);
    free(policy);
    buf_cleanup(&message);
    return result.quorum_met;
}

/* Every subset of three witnesses meets a quorum exactly when its definition says so. */
static void policy_evaluate_every_subset(void **state)
{
    static const struct {
        const char *rest;
        uint8_t met_by; /* bit s: the subset s */
    } CASES[] = {
        {"quorum none\n", 0xff},
        {"quorum w1\n", 0xcc},
        {"group g any w0 w1 w2\nquorum g\n", 0xfe},
        {"group g all w0 w1 w2\nquorum g\n", 0x80},
        {"group g 2 w0 w1 w2\nquorum g\n", 0xe8},
        {"group g 1 w0 w1\nquorum g\n", 0xee},
        {"group a any w0 w1\ngroup b all a w2\nquorum b\n", 0xe0},
        {"group a all w0 w1\ngroup b any a w2\nquorum b\n", 0xf8},
        {"group unused all w0 w1\nquorum w2\n", 0xf0},
    };

    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        for (unsigned subset = 0; subset < 8; subset++) {
            bool wanted = (CASES[i].met_by >> subset & 1) != 0;

            if (is_met(*state, CASES[i].rest, subset) != wanted)
                fail_msg("%s with subset %u", CASES[i].rest, subset);
        }
    }
}

/* Comments, blank lines, tabs, leading and trailing blanks and URLs are allowed. */
static void policy_parse_free_layout(void **state)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct err err = {0};
    struct buf text = {0};

    buf_append_text(&text, "# a comment\n\n \t \n  # another \xc3\xa9\n\tlog\t");
    issued_log_vkey(*state, &text);
    buf_append_text(&text, " https://log.example/ \nwitness  Z\xc3\xbcrich\t");
    issued_log_witness_vkey(*state, &text, 0);
    buf_append_text(&text, "  https://w.example/\n quorum Z\xc3\xbcrich \n#end\n");
    assert_true(policy_parse(policy, bytes_of_buf(&text), &err));
    assert_string_equal(policy->logs[0].url, "https://log.example/");
    assert_string_equal(policy->names[0].text, "Z\xc3\xbcrich");
    assert_string_equal(policy->names[0].url, "https://w.example/");
    policy_cleanup(policy);
    free(policy);
    buf_cleanup(&text);
}

/* Each rule of the format that is broken is named together with its line. */
static void policy_parse_broken_rules(void **state)
{
    const struct issued_log *log = *state;

    assert_refused(log, "", "no quorum line");
    assert_refused(log, "quorum none\nquorum none\n", "line 6: there is a quorum line already");
    assert_refused(log, "quorum g\n", "not defined above");
    assert_refused(log, "quorum\n", "not defined above");
    assert_refused(log, "quorum w0 w1\n", "'w1' does not belong there");
    assert_refused(log, "quorum g\ngroup g any w0\n", "line 5: quorum 'g'");
    assert_refused(log, "group g any g\nquorum g\n", "'g' is not defined above");
    assert_refused(log, "group g any none\nquorum g\n", "'none' is not defined above");
    assert_refused(log, "group none any w0\nquorum w0\n", "'none' is reserved");
    assert_refused(log, "group w0 any w1\nquorum w0\n", "'w0' is defined already");
    assert_refused(log, "group g any\nquorum g\n", "at least one member");
    assert_refused(log, "group g any w0 w0\nquorum g\n", "member of a group already");
    assert_refused(log, "group g any w0\ngroup h any w0\nquorum h\n", "member of a group already");
    assert_refused(log, "group g 0 w0\nquorum g\n", "not any, all or a number");
    assert_refused(log, "group g 3 w0 w1\nquorum g\n", "needs 3 of 2 members");
    assert_refused(log, "group g 01 w0 w1\nquorum g\n", "not any, all or a number");
    assert_refused(log, "group g most w0 w1\nquorum g\n", "not any, all or a number");
    assert_refused(log, "witnes x y\nquorum none\n", "is not log, witness, group or quorum");
    assert_refused(log, "quorum none", "does not end with a newline");
    assert_refused(log, "quorum none\r\n", "control character 0x0d");
    assert_refused(log, "log\nquorum none\n", "verifier key is missing");
    assert_refused(log, "witness x\nquorum none\n", "verifier key is missing");
    assert_refused(log, "log nonsense\nquorum none\n", "policy line 5");
}

/* A key listed twice, or of the other type, is refused, whatever its name. */
static void policy_parse_wrong_keys(void **state)
{
    const struct issued_log *log = *state;
    struct buf rest = {0};

    buf_append_text(&rest, "log ");
    issued_log_vkey(log, &rest);
    buf_append_text(&rest, "\nquorum none\n");
    assert_refused(log, buf_text(&rest), "log's key is listed already");
    buf_clear(&rest);
    buf_append_text(&rest, "witness x ");
    issued_log_witness_vkey(log, &rest, 1);
    buf_append_text(&rest, "\nquorum none\n");
    assert_refused(log, buf_text(&rest), "witness's key is listed already");
    buf_clear(&rest);
    buf_append_text(&rest, "witness x ");
    issued_log_vkey(log, &rest);
    buf_append_text(&rest, "\nquorum none\n");
    assert_refused(log, buf_text(&rest), "this line needs 0x04");
    buf_clear(&rest);
    buf_append_text(&rest, "log ");
    issued_log_witness_vkey(log, &rest, 1);
    buf_append_text(&rest, "\nquorum none\n");
    assert_refused(log, buf_text(&rest), "this line needs 0x01");
    buf_cleanup(&rest);
}

/* More witnesses or groups than there is room for are refused, the limits themselves are not. */
static void policy_parse_limits(void **state)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct buf rest = {0};
    struct err err = {0};

    buf_append_text(&rest, "group g0 any w0\n");
    for (unsigned i = 1; i < POLICY_GROUPS_MAX; i++)
        buf_append_format(&rest, "group g%u any g%u\n", i, i - 1);
    buf_append_format(&rest, "quorum g%u\n", POLICY_GROUPS_MAX - 1);
    assert_true(parse_with(policy, *state, buf_text(&rest), &err));
    policy_cleanup(policy);
    buf_append_text(&rest, "group over any w1\n");
    assert_refused(*state, buf_text(&rest), "more than 64 groups");
    buf_cleanup(&rest);
    free(policy);
}

/* A broken signature under a listed name and key id makes the whole checkpoint bad. */
static void policy_evaluate_broken_cosignature(void **state)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct policy_result result;
    struct buf message = {0};
    struct err err = {0};
    struct note note;

    assert_true(parse_with(policy, *state, "quorum none\n", &err));
    issued_log_checkpoint(*state, &message, 4, 3);
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    note.signatures[2].signature[20] ^= 1;
    policy_evaluate(&result, policy, &note, ISSUED_LOG_ORIGIN);
    assert_true(result.is_bad);
    assert_false(result.quorum_met);
    policy_cleanup(policy);
    free(policy);
    buf_cleanup(&message);
}

/* The log's key does not speak for another origin. */
static void policy_evaluate_other_origin(void **state)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct policy_result result;
    struct buf message = {0};
    struct err err = {0};
    struct note note;

    assert_true(parse_with(policy, *state, "quorum none\n", &err));
    issued_log_checkpoint(*state, &message, 4, 0);
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    policy_evaluate(&result, policy, &note, "log.example/other");
    assert_null(result.log);
    policy_cleanup(policy);
    free(policy);
    buf_cleanup(&message);
}

/* A verifier key of a log becomes a policy that knows of no witnesses; a witness's key does not. */
static void policy_from_vkey_types(void **state)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct buf vkey = {0};
    struct err err = {0};

    issued_log_vkey(*state, &vkey);
    assert_true(policy_from_vkey(policy, bytes_of_buf(&vkey), &err));
    assert_true(policy->is_bare_key);
    assert_int_equal(policy->log_count, 1);
    policy_cleanup(policy);
    buf_clear(&vkey);
    issued_log_witness_vkey(*state, &vkey, 0);
    assert_false(policy_from_vkey(policy, bytes_of_buf(&vkey), &err));
    buf_cleanup(&vkey);
    free(policy);
}

/* A policy with a witness "pq" that has an ML-DSA-44 key, and this rest. */
static void parse_with_mldsa(struct policy *out, const struct issued_log *log,
                             const struct mldsa_witness *witness, const char *rest)
{
    struct buf text = {0};
    struct err err = {0};

    buf_append_text(&text, "witness pq ");
    buf_append_bytes(&text, bytes_of_buf(&witness->vkey));
    buf_append_format(&text, "\n%s", rest);
    assert_true(parse_with(out, log, buf_text(&text), &err));
    buf_cleanup(&text);
}

/*
 * Evaluates a checkpoint that w0 and pq have cosigned. What pq signed counts where OpenSSL knows its
 * key; where not, it has no vote, is no reason to call the checkpoint bad, and is told.
 */
static void assert_mldsa_vote(const struct issued_log *log, const char *rest, bool met,
                              bool met_without)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    bool is_known = mldsa_is_available();
    struct mldsa_witness witness;
    struct policy_result result;
    struct buf message = {0};
    struct err err = {0};
    struct note note;

    mldsa_witness_init(&witness);
    parse_with_mldsa(policy, log, &witness, rest);
    issued_log_checkpoint((struct issued_log *)(uintptr_t)log, &message, log->size, 1);
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    mldsa_witness_append(&witness, &message, note.text);
    assert_true(note_parse(&note, bytes_of_buf(&message), &err));
    policy_evaluate(&result, policy, &note, ISSUED_LOG_ORIGIN);
    assert_false(result.is_bad);
    assert_int_equal(result.quorum_met, is_known ? met : met_without);
    assert_int_equal(result.cosigner_count, is_known ? 2 : 1);
    assert_int_equal(result.unverifiable_count, is_known ? 0 : 1);
    mldsa_witness_cleanup(&witness);
    policy_cleanup(policy);
    free(policy);
    buf_cleanup(&message);
}

static void policy_evaluate_mldsa(void **state)
{
    assert_mldsa_vote(*state, "quorum pq\n", true, false);
    assert_mldsa_vote(*state, "group g all w0 pq\nquorum g\n", true, false);
    assert_mldsa_vote(*state, "group g any w0 pq\nquorum g\n", true, true);
    assert_mldsa_vote(*state, "group g 2 w0 w1 pq\nquorum g\n", true, false);
    assert_mldsa_vote(*state, "group g all w1 pq\nquorum g\n", false, false);
    assert_mldsa_vote(*state, "quorum none\n", true, true);
}

static void assert_can_be_met(const struct issued_log *log, const struct mldsa_witness *witness,
                              const char *rest, bool wanted)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct err err = {0};

    parse_with_mldsa(policy, log, witness, rest);
    assert_int_equal(policy_check_quorum(policy, &err), wanted);
    if (!wanted)
        assert_string_equal(err.text, "the quorum cannot be met: the OpenSSL at hand has no "
                                      "ML-DSA-44, version 3.5 has");
    policy_cleanup(policy);
    free(policy);
}

/* A quorum that needs a key which OpenSSL does not know is told from one that does not. */
static void policy_check_quorum_mldsa(void **state)
{
    bool is_known = mldsa_is_available();
    struct mldsa_witness witness;

    mldsa_witness_init(&witness);
    assert_can_be_met(*state, &witness, "quorum none\n", true);
    assert_can_be_met(*state, &witness, "quorum w0\n", true);
    assert_can_be_met(*state, &witness, "group g 3 w0 w1 w2 pq\nquorum g\n", true);
    assert_can_be_met(*state, &witness, "group g all w0 w1 w2 pq\nquorum g\n", is_known);
    assert_can_be_met(*state, &witness, "group g any pq\ngroup h all g w0\nquorum h\n",
                      is_known);
    mldsa_witness_cleanup(&witness);
}

/* One key is one witness, whatever it is called; and a log signs with Ed25519. */
static void policy_parse_mldsa_refused(void **state)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct mldsa_witness witness;
    struct buf text = {0};
    struct err err = {0};

    mldsa_witness_init(&witness);
    buf_append_format(&text, "witness a %s\n", buf_text(&witness.vkey));
    buf_append_format(&text, "witness b %s\nquorum none\n", buf_text(&witness.vkey));
    assert_false(parse_with(policy, *state, buf_text(&text), &err));
    assert_non_null(strstr(err.text, "listed already"));
    buf_clear(&text);
    buf_append_format(&text, "log %s\nquorum none\n", buf_text(&witness.vkey));
    assert_false(parse_with(policy, *state, buf_text(&text), &err));
    assert_non_null(strstr(err.text, "has type 0x06, this line needs 0x01"));
    mldsa_witness_cleanup(&witness);
    buf_cleanup(&text);
    free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_evaluate_every_subset),
        cmocka_unit_test(policy_parse_free_layout),
        cmocka_unit_test(policy_parse_broken_rules),
        cmocka_unit_test(policy_parse_wrong_keys),
        cmocka_unit_test(policy_parse_limits),
        cmocka_unit_test(policy_evaluate_broken_cosignature),
        cmocka_unit_test(policy_evaluate_other_origin),
        cmocka_unit_test(policy_from_vkey_types),
        cmocka_unit_test(policy_evaluate_mldsa),
        cmocka_unit_test(policy_check_quorum_mldsa),
        cmocka_unit_test(policy_parse_mldsa_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
