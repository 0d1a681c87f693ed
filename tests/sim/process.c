#include "tests/sim/process.h"

#include <stddef.h>

enum { CHECKPOINT, RECEIPT, LOG };

static bool chance(struct rng *rng, unsigned percent)
{
    return rng_below(rng, 100) < percent;
}

/*
 * A bit of a head that something else vouches for: signatures, the right edge, a seal, or that it
 * must be zero. The epoch is the store's to compare; without a seal nobody can say what the
 * receive time was, and in an opaque log not which size came before.
 */
static uint64_t draw_head_bit(struct process *process, struct rng *rng)
{
    struct store_head head = {0};
    struct err err = {0};

    CHECK(store_read_head(process->raw, &head, &err));
    for (;;) {
        uint64_t bit = rng_below(rng, 8 * sizeof(head));
        uint64_t byte = bit / 8;
        bool is_epoch = byte < offsetof(struct store_head, size);
        bool is_unsealed_claim = byte >= offsetof(struct store_head, previous_size) &&
                                 byte < offsetof(struct store_head, seal);

        if (is_epoch)
            continue;
        if (!is_unsealed_claim || (process->around->kind == LOG_EVIDENCE && head.size > 0))
            return bit;
    }
}

/* A wrong answer to a read, an error, or "it is not there". */
static void arm_read(struct process *process, enum store_operation operation, struct rng *rng)
{
    static const enum store_fault kinds[] = {STORE_FAULT_ERROR, STORE_FAULT_MISSING,
                                             STORE_FAULT_FLIPPED, STORE_FAULT_FLIPPED};
    enum store_fault fault = kinds[rng_below(rng, 4)];
    uint64_t choice = rng_next(rng);

    /* Nobody could tell "never seen" from "lost": LevelDB's checksums answer for that. */
    if (operation == STORE_OPERATION_FIND && fault == STORE_FAULT_MISSING)
        fault = STORE_FAULT_ERROR;
    if (operation == STORE_OPERATION_READ_HEAD)
        choice = draw_head_bit(process, rng);
    process->lie_ahead = fault == STORE_FAULT_FLIPPED;
    store_faulty_arm(process->faulty, operation, fault, rng_below(rng, 4) == 0, choice);
}

static void arm_death(struct process *process, uint64_t within_calls, struct rng *rng)
{
    process->life.is_doomed = true;
    process->life.calls_left = rng_below(rng, within_calls);
    process->life.dies_after = chance(rng, 50);
}

static void arm_opening(struct process *process, struct rng *rng)
{
    static const enum store_operation reads[] = {
        STORE_OPERATION_READ_CARD,      STORE_OPERATION_READ_HEAD, STORE_OPERATION_READ_NODES,
        STORE_OPERATION_LOCATE_ENTRIES, STORE_OPERATION_SEEK_HEAD,
    };
    struct head_cell_memory *cell = &process->around->cell;

    if (chance(rng, 25))
        arm_read(process, reads[rng_below(rng, 5)], rng);
    if (chance(rng, 3))
        cell->next_read_fails = true;
    if (chance(rng, 5))
        cell->next_write = chance(rng, 50) ? HEAD_CELL_FAULT_ERROR : HEAD_CELL_FAULT_KEPT;
    if (chance(rng, 10))
        arm_death(process, 8, rng);
}

