/* A log that signs heads of several histories, which have their first entries in common. */
#ifndef VOUCH_TESTS_SUPPORT_FORKING_LOG_H
#define VOUCH_TESTS_SUPPORT_FORKING_LOG_H

#include "merkle/node.h"
#include "schemas/note.h"

enum { FORKING_LOG_SIDES = 3, FORKING_LOG_SIZE_MAX = 256, FORKING_LOG_LEVELS = 9 };

struct forking_log {
    const char *origin; /* borrowed */
    struct signer *signer;
    struct hash nodes[FORKING_LOG_SIDES][FORKING_LOG_LEVELS][FORKING_LOG_SIZE_MAX]; /* by index */
    struct hash roots[FORKING_LOG_SIDES][FORKING_LOG_SIZE_MAX + 1];
};

/* fork_size: how many entries all sides have in common. New keys. */
void forking_log_init(struct forking_log *log, const char *origin, uint64_t fork_size);
void forking_log_cleanup(struct forking_log *log);

/* Appends the signed head of a side. */
void forking_log_head(struct forking_log *log, struct buf *out, unsigned side, uint64_t size);

/* The prefix proof that the tiles of a side give; 0 < old_size < new_size. */
void forking_log_path(const struct forking_log *log, struct proof *out, unsigned side,
                      uint64_t old_size, uint64_t new_size);

/* Appends a "log" line of a policy. */
void forking_log_policy_line(const struct forking_log *log, struct buf *out);

#endif
