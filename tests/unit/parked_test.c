#include "server/http/parked.h"

#include <stdlib.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"

enum { JOBS = 500, KEYS_EACH = 6 };

struct waiting_job {
    struct job job;
    struct wait wait;
    bool is_out;
};

static void set_keys(struct waiting_job *waiting, const uint64_t *keys, size_t count)
{
    waiting->job.wait = &waiting->wait;
    waiting->wait.keys = mem_copy(keys, count * sizeof(*keys));
    waiting->wait.key_count = count;
}

static size_t count_jobs(const struct job_list *list)
{
    size_t count = 0;

    for (const struct job *job = list->first; job != NULL; job = job->next)
        count++;
    return count;
}

/* A job comes out once when any of its keys changes, and stays when none does. */
static void parked_take_changed_any_key(void **state)
{
    struct parked *parked = parked_new();
    struct waiting_job waiting = {.wait.deadline_ns = 10};
    static const uint64_t keys[] = {1, 2, 2, 257};
    static const uint64_t others[] = {3, 513};
    static const uint64_t hits[] = {257, 2, 1};
    struct job_list out = {0};

    (void)state;
    set_keys(&waiting, keys, 4);
    parked_add(parked, &waiting.job);
    parked_take_changed(parked, others, 2, &out);
    assert_int_equal(count_jobs(&out), 0);
    assert_int_equal(parked_count(parked), 1);
    parked_take_changed(parked, hits, 3, &out);
    assert_int_equal(count_jobs(&out), 1);
    assert_int_equal(parked_count(parked), 0);
    wait_cleanup(&waiting.wait);
    parked_free(parked);
}

/* A job comes out when its time is over, not before, and all of them when nobody shall wait. */
static void parked_take_expired_by_deadline(void **state)
{
    struct parked *parked = parked_new();
    struct waiting_job jobs[3] = {0};
    static const uint64_t key = 7;
    struct job_list out = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        set_keys(&jobs[i], &key, 1);
        jobs[i].wait.deadline_ns = 10 * (i + 1);
        parked_add(parked, &jobs[i].job);
    }
    parked_take_expired(parked, 9, &out);
    assert_int_equal(count_jobs(&out), 0);
    parked_take_expired(parked, 20, &out);
    assert_int_equal(count_jobs(&out), 2);
    parked_take_expired(parked, UINT64_MAX, &out);
    assert_int_equal(count_jobs(&out), 3);
    for (size_t i = 0; i < 3; i++)
        wait_cleanup(&jobs[i].wait);
    parked_free(parked);
}

/* Against the plain way, a look at every job, over random jobs, keys and changes. */
static void parked_many(void **state)
{
    struct waiting_job *jobs = mem_alloc_array(JOBS, sizeof(*jobs));
    struct rng rng = rng_seeded("parked_many");
    struct parked *parked = parked_new();

    (void)state;
    for (size_t i = 0; i < JOBS; i++) {
        uint64_t keys[KEYS_EACH];

        for (size_t k = 0; k < KEYS_EACH; k++)
            keys[k] = rng_below(&rng, 2000);
        set_keys(&jobs[i], keys, KEYS_EACH);
        jobs[i].wait.deadline_ns = UINT64_MAX;
        parked_add(parked, &jobs[i].job);
    }
    for (int round = 0; round < 50; round++) {
        uint64_t changed = rng_below(&rng, 2000);
        struct job_list out = {0};

        parked_take_changed(parked, &changed, 1, &out);
        for (struct job *job = out.first; job != NULL; job = job->next)
            ((struct waiting_job *)job)->is_out = true;
        for (size_t i = 0; i < JOBS; i++) {
            for (size_t k = 0; k < KEYS_EACH; k++)
                assert_true(jobs[i].is_out || jobs[i].wait.keys[k] != changed);
        }
    }
    struct job_list rest = {0};
    parked_take_expired(parked, UINT64_MAX, &rest);
    assert_int_equal(parked_count(parked), 0);
    for (size_t i = 0; i < JOBS; i++)
        wait_cleanup(&jobs[i].wait);
    parked_free(parked);
    free(jobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parked_take_changed_any_key),
        cmocka_unit_test(parked_take_expired_by_deadline),
        cmocka_unit_test(parked_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
