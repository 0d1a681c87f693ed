#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tests/sim/world_commit.h"

enum { START_ATTEMPTS_MAX = 8, HOUR_MS = 3600000, START_MS = 1700000000 };

static bool chance(struct world *world, unsigned percent)
{
    return rng_below(&world->rng, 100) < percent;
}

static uint64_t below(struct world *world, uint64_t limit)
{
    return rng_below(&world->rng, limit);
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

/* Whether the process that was started is one that can write; if not there must be a cause. */
static bool check_started(struct world *world, bool opened, const struct err *err)
{
    struct process *process = world->process;
    const char *reason;

    if (process->life.dead)
        return false;
    require(&world->place, opened || process_faults(process) > 0,
            "the log does not open, and nothing happened to it: %s", err->text);
    if (!opened)
        return false;
    observer_see_head(&world->observer, process->raw, tlog_head(process->tlog), &world->rng);
    reason = tlog_read_only_reason(process->tlog);
    require(&world->place, reason == NULL || process->was_lied_to,
            "the log opens read-only, and nothing happened to it: %s",
            reason == NULL ? "" : reason);
    if (reason != NULL)
        return false;
    require(&world->place, world->around.cell.mark.size == tlog_head(process->tlog)->size,
            "the head cell was not brought up to date");
    return true;
}

/* Starts processes until one lives and can write, as a supervisor does. */
static void start(struct world *world)
{
    for (unsigned attempt = 1;; attempt++) {
        bool calm = attempt >= START_ATTEMPTS_MAX || chance(world, 50);
        struct err err = {0};
        bool opened;

        world->process = mem_alloc(sizeof(*world->process));
        opened = process_start(world->process, &world->around, calm ? FAULTS_NONE : FAULTS_OPENING,
                               &world->rng, &err);
        if (check_started(world, opened, &err)) {
            world->tally->openings++;
            return;
        }
        world->tally->failed_openings++;
        stop(&world->process);
    }
}

static void restart(struct world *world)
{
    stop(&world->process);
    start(world);
}

/* ---- submitters ---- */

static void enqueue(struct world *world, struct claim *claim)
{
    if (world->queue_count == WORLD_QUEUE_MAX)
        return;
    world->queue[world->queue_count++] = (struct waiting){
        .claim = claim,
        .variant = claim_draw_variant(&world->claims, claim, &world->rng),
    };
}

static void enqueue_new(struct world *world)
{
    enqueue(world, claims_add(&world->claims, &world->rng));
}

/* New claims, and old ones again: in flight, given up, or answered long ago. */
static void step_submit(struct world *world)
{
    uint64_t count = 1 + below(world, chance(world, 10) ? 60 : 12);

    for (uint64_t i = 0; i < count; i++) {
        if (world->claims.count == 0 || chance(world, 65))
            enqueue_new(world);
        else if (world->queue_count > 0 && chance(world, 40))
            enqueue(world, world->queue[below(world, world->queue_count)].claim);
        else
            enqueue(world, world->claims.items[below(world, world->claims.count)]);
    }
}

/* As many as a batch can hold, rarely, since it takes long; statements are slow to make. */
static void step_flood(struct world *world)
{
    if (world->around.kind == LOG_EVIDENCE || !chance(world, 3))
        return;
    while (world->queue_count < WORLD_QUEUE_MAX)
        enqueue_new(world);
}

/* ---- the log ---- */

static void step_commit(struct world *world)
{
    size_t count = world->queue_count;

    if (count == 0)
        return;
    if (chance(world, 30))
        count = (size_t)(1 + below(world, count));
    switch (world_commit(world, world->process, count,
                         chance(world, 50) ? FAULTS_COMMIT : FAULTS_NONE)) {
    case COMMIT_ANSWERED:
        break;
    case COMMIT_FAILED:
        if (chance(world, 50))
            world->queue_count = 0; /* answered "try again later" */
        break;
    case COMMIT_STOP:
        restart(world);
        break;
    }
}

static void step_restart(struct world *world)
{
    if (chance(world, 50))
        world->queue_count = 0;
    restart(world);
}

/* A second process takes the log over while the first one is paused, not dead. */
static void step_take_over(struct world *world)
{
    stop(&world->predecessor);
    world->predecessor = world->process;
    start(world);
}

/* The paused one goes on with what it was asked. */
static void step_predecessor_commits(struct world *world)
{
    if (world->predecessor == NULL || world->queue_count == 0)
        return;
    if (world_commit(world, world->predecessor, world->queue_count,
                     chance(world, 30) ? FAULTS_COMMIT : FAULTS_NONE) != COMMIT_ANSWERED ||
        chance(world, 50))
        stop(&world->predecessor);
}

static void step_clock(struct world *world)
{
    struct clock_fake *clock = &world->around.clock;

    switch (below(world, 6)) {
    case 0:
        clock->now_ms -= below(world, HOUR_MS);
        break;
    case 1:
        clock->now_ms += below(world, 1000 * (uint64_t)HOUR_MS);
        break;
    case 2:
        clock->now_ms -= clock->now_ms > START_MS ? clock->now_ms - START_MS : 0;
        break;
    case 3:
        clock->tick_ms = below(world, 3); /* 0: it stands still */
        break;
    default:
        clock->now_ms += below(world, 5000);
        break;
    }
}

/* ---- going back in time ---- */

static void step_back_up(struct world *world)
{
    memory_disk_free(world->backup);
    world->backup = memory_disk_copy(world->around.disk);
    world->backup_size = world_state_of(world, world->process->raw).head.size;
}

/* The log must open, show what is there, and refuse to write. */
static void require_read_only(struct world *world, const char *why)
{
    struct process *process = mem_alloc(sizeof(*process));
    struct world_state before;
    struct err err = {0};

    require(&world->place, process_start(process, &world->around, FAULTS_NONE, &world->rng, &err),
            "the log does not open although only %s: %s", why, err.text);
    require(&world->place, tlog_read_only_reason(process->tlog) != NULL,
            "the log opens for writing although %s", why);
    observer_see_head(&world->observer, process->raw, tlog_head(process->tlog), &world->rng);
    if (world->queue_count == 0)
        enqueue_new(world);
    world->submissions[0] = world->queue[0].variant->submission;
    world->pointers[0] = &world->submissions[0];
    before = world_state_of(world, process->raw);
    require(&world->place, !tlog_commit(process->tlog, world->pointers, 1, &err),
            "the log commits although %s", why);
    require(&world->place, err.code == ERR_REFUSED, "not refused, but: %s", err.text);
    world_require_unchanged(world, process->raw, &before, why);
    world->tally->read_only++;
    stop(&process);
}

/* The database is replaced by an older copy, noticed, and put right. */
static void step_roll_back(struct world *world)
{
    struct memory_disk *disk = world->around.disk;

    if (world->backup == NULL || world->backup_size >= world->around.cell.mark.size)
        return;
    stop(&world->predecessor);
    stop(&world->process);
    world->around.disk = memory_disk_copy(world->backup);
    require_read_only(world, "the store went back in time");
    memory_disk_free(world->around.disk);
    world->around.disk = disk;
    start(world);
}

static struct head_mark mark_of_size(struct world *world, uint64_t size)
{
    struct store_head head;
    struct err err = {0};

    require(&world->place, store_seek_head(world->process->raw, &head, size, &err), "%s", err.text);
    return (struct head_mark){.epoch = head.epoch, .size = head.size, .root = head.root};
}

/* Something else than the newest head is in the head cell. Whether that must be refused. */
static bool draw_mark(struct world *world, struct head_cell_memory *cell)
{
    const struct store_head *head = &world->observer.newest;
    uint64_t size = below(world, head->size + 1);
    struct head_mark mark = mark_of_size(world, size);

    switch (below(world, 6)) {
    case 0:
        cell->state = HEAD_CELL_EMPTY;
        return true;
    case 1:
        cell->state = HEAD_CELL_DAMAGED;
        return true;
    case 2:
        cell->mark.size += 1 + below(world, 10);
        return true;
    case 3:
        cell->mark = chance(world, 50) ? mark_of_size(world, head->previous_size) : cell->mark;
        cell->mark.root.bytes[below(world, HASH_LEN)] ^= (uint8_t)(1u << below(world, 8));
        return true;
    case 4:
        cell->mark = mark_of_size(world, head->previous_size);
        return false;
    default:
        cell->mark = mark;
        return mark.size < head->previous_size;
    }
}

/* The head cell is replaced by something older or other, noticed, and put right. */
static void step_tamper_with_mark(struct world *world)
{
    struct head_cell_memory *cell = &world->around.cell;
    struct head_mark mark = cell->mark;
    bool refused = draw_mark(world, cell);

    stop(&world->predecessor);
    stop(&world->process);
    if (refused) {
        require_read_only(world, "the head cell holds something else");
        cell->mark = mark;
        cell->state = HEAD_CELL_HOLDS;
    }
    start(world);
}

/* Readers who meet faults get the truth or an error, never something else. */
static void step_read(struct world *world)
{
    struct process *process = world->process;
    bool was_lied_to = process->was_lied_to;

    if (world->observer.size == 0)
        return;
    process_arm(process, FAULTS_READING, &world->rng);
    observer_read(&world->observer, process->faulty, below(world, world->observer.size));
    process_disarm(process);
    process->was_lied_to = was_lied_to; /* the reader may have been, the tlog was not */
}

/* ---- the run ---- */

struct step_kind {
    const char *name;
    unsigned weight;
    void (*run)(struct world *world);
};

static const struct step_kind step_kinds[] = {
    {"submit", 38, step_submit},
    {"flood", 1, step_flood},
    {"commit", 34, step_commit},
    {"restart", 5, step_restart},
    {"take over", 3, step_take_over},
    {"predecessor commits", 5, step_predecessor_commits},
    {"clock", 8, step_clock},
    {"read", 6, step_read},
    {"back up", 2, step_back_up},
    {"roll back", 2, step_roll_back},
    {"tamper with mark", 2, step_tamper_with_mark},
};

static const struct step_kind *draw_step(struct world *world)
{
    unsigned total = 0;
    uint64_t drawn;
    size_t i = 0;

    for (size_t k = 0; k < sizeof(step_kinds) / sizeof(step_kinds[0]); k++)
        total += step_kinds[k].weight;
    drawn = below(world, total);
    for (; drawn >= step_kinds[i].weight; i++)
        drawn -= step_kinds[i].weight;
    return &step_kinds[i];
}

/* No more faults: whatever was ever asked for is in the log in the end, once, and stays there. */
static void heal(struct world *world)
{
    world->place.doing = "heal";
    stop(&world->predecessor);
    restart(world);
    world->queue_count = 0;
    for (size_t i = 0; i < world->claims.count;) {
        for (; i < world->claims.count && world->queue_count < 500; i++) {
            if (!world->claims.items[i]->is_acknowledged)
                enqueue(world, world->claims.items[i]);
        }
        if (world->queue_count > 0)
            require(&world->place,
                    world_commit(world, world->process, world->queue_count, FAULTS_NONE) ==
                        COMMIT_ANSWERED,
                    "a commit failed in a healed world");
    }
    restart(world);
    for (size_t i = 0; i < world->claims.count; i++)
        observer_check_claim(&world->observer, world->process->raw, world->claims.items[i]);
    observer_check_complete(&world->observer, &world->claims);
}

void world_run(struct tally *tally, const struct log_keys *keys, uint64_t seed)
{
    struct world *world = mem_alloc(sizeof(*world));
    enum log_kind kind = seed % 2 == 0 ? LOG_OPAQUE : LOG_EVIDENCE;

    world->place = (struct place){.seed = seed, .doing = "start"};
    world->rng = rng_of(seed);
    world->tally = tally;
    world->around = (struct surroundings){.keys = keys, .kind = kind};
    world->claims = (struct claims){.kind = kind, .issuer = keys->issuer};
    world->around.disk = log_disk_new(&world->around.cell, kind, SIM_ORIGIN, keys->checkpoint);
    clock_fake_init(&world->around.clock, START_MS);
    observer_init(&world->observer, &world->place, keys, kind);
    start(world);
    for (world->place.step = 1; world->place.step <= WORLD_STEPS; world->place.step++) {
        const struct step_kind *step = draw_step(world);

        world->place.doing = step->name;
        step->run(world);
    }
    heal(world);
    tally->entries += world->observer.size;
    tally->heads += world->observer.shown_count;
    stop(&world->process);
    observer_cleanup(&world->observer);
    claims_cleanup(&world->claims);
    memory_disk_free(world->backup);
    memory_disk_free(world->around.disk);
    free(world);
}
