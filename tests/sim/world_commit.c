#include "tests/sim/world_commit.h"

#include <inttypes.h>
#include <string.h>

struct world_state world_state_of(struct world *world, struct store *raw)
{
    struct world_state state = {.mark = world->around.cell.mark};
    struct err err = {0};

    require(&world->place, store_read_head(raw, &state.head, &err), "%s", err.text);
    return state;
}

static bool mark_equal(const struct head_mark *a, const struct head_mark *b)
{
    return a->epoch == b->epoch && a->size == b->size && hash_equal(&a->root, &b->root);
}

void world_require_unchanged(struct world *world, struct store *raw,
                             const struct world_state *before, const char *why)
{
    struct world_state now = world_state_of(world, raw);

    require(&world->place, now.head.size == before->head.size,
            "the store was written to although %s", why);
    require(&world->place, mark_equal(&now.mark, &before->mark),
            "the head cell was written to although %s", why);
}

static void prepare(struct world *world, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        world->submissions[i] = world->queue[i].variant->submission;
        world->pointers[i] = &world->submissions[i];
    }
}

/* Witnesses come and go, whatever the seed: half of the heads are witnessed before the next one. */
static void witness_sometimes(struct process *process)
{
    uint64_t size = tlog_head(process->tlog)->size;
    struct seal_witnessed witnessed = {.size = size, .witnessed_at_ms = 1};

    if (size % 2 == 0)
        tlog_set_witnessed(process->tlog, &witnessed);
}

/* The earlier submission of the same claim in the batch, or its own position. */
static size_t first_of(const struct world *world, size_t position)
{
    for (size_t i = 0; i < position; i++) {
        if (world->queue[i].claim == world->queue[position].claim)
            return i;
    }
    return position;
}

/* Every answer is what the rules say: what is new is added in order, the rest is where it was. */
static uint64_t check_answers(const struct world *world, size_t count, uint64_t size)
{
    uint64_t next = size;

    for (size_t i = 0; i < count; i++) {
        const struct tlog_submission *submission = &world->submissions[i];
        size_t first = first_of(world, i);
        bool is_new = first == i && submission->index >= size;

        require(&world->place, submission->outcome == (is_new ? TLOG_ADDED : TLOG_DUPLICATE),
                "submission %zu at index %" PRIu64 " has outcome %d in a log of size %" PRIu64, i,
                submission->index, (int)submission->outcome, size);
        require(&world->place, submission->index == world->submissions[first].index,
                "submissions %zu and %zu are the same and got different indexes", first, i);
        require(&world->place, !is_new || submission->index == next,
                "submission %zu got index %" PRIu64 ", not %" PRIu64, i, submission->index, next);
        next += is_new;
    }
    return next - size;
}

/* The process says that the batch is in the log: everybody may look, submitters are told. */
static void check_published(struct world *world, struct process *process, size_t count,
                            const struct world_state *before, uint64_t clock_ms)
{
    const struct store_head *head = tlog_head(process->tlog);
    bool sealed = world->around.kind == LOG_EVIDENCE;
    struct world_state now = world_state_of(world, process->raw);
    uint64_t added = check_answers(world, count, before->head.size);
    struct head_mark expected = {.epoch = head->epoch, .size = head->size, .root = head->root};
    uint64_t received_ms =
        clock_ms > before->head.received_at_ms ? clock_ms : before->head.received_at_ms;

    require(&world->place, now.head.size == before->head.size + added + (added > 0 && sealed),
            "%" PRIu64 " entries were added, and the size went from %" PRIu64 " to %" PRIu64, added,
            before->head.size, now.head.size);
    require(&world->place, head->size == now.head.size || process == world->predecessor,
            "the head that is shown is not the newest one");
    if (added > 0) {
        require(&world->place, mark_equal(&now.mark, &expected),
                "the head cell does not hold the head that is shown");
        require(&world->place, head->received_at_ms == received_ms,
                "receive time is %" PRIu64 ", not %" PRIu64, head->received_at_ms, received_ms);
    }
    observer_see_head(&world->observer, process->raw, head, &world->rng);
    for (size_t i = 0; i < count; i++) {
        claim_acknowledge(&world->claims, world->queue[i].claim, world->submissions[i].index,
                          &world->place);
        if (first_of(world, i) == i && i < 16)
            observer_check_claim(&world->observer, process->raw, world->queue[i].claim);
    }
}

static void drop_from_queue(struct world *world, size_t count)
{
    world->queue_count -= count;
    memmove(world->queue, world->queue + count, world->queue_count * sizeof(world->queue[0]));
}

/* What must hold when a living process says no. Whether it may go on. */
static bool check_refusal(struct world *world, struct process *process, size_t count,
                          const struct world_state *before, uint64_t commit_calls)
{
    struct err err = {0};

    observer_see_head(&world->observer, process->raw, tlog_head(process->tlog), &world->rng);
    if (tlog_failure(process->tlog) == NULL) {
        world_require_unchanged(world, process->raw, before, "the commit failed harmlessly");
        return true;
    }
    require(&world->place, !tlog_commit(process->tlog, world->pointers, count, &err),
            "a commit went through after one whose outcome is unknown");
    require(&world->place,
            store_faulty_calls(process->faulty, STORE_OPERATION_COMMIT) <= commit_calls + 1,
            "the store was written to again after a failure");
    return false;
}

static enum commit_end commit(struct world *world, struct process *process, size_t count,
                              enum fault_set faults)
{
    struct world_state before = world_state_of(world, process->raw);
    uint64_t commit_calls = store_faulty_calls(process->faulty, STORE_OPERATION_COMMIT);
    uint64_t fault_count = process_faults(process);
    uint64_t clock_ms = world->around.clock.now_ms;
    bool is_fenced = process == world->predecessor;
    struct err err = {0};
    bool ok;

    prepare(world, count);
    witness_sometimes(process);
    process_arm(process, faults, &world->rng);
    ok = tlog_commit(process->tlog, world->pointers, count, &err);
    process_disarm(process);
    require(&world->place,
            store_faulty_calls(process->faulty, STORE_OPERATION_COMMIT) <= commit_calls + 1,
            "one batch was committed more than once");
    if (process->life.dead) {
        world->queue_count = 0; /* the submitters will come again */
        return COMMIT_STOP;
    }
    if (is_fenced)
        world_require_unchanged(world, process->raw, &before, "the process has a successor");
    if (ok) {
        check_published(world, process, count, &before, clock_ms);
        drop_from_queue(world, count);
        return COMMIT_ANSWERED;
    }
    require(&world->place,
            is_fenced || process->was_lied_to || process_faults(process) > fault_count,
            "a commit failed without a cause: %s", err.text);
    if (check_refusal(world, process, count, &before, commit_calls))
        return COMMIT_FAILED;
    world->queue_count = 0;
    return COMMIT_STOP;
}

enum commit_end world_commit(struct world *world, struct process *process, size_t count,
                             enum fault_set faults)
{
    enum commit_end end = commit(world, process, count, faults);

    if (end == COMMIT_ANSWERED)
        world->tally->commits++;
    else if (process == world->predecessor)
        world->tally->fenced_commits++;
    else if (end == COMMIT_FAILED)
        world->tally->failed_commits++;
    else
        world->tally->stops++;
    return end;
}
