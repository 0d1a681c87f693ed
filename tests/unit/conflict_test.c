#include "server/witnessing/conflict.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "server/tlog/tlog_read.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_fixture.h"

/* A log of three commits, and the key that heads of it are signed with. */
struct world {
    struct log_fixture log;
    struct note_verifier verifier;
    struct conflict_log judge;
};

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct err err = {0};

    log_fixture_init(&world->log, LOG_EVIDENCE);
    log_fixture_commit(&world->log, 0, 3);
    log_fixture_commit(&world->log, 3, 5);
    log_fixture_commit(&world->log, 5, 6);
    assert_true(note_verifier_init(&world->verifier, LOG_FIXTURE_ORIGIN, NOTE_TYPE_ED25519,
                                   world->log.keys.checkpoint->public_key, &err));
    world->judge = (struct conflict_log){.store = world->log.store, .verifier = &world->verifier};
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    note_verifier_cleanup(&world->verifier);
    log_fixture_cleanup(&world->log);
    free(world);
    return 0;
}

/* A head of this size signed by a key; with the store's root, or another one. */
static void append_head(struct world *world, struct buf *out, uint64_t size, bool is_ours,
                        struct signer *signer)
{
    struct checkpoint checkpoint = {.origin = LOG_FIXTURE_ORIGIN, .size = size};
    struct err err = {0};

    if (is_ours)
        assert_true(tlog_read_root(world->log.store, &checkpoint.root, size, &err));
    assert_true(checkpoint_sign(out, &checkpoint, signer, &err));
}

static struct err judge(struct world *world, uint64_t size, bool is_ours)
{
    struct buf note = {0};
    struct err reason = {0};
    struct err err = {0};

    append_head(world, &note, size, is_ours, world->log.keys.checkpoint);
    assert_true(conflict_judge(&reason, &world->judge, bytes_of_buf(&note), &err));
    buf_cleanup(&note);
    return reason;
}

/* Every size of the tree, published or not, is one of its history. */
static void conflict_judge_own_history(void **state)
{
    struct world *world = *state;

    for (uint64_t size = 0; size <= tlog_head(world->log.tlog)->size; size++)
        assert_int_equal(judge(world, size, true).code, ERR_NONE);
}

/* A larger head, or another root, is a reason not to sign, and says what is wrong. */
static void conflict_judge_against_the_store(void **state)
{
    struct world *world = *state;
    uint64_t size = tlog_head(world->log.tlog)->size;
    struct err reason = judge(world, size + 1, false);

    assert_int_equal(reason.code, ERR_REFUSED);
    assert_string_equal(reason.text, "this log signed a head of size 10, the store holds size 9: "
                                     "it went back in time");
    for (uint64_t other = 0; other <= size; other++) {
        reason = judge(world, other, false);
        assert_int_equal(reason.code, ERR_REFUSED);
        assert_non_null(strstr(reason.text, "another tree of size"));
    }
}

/* What the log did not sign says nothing against it, whatever it claims. */
static void conflict_judge_unsigned(void **state)
{
    struct world *world = *state;
    struct signer *other;
    struct buf note = {0};
    struct buf pem = {0};
    struct err reason = {0};
    struct err err = {0};

    assert_true(signer_generate(&other, &pem, KEY_ED25519, &err));
    append_head(world, &note, 1000, false, other);
    assert_false(conflict_judge(&reason, &world->judge, bytes_of_buf(&note), &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_false(conflict_judge(&reason, &world->judge, bytes_of_text("1000\n"), &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(reason.code, ERR_NONE);
    signer_close(other);
    buf_cleanup(&note);
    buf_cleanup(&pem);
}

/* A kept head is weighed again each time: it counts until the store has it. */
static void conflict_judge_file_until_the_store_has_it(void **state)
{
    struct world *world = *state;
    char path[] = "/tmp/vouch-conflict-XXXXXX";
    struct buf note = {0};
    struct err reason = {0};
    struct err err = {0};
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    assert_true(conflict_judge_file(&reason, &world->judge, path, &err));
    assert_int_equal(reason.code, ERR_NONE);
    append_head(world, &note, 7, false, world->log.keys.checkpoint);
    assert_true(file_write_durable(path, bytes_of_buf(&note), 0600, &err));
    assert_true(conflict_judge_file(&reason, &world->judge, path, &err));
    assert_int_equal(reason.code, ERR_REFUSED);
    buf_clear(&note);
    append_head(world, &note, 7, true, world->log.keys.checkpoint);
    assert_true(file_write_durable(path, bytes_of_buf(&note), 0600, &err));
    reason = (struct err){0};
    assert_true(conflict_judge_file(&reason, &world->judge, path, &err));
    assert_int_equal(reason.code, ERR_NONE);
    unlink(path);
    buf_cleanup(&note);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(conflict_judge_own_history, set_up, tear_down),
        cmocka_unit_test_setup_teardown(conflict_judge_against_the_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(conflict_judge_unsigned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(conflict_judge_file_until_the_store_has_it, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
