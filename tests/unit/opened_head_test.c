#include "client/gossip/opened_head.h"

#include <stdlib.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/issued_log.h"
#include "tests/support/mldsa_witness.h"

struct world {
    struct issued_log log;
    struct mldsa_witness witness;
    struct policy policy; /* the log, w0 to w2, and pq */
    struct buf note;      /* with signatures of the log, w1 and pq, and one of a stranger */
};

static void append_stranger(struct buf *out)
{
    note_append_signature(out, "stranger.example", 7, bytes_of_text("a signature of nobody"));
}

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct buf policy = {0};
    struct err err = {0};
    struct note note;

    issued_log_init(&world->log);
    issued_log_grow(&world->log, 1, 3);
    mldsa_witness_init(&world->witness);
    issued_log_policy(&world->log, &policy, "witness pq ");
    buf_append_bytes(&policy, bytes_of_buf(&world->witness.vkey));
    buf_append_text(&policy, "\nquorum none\n");
    assert_true(policy_parse(&world->policy, bytes_of_buf(&policy), &err));
    issued_log_checkpoint(&world->log, &world->note, 3, 2);
    append_stranger(&world->note);
    assert_true(note_parse(&note, bytes_of_buf(&world->note), &err));
    mldsa_witness_append(&world->witness, &world->note, note.text);
    buf_cleanup(&policy);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    policy_cleanup(&world->policy);
    mldsa_witness_cleanup(&world->witness);
    issued_log_cleanup(&world->log);
    buf_cleanup(&world->note);
    free(world);
    return 0;
}

/*
 * Signatures of the policy's keys are passed on whole, however long they are, and the others not at
 * all: those of strangers, and those that cannot be verified here.
 */
static void opened_head_append_whole_lines(void **state)
{
    struct world *world = *state;
    size_t want = mldsa_is_available() ? 3 : 2;
    struct policy_result result;
    struct opened_head opened;
    struct buf out = {0};
    struct err err = {0};
    struct note note;

    assert_true(opened_head_parse(&opened, bytes_of_buf(&world->note), 2048));
    assert_int_equal(opened.note.signature_count, 4);
    opened_head_append(&out, &opened, &world->policy);
    assert_true(note_parse(&note, bytes_of_buf(&out), &err));
    assert_int_equal(note.signature_count, want);
    policy_evaluate(&result, &world->policy, &note, ISSUED_LOG_ORIGIN);
    assert_non_null(result.log);
    assert_false(result.is_bad);
    assert_int_equal(result.cosigner_count, want - 1);
    assert_int_equal(result.unverifiable_count, 0);
    buf_cleanup(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opened_head_append_whole_lines, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
