#include "tests/sim/rules_world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/author.h"
#include "tests/sim/model.h"

enum {
    STEPS = 45,
    BATCH_MAX = 64,
    QUEUE_MAX = 1024,
    START_ATTEMPTS_MAX = 8,
    HOUR_MS = 3600000,
    HEAL_ROUNDS = 3,
};

struct rules_world {
    struct place place;
    struct rng rng;
    struct surroundings around;
    struct author author;
    struct observer observer;
    struct model model;
    struct process *process;     /* the one that runs the log */
    struct process *predecessor; /* still alive, does not know of process; or NULL */
    struct saying *queue[QUEUE_MAX];
    size_t queue_count;
    size_t submitted; /* sayings of the author that were queued so far, in their order */
    struct tally *tally;
    struct tlog_submission submissions[BATCH_MAX]; /* of the batch in the making */
    struct tlog_submission *pointers[BATCH_MAX];
    struct model_answer answers[BATCH_MAX];
};

static bool chance(struct rules_world *world, unsigned percent)
{
    return rng_below(&world->rng, 100) < percent;
}

/* ---- processes ---- */

static void stop(struct process **process)
{
    if (*process == NULL)
        return;
    process_stop(*process);
    free(*process);
    *process = NULL;
}

/* What is on the disk is a log by its rules. */
static void check_disk(struct rules_world *world)
{
    struct store *raw = world->process->raw;
    struct store_head head;
    struct err err = {0};

    require(&world->place, store_read_head(raw, &head, &err), "%s", err.text);
    observer_see_head(&world->observer, raw, &head, &world->rng);
    model_learn(&world->model, raw, head.size);
    model_compare_facts(&world->model, raw);
}

static bool check_started(struct rules_world *world, bool opened, const struct err *err)
{
    struct process *process = world->process;

    if (process->life.dead)
        return false;
    require(&world->place, opened || process_faults(process) > 0,
            "the log does not open, and nothing happened to it: %s", err->text);
    if (!opened)
        return false;
    require(&world->place, tlog_read_only_reason(process->tlog) == NULL || process->was_lied_to,
            "the log opens read-only, and nothing happened to it");
    return tlog_read_only_reason(process->tlog) == NULL;
}

static void start(struct rules_world *world)
{
    for (unsigned attempt = 1;; attempt++) {
        bool calm = attempt >= START_ATTEMPTS_MAX || chance(world, 50);
        struct err err = {0};
        bool opened;

        world->process = mem_alloc(sizeof(*world->process));
        opened = process_start(world->process, &world->around, calm ? FAULTS_NONE : FAULTS_OPENING,
                               &world->rng, &err);
        if (check_started(world, opened, &err))
            break;
        world->tally->failed_openings++;
        stop(&world->process);
    }
    world->tally->openings++;
    check_disk(world);
}

static void restart(struct rules_world *world)
{
    stop(&world->process);
    start(world);
}

/* ---- one batch ---- */

static void prepare(struct rules_world *world, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        world->submissions[i] = world->queue[i]->submission;
        world->pointers[i] = &world->submissions[i];
    }
}

static void check_answer(const struct rules_world *world, size_t i)
{
    const struct tlog_submission *submission = &world->submissions[i];
    const struct model_answer *answer = &world->answers[i];

    require(&world->place, submission->outcome == answer->outcome,
            "saying %" PRIu64 " has outcome %d, the rules say %d", world->queue[i]->number,
            (int)submission->outcome, (int)answer->outcome);
    if (answer->outcome == TLOG_ADDED || answer->outcome == TLOG_DUPLICATE)
        require(&world->place, submission->index == answer->index,
                "saying %" PRIu64 " is at index %" PRIu64 ", not %" PRIu64,
                world->queue[i]->number, answer->index, submission->index);
    require(&world->place, submission->refusal.rule == answer->refused_by,
            "saying %" PRIu64 " is refused by another rule", world->queue[i]->number);
    if (answer->outcome == TLOG_ADDED)
        require(&world->place,
                memcmp(&submission->flags, &answer->flags, sizeof(answer->flags)) == 0,
                "saying %" PRIu64 " has other flags than the rules raise", world->queue[i]->number);
}

