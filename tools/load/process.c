#include "tools/load/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Fields 14 and 15 of /proc/PID/stat, counted after the command name in parentheses. */
static bool read_cpu(uint64_t *out_us, const char *directory)
{
    char path[64];
    char line[1024];
    const char *after;
    uint64_t user;
    uint64_t system;
    FILE *file;
    bool got;

    snprintf(path, sizeof(path), "%s/stat", directory);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    got = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    after = got ? strrchr(line, ')') : NULL;
    if (after == NULL || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64
                                           " %" SCNu64, &user, &system) != 2)
        return false;
    *out_us = (user + system) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    return true;
}

static bool read_memory(struct process_usage *out, const char *directory)
{
    char path[64];
    char line[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/status", directory);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "VmHWM: %" SCNu64, &out->peak_kib) == 1)
            continue;
        if (sscanf(line, "RssAnon: %" SCNu64, &out->anonymous_kib) == 1)
            continue;
    }
    fclose(file);
    return true;
}

bool process_read_usage(struct process_usage *out, int pid)
{
    char directory[32];

    *out = (struct process_usage){0};
    if (pid == 0)
        snprintf(directory, sizeof(directory), "/proc/self");
    else
        snprintf(directory, sizeof(directory), "/proc/%d", pid);
    return read_cpu(&out->cpu_us, directory) && read_memory(out, directory);
}
