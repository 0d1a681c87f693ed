/* A progress line on a terminal; nothing at all when standard error is not one. */
#ifndef VOUCH_CLIENT_PROGRESS_H
#define VOUCH_CLIENT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "entries", "statements" */
    bool is_shown;
    uint64_t begin_ns;
    uint64_t shown_ns; /* when the line was drawn last */
    uint64_t base;     /* done before this run: not counted in the rate */
};

void progress_begin(struct progress *out, const char *what, uint64_t base);

/* Draws at most ten times a second; total 0: unknown. */
void progress_update(struct progress *progress, uint64_t done, uint64_t total);

/* Removes the line. */
void progress_end(struct progress *progress);

/* Things done per second since progress_begin. */
double progress_rate(const struct progress *progress, uint64_t done);

#endif