/* A submitter is told where its statement is; the same each time, and with the same flags. */
static void acknowledge(struct rules_world *world, size_t i)
{
    const struct tlog_submission *submission = &world->submissions[i];
    struct saying *saying = world->queue[i];

    if (submission->outcome != TLOG_ADDED && submission->outcome != TLOG_DUPLICATE)
        return;
    require(&world->place, !saying->is_acknowledged || saying->index == submission->index,
            "saying %" PRIu64 " was at index %" PRIu64 " and is now at %" PRIu64, saying->number,
            saying->index, submission->index);
    if (submission->outcome == TLOG_ADDED) {
        require(&world->place, !saying->is_acknowledged, "saying %" PRIu64 " was added twice",
                saying->number);
        saying->flags = submission->flags;
    } else if (!saying->is_acknowledged) {
        saying->flags = world->model.entries[submission->index].flags;
    }
    saying->is_acknowledged = true;
    saying->index = submission->index;
}

static void count_answer(struct rules_world *world, size_t i)
{
    static const struct tlog_flags none;
    const struct model_answer *answer = &world->answers[i];

    world->tally->refused += answer->outcome == TLOG_REFUSED;
    world->tally->flagged += memcmp(&answer->flags, &none, sizeof(none)) != 0;
    world->tally->granted += answer->outcome == TLOG_ADDED &&
                             world->queue[i]->bytes.len == 0;
}

/* Readers who keep keys or facts are told of exactly what the commit changed. */
static void check_changes(const struct rules_world *world, uint64_t version_before, bool added)
{
    const struct process *process = world->process;
    uint64_t version = tlog_principals_version(process->tlog);
    size_t count;
    const uint64_t *changed = tlog_changed_facts(process->tlog, &count);

    if (!added) {
        require(&world->place, count == 0 && version == version_before,
                "nothing was added, and facts are said to have changed");
        return;
    }
    require(&world->place, (version > version_before) == world->model.principals_changed,
            "keys and roles %s, and the version says otherwise",
            world->model.principals_changed ? "changed" : "did not change");
    require(&world->place, count == world->model.changed.count,
            "%zu facts are said to have changed, not %zu", count, world->model.changed.count);
    for (size_t i = 0; i < count; i++)
        require(&world->place,
                changed[i] == fact_key_short(bytes_of_buf(&world->model.changed.rows[i].key)),
                "a fact is said to have changed that did not");
}

static void check_answered(struct rules_world *world, size_t count, uint64_t version_before)
{
    struct store *raw = world->process->raw;
    const struct store_head *head = tlog_head(world->process->tlog);
    bool added = head->size > world->model.size;

    observer_see_head(&world->observer, raw, head, &world->rng);
    model_learn(&world->model, raw, head->size);
    for (size_t i = 0; i < count; i++) {
        check_answer(world, i);
        acknowledge(world, i);
        count_answer(world, i);
    }
    check_changes(world, version_before, added);
    if (chance(world, 25))
        model_compare_facts(&world->model, raw);
}

static uint64_t receive_time(const struct rules_world *world)
{
    uint64_t before = tlog_head(world->process->tlog)->received_at_ms;
    uint64_t now_ms = world->around.clock.now_ms;

    return now_ms > before ? now_ms : before;
}

static void drop_from_queue(struct rules_world *world, size_t count)
{
    world->queue_count -= count;
    memmove(world->queue, world->queue + count, world->queue_count * sizeof(world->queue[0]));
}

