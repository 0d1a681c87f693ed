/* vouchd restore: a log's store is made again, or brought up to date, from a mirror of the log. */
#ifndef VOUCH_SERVER_RESTORE_H
#define VOUCH_SERVER_RESTORE_H

#include "server/config.h"

enum { RESTORE_HEADS_MAX = 16 };

struct restore_options {
    const struct config *config;
    const char *from;                     /* URL or directory with the log's static files */
    const char *heads[RESTORE_HEADS_MAX]; /* files with heads of this log that somebody has */
    size_t head_count;
};

/*
 * Commits again what the mirror holds beyond the store, which is created when there is none; the
 * log is not being served. Before anything else the head file is made to name the largest head of
 * this log that is known (its own, the mirror's, those given), so that nothing smaller is ever
 * signed upon: stopped at any moment, the log opens read-only, and restoring again goes on.
 * Appends to out what was done, and what the log still misses.
 */
MUST_USE bool restore_run(struct buf *out, const struct restore_options *options, struct err *err);

#endif
