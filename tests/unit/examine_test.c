#include "server/cosigning/examine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/cosigning/cosigning_time.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/reference_tree.h"
#include "tests/support/rng.h"

enum { ENTRIES = 40, ROUNDS = 3000, BRANCHES = 3 };

static const char ORIGIN[] = "log.example/tree";

/* A log whose histories part somewhere, and a witness that remembers what it took. */
struct world {
    struct signer *signer;
    struct log_list *list;
    struct hash leaves[BRANCHES][ENTRIES];
    uint64_t shared[BRANCHES]; /* so many entries are those of branch 0 */
    struct ledger_state state;
    size_t branch; /* of the checkpoint taken last */
};

static void make_list(struct world *world)
{
    struct note_verifier verifier;
    struct buf line = {0};
    struct err err = {0};

    assert_true(note_verifier_init(&verifier, ORIGIN, NOTE_TYPE_ED25519,
                                   world->signer->public_key, &err));
    buf_append_text(&line, "log ");
    note_verifier_append(&line, &verifier);
    assert_true(log_list_parse(&world->list, bytes_of_buf(&line), &err));
    note_verifier_cleanup(&verifier);
    buf_cleanup(&line);
}

static void make_branches(struct world *world, struct rng *rng)
{
    for (size_t branch = 0; branch < BRANCHES; branch++) {
        world->shared[branch] = branch == 0 ? ENTRIES : rng_below(rng, ENTRIES);
        for (uint64_t i = 0; i < ENTRIES; i++) {
            uint8_t entry[2] = {(uint8_t)i, i < world->shared[branch] ? 0 : (uint8_t)branch};

            hash_leaf(&world->leaves[branch][i], bytes_of(entry, sizeof(entry)));
        }
    }
}

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct buf pem = {0};
    struct err err = {0};

    assert_true(signer_generate(&world->signer, &pem, KEY_ED25519, &err));
    make_list(world);
    buf_cleanup(&pem);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    snapshot_release(&world->list->snapshot);
    signer_close(world->signer);
    free(world);
    return 0;
}

static void append_request(const struct world *world, struct buf *out, size_t branch,
                           uint64_t old_size, uint64_t size)
{
    struct checkpoint checkpoint = {.size = size};
    struct add_checkpoint request = {.old_size = old_size};
    struct buf note = {0};
    struct err err = {0};

    strcpy(checkpoint.origin, ORIGIN);
    reference_root(&checkpoint.root, world->leaves[branch], size);
    if (old_size > 0 && old_size < size)
        reference_consistency(&request.proof, old_size, world->leaves[branch], size);
    assert_true(checkpoint_sign(&note, &checkpoint, world->signer, &err));
    request.checkpoint = bytes_of_buf(&note);
    add_checkpoint_append(out, &request);
    buf_cleanup(&note);
}

static enum examine_finding examine(const struct world *world, struct examination *examination,
                            struct bytes body)
{
    struct err err = {0};
    enum examine_finding finding = examine_signature(examination, body, world->list, &err);

    if (finding == FINDING_CONSISTENT)
        finding = examine_consistency(examination, &world->state, &err);
    assert_true(finding == FINDING_CONSISTENT || err.text[0] != 0);
    return finding;
}

/* Whether the first size entries are the same on both branches. */
static bool is_same(const struct world *world, size_t a, size_t b, uint64_t size)
{
    return a == b || (size <= world->shared[a] && size <= world->shared[b]);
}

static enum examine_finding expected(const struct world *world, size_t branch, uint64_t old_size,
                             uint64_t size)
{
    if (old_size > size)
        return FINDING_MALFORMED;
    if (old_size != world->state.size)
        return FINDING_CONFLICT;
    return is_same(world, world->branch, branch, old_size) ? FINDING_CONSISTENT
                                                            : FINDING_INCONSISTENT;
}