/* False when the process died or must stop. */
static bool commit(struct rules_world *world, size_t count, enum fault_set faults)
{
    struct process *process = world->process;
    uint64_t version = tlog_principals_version(process->tlog);
    uint64_t fault_count = process_faults(process);
    struct err err = {0};
    bool ok;

    prepare(world, count);
    model_predict(&world->model, world->answers, world->pointers, count, receive_time(world));
    process_arm(process, faults, &world->rng);
    ok = tlog_commit(process->tlog, world->pointers, count, &err);
    process_disarm(process);
    if (process->life.dead) {
        world->tally->stops++;
        return false;
    }
    if (ok) {
        check_answered(world, count, version);
        drop_from_queue(world, count);
        world->tally->commits++;
        return true;
    }
    require(&world->place, process->was_lied_to || process_faults(process) > fault_count,
            "a commit failed without a cause: %s", err.text);
    world->tally->failed_commits++;
    return tlog_failure(process->tlog) == NULL;
}

/* ---- steps ---- */

static void enqueue(struct rules_world *world, struct saying *saying)
{
    if (world->queue_count < QUEUE_MAX)
        world->queue[world->queue_count++] = saying;
}

/* Mostly in the order in which they were written. */
static void step_write(struct rules_world *world)
{
    author_write(&world->author, world->around.clock.now_ms, &world->rng);
    while (world->submitted < world->author.count)
        enqueue(world, world->author.sayings[world->submitted++]);
    if (chance(world, 10) && world->queue_count >= 2) {
        size_t at = (size_t)rng_below(&world->rng, world->queue_count - 1);
        struct saying *saying = world->queue[at];

        world->queue[at] = world->queue[at + 1];
        world->queue[at + 1] = saying;
    }
}

/* What was answered long ago, refused, given up or is on its way comes again. */
static void step_repeat(struct rules_world *world)
{
    size_t first = world->author.prepared_count;

    for (uint64_t i = rng_below(&world->rng, 4); i > 0 && world->submitted > first; i--)
        enqueue(world, world->author.sayings[first + rng_below(&world->rng,
                                                               world->submitted - first)]);
}

static void step_commit(struct rules_world *world)
{
    size_t count = world->queue_count < BATCH_MAX ? world->queue_count : BATCH_MAX;

    if (count == 0)
        return;
    if (chance(world, 60))
        count = (size_t)(1 + rng_below(&world->rng, count));
    if (!commit(world, count, chance(world, 50) ? FAULTS_COMMIT : FAULTS_NONE))
        restart(world);
}

static void step_restart(struct rules_world *world)
{
    restart(world);
}

/* A second process takes the log over while the first one is paused. */
static void step_take_over(struct rules_world *world)
{
    stop(&world->predecessor);
    world->predecessor = world->process;
    start(world);
}

/* The paused one goes on with what it was asked: it must not add anything. */
static void step_predecessor_commits(struct rules_world *world)
{
    size_t count = world->queue_count < BATCH_MAX ? world->queue_count : BATCH_MAX;
    struct store_head before;
    struct store_head after;
    struct err err = {0};

    if (world->predecessor == NULL || count == 0)
        return;
    prepare(world, count);
    require(&world->place, store_read_head(world->process->raw, &before, &err), "%s", err.text);
    if (tlog_commit(world->predecessor->tlog, world->pointers, count, &err)) {
        for (size_t i = 0; i < count; i++)
            require(&world->place, world->submissions[i].outcome != TLOG_ADDED,
                    "a process with a successor added an entry");
    }
    require(&world->place, store_read_head(world->process->raw, &after, &err), "%s", err.text);
    require(&world->place, before.size == after.size,
            "a process with a successor wrote to the store");
    model_compare_facts(&world->model, world->process->raw);
    world->tally->fenced_commits++;
    stop(&world->predecessor);
}

static void step_clock(struct rules_world *world)
{
    struct clock_fake *clock = &world->around.clock;

    switch (rng_below(&world->rng, 8)) {
    case 0:
        clock->now_ms -= rng_below(&world->rng, HOUR_MS);
        break;
    case 1:
        clock->now_ms += rng_below(&world->rng, 2 * HOUR_MS);
        break;
    default:
        clock->now_ms += rng_below(&world->rng, 60000);
        break;
    }
}

