/* A head cell in memory, which outlives the tlogs that use it, as a file outlives processes. */
#ifndef VOUCH_TESTS_SUPPORT_HEAD_CELL_MEMORY_H
#define VOUCH_TESTS_SUPPORT_HEAD_CELL_MEMORY_H

#include "server/tlog/head_cell.h"

enum head_cell_state {
    HEAD_CELL_EMPTY,   /* reading gives ERR_NOT_FOUND */
    HEAD_CELL_HOLDS,   /* mark is what was written last */
    HEAD_CELL_DAMAGED, /* reading gives ERR_CORRUPT */
};

enum head_cell_fault {
    HEAD_CELL_FAULT_NONE,
    HEAD_CELL_FAULT_ERROR, /* ERR_IO, nothing is written */
    HEAD_CELL_FAULT_KEPT,  /* ERR_IO, but it was written */
};

struct head_cell_memory {
    struct head_cell cell;
    enum head_cell_state state;
    struct head_mark mark;
    enum head_cell_fault next_write; /* takes place once */
    bool next_read_fails;            /* ERR_IO, once */
    uint64_t writes;                 /* so far, failed ones included */
    uint64_t faults;                 /* that took place */
};

/* Empty. Closing its cell does nothing. */
void head_cell_memory_init(struct head_cell_memory *memory);

#endif
