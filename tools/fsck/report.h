/* What was found: one line for each problem, bounded, and how much was looked at. */
#ifndef VOUCH_TOOLS_FSCK_REPORT_H
#define VOUCH_TOOLS_FSCK_REPORT_H

#include <stdbool.h>
#include <stdint.h>

enum { REPORT_SHOWN_MAX = 100 };

struct report {
    uint64_t problems; /* all of them, also those not shown */
    uint64_t entries;
    uint64_t bytes;
    uint64_t tiles;
    uint64_t heads;
    uint64_t keys;
    uint64_t facts;
    uint64_t signatures;
    uint64_t anchors; /* that the log says it made */
};

/* Counts a problem and prints it to standard error while there are not too many. */
void report_problem(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The summary on standard output, as text or as one JSON object. */
void report_print(const struct report *report, const char *origin, double seconds, bool json);

#endif
