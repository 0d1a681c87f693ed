#include "tests/support/head_cell_memory.h"

static bool read_mark(struct head_cell *cell, struct head_mark *out, struct err *err)
{
    struct head_cell_memory *memory = (struct head_cell_memory *)cell;

    if (memory->next_read_fails) {
        memory->next_read_fails = false;
        memory->faults++;
        return err_set(err, ERR_IO, "injected fault");
    }
    if (memory->state == HEAD_CELL_EMPTY)
        return err_set(err, ERR_NOT_FOUND, "nothing was written yet");
    if (memory->state == HEAD_CELL_DAMAGED)
        return err_set(err, ERR_CORRUPT, "nothing valid is there");
    *out = memory->mark;
    return true;
}

static bool write_mark(struct head_cell *cell, const struct head_mark *mark, struct err *err)
{
    struct head_cell_memory *memory = (struct head_cell_memory *)cell;
    enum head_cell_fault fault = memory->next_write;

    memory->next_write = HEAD_CELL_FAULT_NONE;
    memory->writes++;
    if (fault != HEAD_CELL_FAULT_ERROR) {
        memory->mark = *mark;
        memory->state = HEAD_CELL_HOLDS;
    }
    if (fault == HEAD_CELL_FAULT_NONE)
        return true;
    memory->faults++;
    return err_set(err, ERR_IO, "injected fault");
}

static void close_cell(struct head_cell *cell)
{
    (void)cell;
}

void head_cell_memory_init(struct head_cell_memory *memory)
{
    *memory = (struct head_cell_memory){
        .cell = {.read = read_mark, .write = write_mark, .close = close_cell},
    };
}
