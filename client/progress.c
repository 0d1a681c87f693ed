#include "client/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { BAR_WIDTH = 30 };

static const uint64_t REDRAW_NS = 100000000;

void progress_begin(struct progress *out, const char *what, uint64_t base)
{
    *out = (struct progress){.what = what, .base = base};
    out->is_shown = isatty(STDERR_FILENO) == 1;
    out->begin_ns = clock_monotonic_ns();
}

double progress_rate(const struct progress *progress, uint64_t done)
{
    uint64_t took_ns = clock_monotonic_ns() - progress->begin_ns;

    if (took_ns == 0 || done < progress->base)
        return 0;
    return (double)(done - progress->base) * 1e9 / (double)took_ns;
}

void progress_update(struct progress *progress, uint64_t done, uint64_t total)
{
    char bar[BAR_WIDTH + 1];
    uint64_t now_ns;
    int filled;

    if (!progress->is_shown)
        return;
    now_ns = clock_monotonic_ns();
    if (now_ns - progress->shown_ns < REDRAW_NS)
        return;
    progress->shown_ns = now_ns;
    filled = total == 0 ? 0 : (int)((double)done / (double)total * BAR_WIDTH);
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    if (total > 0)
        fprintf(stderr, "\r[%s] %" PRIu64 "/%" PRIu64 " %s, %.0f/s \033[K", bar, done, total,
                progress->what, progress_rate(progress, done));
    else
        fprintf(stderr, "\r%" PRIu64 " %s, %.0f/s \033[K", done, progress->what,
                progress_rate(progress, done));
}

void progress_end(struct progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
    progress->is_shown = false;
}
