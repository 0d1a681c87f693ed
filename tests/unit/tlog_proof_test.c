#include "schemas/tlog_proof.h"

#include <string.h>

#include "base/text.h"
#include "merkle/inclusion.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/vectors.h"

#define HASH_LINE "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
#define FIRST "c2sp.org/tlog-proof@v1\n"

static bool parses(const char *text)
{
    struct tlog_proof proof;
    struct err err = {0};
    bool ok = tlog_proof_parse(&proof, bytes_of_text(text), &err);

    if (!ok)
        assert_int_equal(err.code, ERR_INVALID);
    return ok;
}

/* A proof with any number of hashes is read back as it was written. */
static void tlog_proof_append_round_trip(void **state)
{
    struct rng rng = rng_seeded("tlog_proof_append_round_trip");

    (void)state;
    for (size_t count = 0; count <= PROOF_HASHES_MAX; count++) {
        struct tlog_proof proof = {.index = rng_next(&rng) >> (1 + rng_below(&rng, 63)),
                                   .proof.count = count,
                                   .checkpoint = bytes_of_text("the checkpoint\n\nas it is")};
        struct tlog_proof parsed;
        struct buf text = {0};
        struct buf again = {0};
        struct err err = {0};

        for (size_t i = 0; i < count; i++)
            rng_fill(&rng, proof.proof.hashes[i].bytes, HASH_LEN);
        tlog_proof_append(&text, &proof);
        assert_true(tlog_proof_parse(&parsed, bytes_of_buf(&text), &err));
        assert_true(parsed.index == proof.index);
        assert_int_equal(parsed.proof.count, count);
        assert_memory_equal(parsed.proof.hashes, proof.proof.hashes, count * HASH_LEN);
        assert_true(bytes_equal(parsed.checkpoint, proof.checkpoint));
        tlog_proof_append(&again, &parsed);
        assert_true(bytes_equal(bytes_of_buf(&text), bytes_of_buf(&again)));
        buf_cleanup(&text);
        buf_cleanup(&again);
    }
}

/* First line, an optional extra line, index, hashes, an empty line, a checkpoint. */
static void tlog_proof_parse_forms(void **state)
{
    (void)state;
    assert_true(parses(FIRST "index 0\n\ncheckpoint\n"));
    assert_true(parses(FIRST "index 73894\n" HASH_LINE "\ncheckpoint\n"));
    assert_true(parses(FIRST "extra YWJj\nindex 0\n\ncheckpoint\n"));
    assert_false(parses(""));
    assert_false(parses(FIRST));
    assert_false(parses("c2sp.org/tlog-proof@v2\nindex 0\n\ncheckpoint\n"));
    assert_false(parses(FIRST "\nindex 0\n\ncheckpoint\n"));
    assert_false(parses(FIRST "index 0\n"));
    assert_false(parses(FIRST "index 0\n\n"));
    assert_false(parses(FIRST "index 0\n" HASH_LINE));
    assert_false(parses(FIRST "index 0\ncheckpoint\n"));
    assert_false(parses(FIRST "index  0\n\ncheckpoint\n"));
    assert_false(parses(FIRST "index\n\ncheckpoint\n"));
    assert_false(parses(FIRST "Index 0\n\ncheckpoint\n"));
    assert_false(parses(FIRST "index 00\n\ncheckpoint\n"));
    assert_false(parses(FIRST "index 0 \n\ncheckpoint\n"));
    assert_false(parses(FIRST "index 9223372036854775808\n\ncheckpoint\n"));
    assert_false(parses(FIRST "index 0\nextra YWJj\n\ncheckpoint\n"));
    assert_false(parses(FIRST "extra YWJj\nextra YWJj\nindex 0\n\ncheckpoint\n"));
    assert_false(parses(FIRST "extra \nindex 0\n\ncheckpoint\n"));
    assert_false(parses(FIRST "extra YWJ\nindex 0\n\ncheckpoint\n"));
    assert_false(parses(FIRST "extra\nindex 0\n\ncheckpoint\n"));
    assert_false(parses(FIRST "index 0\nYWJj\n\ncheckpoint\n"));
    assert_false(parses(FIRST "index 0\n " HASH_LINE "\ncheckpoint\n"));
}

/* 64 hashes are read, 65 are too many; so is a text beyond the limit. */
static void tlog_proof_parse_limits(void **state)
{
    (void)state;
    for (unsigned count = PROOF_HASHES_MAX; count <= PROOF_HASHES_MAX + 1; count++) {
        struct buf text = {0};

        buf_append_text(&text, FIRST "index 5\n");
        for (unsigned i = 0; i < count; i++)
            buf_append_text(&text, HASH_LINE);
        buf_append_text(&text, "\ncheckpoint\n");
        assert_int_equal(parses(buf_text(&text)), count == PROOF_HASHES_MAX);
        buf_cleanup(&text);
    }
    for (size_t len = TLOG_PROOF_LEN_MAX; len <= TLOG_PROOF_LEN_MAX + 1; len++) {
        struct buf text = {0};
        size_t rest;

        buf_append_text(&text, FIRST "index 5\n\n");
        rest = len - text.len;
        memset(buf_extend(&text, rest), 'x', rest);
        assert_int_equal(parses(buf_text(&text)), len == TLOG_PROOF_LEN_MAX);
        buf_cleanup(&text);
    }
}

/* The whole way of a verifier: parse, open the checkpoint, check inclusion of the entry. */
static bool verify(const json_t *item, const struct note_verifier *log)
{
    struct tlog_proof proof;
    struct checkpoint checkpoint;
    struct hash leaf;
    struct err err = {0};

    hash_leaf(&leaf, bytes_of_text(vectors_text(item, "entry")));
    return tlog_proof_parse(&proof, bytes_of_text(vectors_text(item, "proof")), &err) &&
           checkpoint_open(&checkpoint, proof.checkpoint, log, &err) &&
           inclusion_check(&leaf, proof.index, checkpoint.size, &checkpoint.root, &proof.proof);
}

/* Proofs of other programs verify, those with one thing changed do not. */
static void tlog_proof_parse_published(void **state)
{
    json_t *json = vectors_load(VECTORS_DIR "/tlog/proofs.json");
    struct note_verifier verifier;
    struct err err = {0};
    size_t n;
    json_t *item;

    (void)state;
    assert_true(note_verifier_parse(&verifier, bytes_of_text(vectors_text(json, "vkey")), &err));
    json_array_foreach(vectors_get(json, "cases"), n, item)
    {
        if (verify(item, &verifier) != vectors_bool(item, "verifies"))
            fail_msg("%s is judged otherwise", vectors_text(item, "name"));
    }
    note_verifier_cleanup(&verifier);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tlog_proof_append_round_trip),
        cmocka_unit_test(tlog_proof_parse_forms),
        cmocka_unit_test(tlog_proof_parse_limits),
        cmocka_unit_test(tlog_proof_parse_published),
    };

    return cmocka_run_group_tests_name("tlog_proof", tests, NULL, NULL);
}
