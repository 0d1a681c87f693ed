/* Which rules the records of a run broke, as the seals say. */
#ifndef VOUCH_SERVER_EVIDENCE_RUN_FLAGS_H
#define VOUCH_SERVER_EVIDENCE_RUN_FLAGS_H

#include "server/evidence/run_scope.h"

enum { RUN_FLAGS_MAX = 256 }; /* different ones: more than there are rules */

struct run_flag {
    struct bytes rule;
    struct bytes code;
    uint64_t record_count;
};

/* A zeroed struct is empty; the texts are its own. */
struct run_flags {
    struct run_flag flags[RUN_FLAGS_MAX]; /* in the order they were first found */
    size_t count;
    struct buf *texts; /* one for each flag */
};

MUST_USE bool run_flags_collect(struct run_flags *out, struct run_scope *scope, struct err *err);
void run_flags_cleanup(struct run_flags *flags);

/* How many records have a flag with this code, of whichever rule. */
uint64_t run_flags_with_code(const struct run_flags *flags, const char *code);

#endif
