/* What the operating system says a process has used. */
#ifndef VOUCH_TOOLS_LOAD_PROCESS_H
#define VOUCH_TOOLS_LOAD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct process_usage {
    uint64_t cpu_us;       /* user and system time of all threads */
    uint64_t peak_kib;     /* VmHWM */
    uint64_t anonymous_kib; /* RssAnon */
};

/* False when there is no such process. pid 0: this process. */
bool process_read_usage(struct process_usage *out, int pid);

#endif
