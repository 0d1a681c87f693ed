#include "server/witnessing/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/issued_log.h"
#include "tests/support/mldsa_witness.h"

struct world {
    struct issued_log log;
    struct note_verifier witness; /* w0 */
    struct buf checkpoint;        /* of size 3 */
};

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct buf vkey = {0};
    struct err err = {0};

    issued_log_init(&world->log);
    issued_log_grow(&world->log, 2, 2);
    issued_log_witness_vkey(&world->log, &vkey, 0);
    assert_true(note_verifier_parse(&world->witness, bytes_of_buf(&vkey), &err));
    issued_log_checkpoint(&world->log, &world->checkpoint, 3, 0);
    buf_cleanup(&vkey);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    note_verifier_cleanup(&world->witness);
    buf_cleanup(&world->checkpoint);
    issued_log_cleanup(&world->log);
    free(world);
    return 0;
}

/* The lines that these witnesses add to the checkpoint of a size. */
static void append_lines(struct world *world, struct buf *out, uint64_t size, unsigned witnesses)
{
    struct buf plain = {0};
    struct buf note = {0};

    issued_log_checkpoint(&world->log, &plain, size, 0);
    issued_log_checkpoint(&world->log, &note, size, witnesses);
    buf_append_bytes(out, bytes_slice(bytes_of_buf(&note), plain.len, note.len));
    buf_cleanup(&plain);
    buf_cleanup(&note);
}

static bool take(struct world *world, struct buf *out, struct bytes reply, struct err *err)
{
    return exchange_take_cosignature(out, &world->witness, bytes_of_buf(&world->checkpoint), reply,
                                     err);
}

/* Of all lines that come, the one by the witness's key is taken, and only that. */
static void exchange_take_cosignature_among_others(void **state)
{
    struct world *world = *state;
    struct buf reply = {0};
    struct buf line = {0};
    struct buf want = {0};
    struct err err = {0};

    append_lines(world, &reply, 3, 7);
    append_lines(world, &want, 3, 1);
    assert_true(take(world, &line, bytes_of_buf(&reply), &err));
    assert_string_equal(buf_text(&line), buf_text(&want));
    buf_cleanup(&reply);
    buf_cleanup(&line);
    buf_cleanup(&want);
}

/* A cosignature of ML-DSA-44 is taken whole; where it cannot be verified, not at all. */
static void exchange_take_cosignature_mldsa(void **state)
{
    struct world *world = *state;
    struct mldsa_witness witness;
    struct note_verifier verifier;
    struct buf reply = {0};
    struct buf line = {0};
    struct buf want = {0};
    struct err err = {0};
    struct note note;
    bool is_taken;

    mldsa_witness_init(&witness);
    assert_true(note_verifier_parse_any(&verifier, bytes_of_buf(&witness.vkey), &err));
    assert_int_equal(note_verifier_is_usable(&verifier), mldsa_is_available());
    assert_true(note_parse(&note, bytes_of_buf(&world->checkpoint), &err));
    mldsa_witness_append(&witness, &want, note.text);
    append_lines(world, &reply, 3, 1);
    buf_append_bytes(&reply, bytes_of_buf(&want));
    is_taken = exchange_take_cosignature(&line, &verifier, bytes_of_buf(&world->checkpoint),
                                         bytes_of_buf(&reply), &err);
    assert_int_equal(is_taken, mldsa_is_available());
    if (is_taken)
        assert_string_equal(buf_text(&line), buf_text(&want));
    note_verifier_cleanup(&verifier);
    mldsa_witness_cleanup(&witness);
    buf_cleanup(&reply);
    buf_cleanup(&line);
    buf_cleanup(&want);
}

static void assert_not_taken(struct world *world, struct bytes reply, enum err_code want)
{
    struct buf line = {0};
    struct err err = {0};

    assert_false(take(world, &line, reply, &err));
    assert_int_equal(err.code, want);
    assert_int_equal(line.len, 0);
    buf_cleanup(&line);
}

/* Another head's cosignature, another witness's, one that is damaged, or none: nothing is taken. */
static void exchange_take_cosignature_refused(void **state)
{
    struct world *world = *state;
    struct buf reply = {0};

    append_lines(world, &reply, 6, 1);
    assert_not_taken(world, bytes_of_buf(&reply), ERR_REFUSED);
    buf_clear(&reply);
    append_lines(world, &reply, 3, 6);
    assert_not_taken(world, bytes_of_buf(&reply), ERR_REFUSED);
    buf_clear(&reply);
    append_lines(world, &reply, 3, 1);
    for (size_t len = 0; len < reply.len; len++)
        assert_not_taken(world, bytes_of(reply.data, len),
                         len == 0 ? ERR_REFUSED : ERR_INVALID);
    for (size_t i = 0; i < reply.len; i++) {
        struct buf line = {0};
        struct err err = {0};

        reply.data[i] ^= 1;
        assert_false(take(world, &line, bytes_of_buf(&reply), &err));
        reply.data[i] ^= 1;
    }
    assert_not_taken(world, bytes_of_text("garbage\n"), ERR_INVALID);
    assert_not_taken(world, bytes_of_text("\n"), ERR_INVALID);
    buf_cleanup(&reply);
}

/* An empty line in a reply would make a text out of signatures; what is signed there is another. */
static void exchange_take_cosignature_with_an_empty_line(void **state)
{
    struct world *world = *state;
    struct buf reply = {0};

    append_lines(world, &reply, 3, 2);
    buf_append_text(&reply, "\n");
    append_lines(world, &reply, 3, 1);
    assert_not_taken(world, bytes_of_buf(&reply), ERR_INVALID);
    buf_cleanup(&reply);
}

/* A size is a canonical decimal on one line. */
static void exchange_parse_size_one_line(void **state)
{
    static const char *const wrong[] = {"", "1", "01\n", "1\n\n", "-1\n", "x\n", "1\n2\n", " 1\n"};
    struct err err = {0};
    uint64_t size;

    (void)state;
    assert_true(exchange_parse_size(&size, bytes_of_text("20852014\n"), &err));
    assert_int_equal(size, 20852014);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(exchange_parse_size(&size, bytes_of_text(wrong[i]), &err));
}

/* The path is the lower-case hex of the SHA-256 of the origin. */
static void exchange_format_path_of_an_origin(void **state)
{
    char path[EXCHANGE_PATH_LEN];

    (void)state;
    exchange_format_path(path, "abc");
    assert_string_equal(path, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
                              "/checkpoint");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(exchange_take_cosignature_among_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exchange_take_cosignature_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exchange_take_cosignature_with_an_empty_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(exchange_take_cosignature_mldsa, set_up, tear_down),
        cmocka_unit_test(exchange_parse_size_one_line),
        cmocka_unit_test(exchange_format_path_of_an_origin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
