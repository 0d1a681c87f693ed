#include "tools/fsck/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void report_problem(struct report *report, const char *format, ...)
{
    va_list args;

    report->problems++;
    if (report->problems > REPORT_SHOWN_MAX)
        return;
    va_start(args, format);
    fputs("vouch-fsck: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (report->problems == REPORT_SHOWN_MAX)
        fputs("vouch-fsck: more problems are counted, not shown\n", stderr);
}

void report_print(const struct report *report, const char *origin, double seconds, bool json)
{
    double rate = seconds > 0 ? (double)report->entries / seconds : 0;

    if (json) {
        /* An origin has no quotes, spaces or control characters. */
        printf("{\"origin\": \"%s\", \"entries\": %" PRIu64 ", \"bytes\": %" PRIu64
               ", \"tiles\": %" PRIu64 ", \"heads\": %" PRIu64 ", \"keys\": %" PRIu64
               ", \"facts\": %" PRIu64 ", \"anchors\": %" PRIu64
               ", \"signatures\": %" PRIu64 ", \"problems\": %" PRIu64
               ", \"seconds\": %.3f, \"entries_per_s\": %.0f}\n",
               origin, report->entries, report->bytes, report->tiles, report->heads, report->keys,
               report->facts, report->anchors, report->signatures, report->problems, seconds, rate);
        return;
    }
    printf("%s: %s\n", origin, report->problems == 0 ? "sound" : "DAMAGED");
    printf("  %" PRIu64 " entries, %" PRIu64 " bytes; %" PRIu64 " tiles, %" PRIu64 " heads, %" PRIu64
           " keys, %" PRIu64 " anchors and %" PRIu64 " signatures checked in %.2f s (%.0f entries/s)\n"
           "  %" PRIu64 " facts counted\n",
           report->entries, report->bytes, report->tiles, report->heads, report->keys,
           report->anchors, report->signatures, seconds, rate, report->facts);
    if (report->problems > 0)
        printf("  %" PRIu64 " problems\n", report->problems);
}
