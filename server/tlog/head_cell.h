/*
 * The last published head, kept outside the database so that a database that went back in time is
 * noticed. Seam: a file (head_file.h), memory in tests.
 */
#ifndef VOUCH_SERVER_TLOG_HEAD_CELL_H
#define VOUCH_SERVER_TLOG_HEAD_CELL_H

#include "base/err.h"
#include "merkle/hash.h"

struct head_mark {
    uint64_t epoch;
    uint64_t size;
    struct hash root;
};

struct head_cell {
    /* ERR_NOT_FOUND when nothing was ever written, ERR_CORRUPT when nothing valid is there. */
    bool (*read)(struct head_cell *cell, struct head_mark *out, struct err *err);
    /* On disk when it returns true; after a crash the old or the new mark is there. */
    bool (*write)(struct head_cell *cell, const struct head_mark *mark, struct err *err);
    void (*close)(struct head_cell *cell);
};

#endif
