#include "client/verify/audit.h"

#include <stdlib.h>
#include <string.h>

#include "client/verify/audit_state.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/issued_log.h"

static int set_up(void **state)
{
    struct issued_log *log = mem_alloc(sizeof(*log));

    issued_log_init(log);
    *state = log;
    return 0;
}

static int tear_down(void **state)
{
    issued_log_cleanup(*state);
    free(*state);
    return 0;
}

/* Appends entries [from, to) to the audit; false with err as the audit set it. */
static bool append(struct audit *audit, const struct issued_log *log, uint64_t from, uint64_t to,
                   struct err *err)
{
    for (uint64_t i = from; i < to; i++) {
        if (!audit_append(audit, bytes_of_buf(&log->entries[i]), err))
            return false;
    }
    return true;
}

static void assert_found(struct issued_log *log, const char *what)
{
    struct audit audit = {0};
    struct err err = {0};

    assert_false(append(&audit, log, 0, log->size, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    if (strstr(err.text, what) == NULL)
        fail_msg("'%s' does not say '%s'", err.text, what);
}

/* The recomputed root is the tree's, every seal is seen and every signature can be checked. */
static void audit_append_good_log(void **state)
{
    struct issued_log *log = *state;
    struct audit audit = {.log_keys = &log->log_keys, .issuer_keys = &log->issuer_keys};
    struct err err = {0};
    struct hash wanted;
    struct hash root;

    issued_log_grow(log, 40, 6);
    assert_true(append(&audit, log, 0, log->size, &err));
    assert_true(audit_check_head(&audit, &err));
    frontier_root(&audit.frontier, &root);
    issued_log_root(log, &wanted, log->size);
    assert_true(hash_equal(&root, &wanted));
    assert_int_equal(audit.kind, AUDIT_EVIDENCE);
    assert_int_equal(audit.seal_count, 40);
    assert_int_equal(audit.signatures_checked, log->size);
}

/* A head whose last entry is no seal is none of an evidence log. */
static void audit_check_head_without_seal(void **state)
{
    struct issued_log *log = *state;
    struct audit audit = {0};
    struct err err = {0};

    issued_log_grow(log, 1, 2);
    issued_log_add(log, 7);
    assert_true(append(&audit, log, 0, log->size, &err));
    assert_false(audit_check_head(&audit, &err));
}

/* A log whose first entry is no statement is opaque, and its entries are not looked into. */
static void audit_append_opaque_log(void **state)
{
    struct issued_log *log = *state;
    struct audit audit = {0};
    struct err err = {0};

    issued_log_add_bytes(log, bytes_of_text("anything"));
    issued_log_add(log, 1);
    issued_log_add_bytes(log, bytes_of_text(""));
    assert_true(append(&audit, log, 0, log->size, &err));
    assert_true(audit_check_head(&audit, &err));
    assert_int_equal(audit.kind, AUDIT_OPAQUE);

    /* Who insists on an evidence log is told at the first entry. */
    audit = (struct audit){.kind = AUDIT_EVIDENCE};
    assert_false(append(&audit, log, 0, log->size, &err));
}

/* An entry of an evidence log that is no statement, or carries anything unsigned, is found. */
static void audit_append_foreign_entry(void **state)
{
    struct issued_log *log = *state;

    issued_log_grow(log, 1, 2);
    issued_log_add_bytes(log, bytes_of_text("not a statement"));
    assert_found(log, "entry 3: it is no statement");
}

/* A seal that does not begin where the last commit ended is found. */
static void audit_append_overlapping_seal(void **state)
{
    struct issued_log *log = *state;

    issued_log_grow(log, 2, 2);
    log->sealed_size -= 1; /* overlaps the last commit */
    issued_log_add(log, 9);
    issued_log_seal(log);
    assert_found(log, "entry 7: the seal begins at index 5, its commit at 6");
}

/* A seal that leaves out the one before it is found. */
static void audit_append_forgotten_seal(void **state)
{
    struct issued_log *log = *state;

    issued_log_grow(log, 2, 2);
    log->seal = log->leaves[2];
    issued_log_add(log, 9);
    issued_log_seal(log);
    assert_found(log, "does not name the seal before it");
}

/* Seals name witnessed heads of their past, in order; one that does not is found. */
static void audit_append_witnessed_heads(void **state)
{
    struct issued_log *log = *state;

    issued_log_grow(log, 2, 2);
    log->witnessed.size = 6;
    issued_log_grow(log, 2, 2);
    log->witnessed.size = 9;
    issued_log_grow(log, 1, 2);
    log->witnessed.size = 0;
    issued_log_grow(log, 1, 2);
    log->witnessed.size = 6;
    issued_log_grow(log, 1, 2);
    assert_found(log, "entry 20: the seal names a witnessed head of size 6, an earlier one 9");
}

/* A seal cannot know what witnesses will sign after it. */
static void audit_append_witnessed_future(void **state)
{
    struct issued_log *log = *state;

    issued_log_grow(log, 2, 2);
    log->witnessed.size = 7;
    issued_log_grow(log, 1, 2);
    assert_found(log, "entry 8: the seal names a witnessed head of size 7, which is its future");
}

/* A seal with another root of the tree before it is found. */
static void audit_append_seal_of_other_tree(void **state)
{
    struct issued_log *log = *state;

    issued_log_grow(log, 1, 2);
    issued_log_add(log, 9);
    log->leaves[1].bytes[0] ^= 1;
    issued_log_seal(log);
    log->leaves[1].bytes[0] ^= 1;
    assert_found(log, "another root");
}

/* Receive times never go back. */
static void audit_append_time_going_back(void **state)
{
    struct issued_log *log = *state;

    issued_log_grow(log, 1, 1);
    log->now_ms -= 5000;
    issued_log_grow(log, 1, 1);
    assert_found(log, "receive time is before");
}

/* A seal that somebody else signed is found when the log's key is known. */
static void audit_append_forged_signature(void **state)
{
    struct issued_log *log = *state;
    struct audit audit = {.log_keys = &log->log_keys};
    struct err err = {0};
    struct buf *seal;

    issued_log_grow(log, 1, 1);
    seal = &log->entries[log->size - 1];
    seal->data[seal->len - 1] ^= 1;
    assert_false(append(&audit, log, 0, log->size, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

/* A seal that lacks what a seal has is the log's fault, and said to be corrupt. */
static void audit_append_malformed_seal(void **state)
{
    struct issued_log *log = *state;
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_LOG, .issuer = ISSUED_LOG_ORIGIN, .issued_at_s = 1};
    struct buf entry = {0};
    struct err err = {0};

    issued_log_grow(log, 1, 1);
    assert_true(statement_sign(&entry, log->log_signer, &claims,
                               bytes_of("\xa1\x64type\x64seal", 11), &err));
    issued_log_add_bytes(log, bytes_of_buf(&entry));
    assert_found(log, "entry 2: ");
    buf_cleanup(&entry);
}

/* A bundle is read from its skipped entries on; one that is cut off anywhere is found. */
static void audit_append_bundle_cut(void **state)
{
    struct issued_log *log = *state;
    struct buf bundle = {0};
    struct audit audit = {0};
    struct err err = {0};

    issued_log_grow(log, 2, 2);
    issued_log_bundle(log, &bundle, 0, 6);
    assert_true(audit_append_bundle(&audit, bytes_of_buf(&bundle), 0, 3, &err));
    assert_int_equal(audit.frontier.size, 3);
    assert_true(audit_append_bundle(&audit, bytes_of_buf(&bundle), 3, 6, &err));
    assert_int_equal(audit.frontier.size, 6);
    for (size_t len = 0; len < bundle.len; len++) {
        audit = (struct audit){0};
        assert_false(
            audit_append_bundle(&audit, bytes_slice(bytes_of_buf(&bundle), 0, len), 0, 6, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    buf_cleanup(&bundle);
}

/* An audit that stopped anywhere goes on from its state as if it had never stopped. */
static void audit_state_at_every_size(void **state)
{
    struct issued_log *log = *state;
    struct buf note = {0};

    issued_log_grow(log, 9, 4);
    issued_log_checkpoint(log, &note, 5, 0);
    for (uint64_t size = 0; size <= log->size; size++) {
        struct audit audit = {0};
        struct audit resumed = {0};
        struct buf text = {0};
        struct err err = {0};
        struct bytes checkpoint;
        struct hash wanted;
        struct hash root;

        assert_true(append(&audit, log, 0, size, &err));
        audit_state_append(&text, &audit, bytes_of_buf(&note));
        assert_true(audit_state_parse(&resumed, &checkpoint, bytes_of_buf(&text), &err));
        assert_true(bytes_equal(checkpoint, bytes_of_buf(&note)));
        assert_int_equal(resumed.frontier.size, size);
        assert_true(append(&resumed, log, size, log->size, &err));
        frontier_root(&resumed.frontier, &root);
        issued_log_root(log, &wanted, log->size);
        assert_true(hash_equal(&root, &wanted));
        buf_cleanup(&text);
    }
    buf_cleanup(&note);
}

/* Every shortened state is refused; a cut checkpoint after it is for head_open to refuse. */
static void audit_state_cut(void **state)
{
    struct issued_log *log = *state;
    struct audit audit = {0};
    struct buf text = {0};
    struct err err = {0};

    issued_log_grow(log, 3, 4);
    assert_true(append(&audit, log, 0, log->size, &err));
    audit_state_append(&text, &audit, (struct bytes){0});
    for (size_t len = 0; len < text.len; len++) {
        struct audit parsed = {0};
        struct bytes checkpoint;

        assert_false(audit_state_parse(&parsed, &checkpoint,
                                       bytes_slice(bytes_of_buf(&text), 0, len), &err));
    }
    buf_cleanup(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(audit_append_good_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_check_head_without_seal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_opaque_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_foreign_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_overlapping_seal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_forgotten_seal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_witnessed_heads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_witnessed_future, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_seal_of_other_tree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_time_going_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_forged_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_malformed_seal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_append_bundle_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_state_at_every_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_state_cut, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