static const struct step_kind {
    const char *name;
    unsigned weight;
    void (*run)(struct rules_world *world);
} step_kinds[] = {
    {"write", 30, step_write},
    {"repeat", 10, step_repeat},
    {"commit", 36, step_commit},
    {"restart", 6, step_restart},
    {"take over", 3, step_take_over},
    {"predecessor commits", 5, step_predecessor_commits},
    {"clock", 10, step_clock},
};

static void run_step(struct rules_world *world)
{
    const struct step_kind *kind = step_kinds;
    uint64_t drawn = rng_below(&world->rng, 100); /* the sum of the weights */

    for (; drawn >= kind->weight; kind++)
        drawn -= kind->weight;
    world->place.doing = kind->name;
    kind->run(world);
}

/* ---- the run ---- */

/* The log says its rules and whom it trusts; people and policies are there. */
static void begin(struct rules_world *world)
{
    start(world);
    while (world->submitted < world->author.prepared_count) {
        enqueue(world, world->author.sayings[world->submitted++]);
        require(&world->place, commit(world, 1, FAULTS_NONE), "the log does not begin");
        require(&world->place, world->answers[0].outcome == TLOG_ADDED,
                "saying %zu is not admitted", world->submitted - 1);
    }
}

/* No more faults: what is not in the log in the end is there because a rule refuses it. */
static void heal(struct rules_world *world)
{
    world->place.doing = "heal";
    stop(&world->predecessor);
    restart(world);
    world->queue_count = 0;
    for (int round = 0; round < HEAL_ROUNDS; round++) {
        for (size_t i = 0; i < world->submitted; i++) {
            const struct saying *saying = world->author.sayings[i];

            if (!saying->is_acknowledged && saying->submission.own == NULL)
                enqueue(world, world->author.sayings[i]);
        }
        while (world->queue_count > 0)
            require(&world->place,
                    commit(world, world->queue_count < BATCH_MAX ? world->queue_count : BATCH_MAX,
                           FAULTS_NONE),
                    "a commit failed in a healed world");
    }
    restart(world);
    for (size_t i = 0; i < world->submitted; i++) {
        const struct saying *saying = world->author.sayings[i];

        require(&world->place,
                !saying->is_acknowledged ||
                    memcmp(&saying->flags, &world->model.entries[saying->index].flags,
                           sizeof(saying->flags)) == 0,
                "saying %" PRIu64 " was told other flags than the log has", saying->number);
    }
}

void rules_world_run(struct tally *tally, const struct log_keys *keys, uint64_t seed)
{
    struct rules_world *world = mem_alloc(sizeof(*world));

    world->place = (struct place){.seed = seed, .doing = "begin"};
    world->rng = rng_of(seed);
    world->tally = tally;
    world->around = (struct surroundings){
        .keys = keys, .kind = LOG_EVIDENCE, .admits_by_rules = true};
    author_init(&world->author, seed % 2 == 0 ? PROFILE_OBSERVE : PROFILE_STRICT);
    world->around.disk =
        log_disk_new(&world->around.cell, LOG_EVIDENCE, SIM_ORIGIN, keys->checkpoint);
    clock_fake_init(&world->around.clock, world->author.now_ms);
    observer_init(&world->observer, &world->place, keys, LOG_EVIDENCE);
    model_init(&world->model, &world->place, SIM_ORIGIN, keys->log->public_key);
    begin(world);
    for (world->place.step = 1; world->place.step <= STEPS; world->place.step++)
        run_step(world);
    heal(world);
    tally->entries += world->observer.size;
    tally->heads += world->observer.shown_count;
    stop(&world->process);
    model_cleanup(&world->model);
    observer_cleanup(&world->observer);
    author_cleanup(&world->author);
    memory_disk_free(world->around.disk);
    free(world);
}