static void arm_commit(struct process *process, struct rng *rng)
{
    static const enum store_operation reads[] = {STORE_OPERATION_FIND, STORE_OPERATION_READ_NODES,
                                                 STORE_OPERATION_LOCATE_ENTRIES};
    struct head_cell_memory *cell = &process->around->cell;

    if (chance(rng, 8))
        store_faulty_arm(process->faulty, STORE_OPERATION_COMMIT,
                         chance(rng, 50) ? STORE_FAULT_ERROR : STORE_FAULT_KEPT, 0, 0);
    if (chance(rng, 12))
        arm_read(process, reads[rng_below(rng, 3)], rng);
    if (chance(rng, 8))
        process->failing[rng_below(rng, 3)].next_fails = true;
    if (chance(rng, 5))
        cell->next_write = chance(rng, 50) ? HEAD_CELL_FAULT_ERROR : HEAD_CELL_FAULT_KEPT;
    if (chance(rng, 12))
        arm_death(process, 10, rng);
    /* A wrong fact cannot be told from a right one: LevelDB's checksums answer for that. */
    if (process->around->admits_by_rules && chance(rng, 10))
        store_faulty_arm(process->faulty, STORE_OPERATION_GET_FACT, STORE_FAULT_ERROR,
                         rng_below(rng, 200), 0);
}

static void arm_reading(struct process *process, struct rng *rng)
{
    arm_read(process, chance(rng, 50) ? STORE_OPERATION_READ_NODES : STORE_OPERATION_LOCATE_ENTRIES,
             rng);
}

void process_arm(struct process *process, enum fault_set faults, struct rng *rng)
{
    if (faults == FAULTS_OPENING)
        arm_opening(process, rng);
    else if (faults == FAULTS_COMMIT)
        arm_commit(process, rng);
    else if (faults == FAULTS_READING)
        arm_reading(process, rng);
}

void process_disarm(struct process *process)
{
    process->was_lied_to |= process->lie_ahead && store_faulty_faults(process->faulty) > 0;
    process->lie_ahead = false;
    store_faulty_heal(process->faulty);
    for (size_t i = 0; i < 3; i++)
        process->failing[i].next_fails = false;
    process->around->cell.next_read_fails = false;
    process->around->cell.next_write = HEAD_CELL_FAULT_NONE;
    if (!process->life.dead)
        process->life.is_doomed = false;
}

uint64_t process_faults(const struct process *process)
{
    uint64_t faults = store_faulty_faults(process->faulty) + process->around->cell.faults -
                      process->cell_faults_before;

    for (size_t i = 0; i < 3; i++)
        faults += process->failing[i].faults;
    return faults + process->life.dead;
}

static void init_seams(struct process *process)
{
    const struct log_keys *keys = process->around->keys;
    struct signer *signers[] = {keys->checkpoint, keys->receipt, keys->log};

    process->raw = store_memory_open(process->around->disk);
    process->faulty = store_faulty_new_take(process->raw);
    mortal_store_init(&process->mortal_store, process->faulty, &process->life);
    mortal_cell_init(&process->mortal_cell, &process->around->cell.cell, &process->life);
    for (size_t i = 0; i < 3; i++) {
        signer_failing_init(&process->failing[i], signers[i]);
        mortal_signer_init(&process->mortal_signers[i], &process->failing[i].signer,
                           &process->life);
    }
}

bool process_start(struct process *process, struct surroundings *around, enum fault_set faults,
                   struct rng *rng, struct err *err)
{
    struct tlog_options options;
    bool ok;

    *process = (struct process){.around = around, .cell_faults_before = around->cell.faults};
    init_seams(process);
    options = (struct tlog_options){
        .store = &process->mortal_store.store,
        .head_cell = &process->mortal_cell.cell,
        .clock = &around->clock.clock,
        .origin = SIM_ORIGIN,
        .kind = around->kind,
        .checkpoint_signer = &process->mortal_signers[CHECKPOINT].signer,
        .receipt_signer = &process->mortal_signers[RECEIPT].signer,
        .log_signer = &process->mortal_signers[LOG].signer,
        .admits_by_rules = around->admits_by_rules,
    };
    process_arm(process, faults, rng);
    ok = tlog_open(&process->tlog, &options, err);
    process_disarm(process);
    return ok;
}

void process_stop(struct process *process)
{
    tlog_close(process->tlog);
    store_close(process->faulty);
    *process = (struct process){0};
}