/* Among random checkpoints of forking histories, exactly those that extend the last one pass. */
static void examine_consistency_of_random_forks(void **state)
{
    struct world *world = *state;
    struct rng rng = rng_seeded("examine_consistency_of_random_forks");
    struct buf body = {0};
    size_t counts[FINDINGS] = {0};

    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t branch = rng_below(&rng, BRANCHES);
        uint64_t old_size = rng_below(&rng, 3) == 0 ? rng_below(&rng, ENTRIES) : world->state.size;
        uint64_t size = rng_below(&rng, 4) == 0 ? rng_below(&rng, ENTRIES)
                                                : old_size + rng_below(&rng, 4);
        struct examination examination;
        enum examine_finding finding;

        if (round % 50 == 0) {
            make_branches(world, &rng);
            world->state = (struct ledger_state){0};
            world->branch = 0;
            old_size = 0;
            size = rng_below(&rng, ENTRIES);
        }
        if (size > ENTRIES)
            size = ENTRIES;
        buf_clear(&body);
        append_request(world, &body, branch, old_size, size);
        finding = examine(world, &examination, bytes_of_buf(&body));
        assert_int_equal(finding, expected(world, branch, old_size, size));
        counts[finding]++;
        if (finding == FINDING_CONSISTENT) {
            world->state.size = size;
            world->state.root = examination.checkpoint.root;
            world->branch = branch;
        }
    }
    assert_true(counts[FINDING_CONSISTENT] > 100 && counts[FINDING_INCONSISTENT] > 20 &&
                counts[FINDING_CONFLICT] > 100 && counts[FINDING_MALFORMED] > 20);
    buf_cleanup(&body);
}

/* No request with one bit changed passes, and none stops the program. */
static void examine_consistency_of_changed_bits(void **state)
{
    struct world *world = *state;
    struct rng rng = rng_of(1);
    struct examination examination;
    struct buf body = {0};

    make_branches(world, &rng);
    world->state = (struct ledger_state){.size = 5};
    reference_root(&world->state.root, world->leaves[0], 5);
    append_request(world, &body, 0, 5, 11);
    for (size_t bit = 0; bit < body.len * 8; bit++) {
        body.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(examine(world, &examination, bytes_of_buf(&body)),
                             FINDING_CONSISTENT);
        body.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(examine(world, &examination, bytes_of_buf(&body)), FINDING_CONSISTENT);
    buf_cleanup(&body);
}

/* What is kept is the checkpoint with the log's signature alone. */
static void examine_append_note_without_strangers(void **state)
{
    struct world *world = *state;
    struct rng rng = rng_of(1);
    struct examination examination;
    struct buf body = {0};
    struct buf kept = {0};
    size_t len;

    make_branches(world, &rng);
    world->state = (struct ledger_state){0};
    append_request(world, &body, 0, 0, 11);
    len = body.len;
    note_append_signature(&body, "stranger.example", 7, bytes_of_text("a signature of nobody"));
    assert_int_equal(examine(world, &examination, bytes_of_buf(&body)), FINDING_CONSISTENT);
    examine_append_note(&kept, &examination);
    assert_true(bytes_equal(bytes_of_buf(&kept),
                            bytes_slice(bytes_of_buf(&body), strlen("old 0\n\n"), len)));
    buf_cleanup(&body);
    buf_cleanup(&kept);
}

/* Time stands still for a clock that went back by little, and stops for one that did by much. */
static void cosigning_time_of_wrong_clocks(void **state)
{
    uint64_t time_s = 0;

    (void)state;
    assert_true(cosigning_time(&time_s, 1000, 0));
    assert_int_equal(time_s, 1000);
    assert_true(cosigning_time(&time_s, 1000, 1000 + COSIGNING_TIME_BACK_MAX_S));
    assert_int_equal(time_s, 1000 + COSIGNING_TIME_BACK_MAX_S);
    assert_false(cosigning_time(&time_s, 1000, 1001 + COSIGNING_TIME_BACK_MAX_S));
    assert_true(cosigning_time(&time_s, UINT32_MAX, 1000));
    assert_int_equal(time_s, UINT32_MAX);
    assert_false(cosigning_time(&time_s, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examine_consistency_of_random_forks),
        cmocka_unit_test(examine_consistency_of_changed_bits),
        cmocka_unit_test(examine_append_note_without_strangers),
        cmocka_unit_test(cosigning_time_of_wrong_clocks),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
