#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_LEN_MAX = 1000 };

static _Atomic int level_shown = DIAG_INFO;

void diag_set_level(enum diag_level level)
{
    atomic_store(&level_shown, (int)level);
}

static size_t format_prefix(char *line, size_t line_len, const char *level, const char *event)
{
    struct timespec now;
    struct tm utc;
    size_t len;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    len = strftime(line, line_len, "%Y-%m-%dT%H:%M:%S", &utc);
    return len + (size_t)snprintf(line + len, line_len - len, ".%03ldZ %s %s ",
                                  now.tv_nsec / 1000000, level, event);
}

/* One write per line, so that lines of different threads never mix. */
PRINTF_LIKE(3, 0)
static void write_line(const char *level, const char *event, const char *format, va_list args)
{
    char line[LINE_LEN_MAX + 1];
    int errno_before = errno;
    size_t len = format_prefix(line, LINE_LEN_MAX, level, event);
    ssize_t written;

    vsnprintf(line + len, LINE_LEN_MAX - len, format, args);
    len = strlen(line);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            line[i] = '?';
    }
    line[len++] = '\n';
    written = write(STDERR_FILENO, line, len);
    (void)written; /* nobody is left to tell */
    errno = errno_before;
}

void diag_error(const char *event, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line("error", event, format, args);
    va_end(args);
}

void diag_warn(const char *event, const char *format, ...)
{
    va_list args;

    if (atomic_load(&level_shown) < DIAG_WARN)
        return;
    va_start(args, format);
    write_line("warn", event, format, args);
    va_end(args);
}

void diag_info(const char *event, const char *format, ...)
{
    va_list args;

    if (atomic_load(&level_shown) < DIAG_INFO)
        return;
    va_start(args, format);
    write_line("info", event, format, args);
    va_end(args);
}

void diag_debug(const char *event, const char *format, ...)
{
    va_list args;

    if (atomic_load(&level_shown) < DIAG_DEBUG)
        return;
    va_start(args, format);
    write_line("debug", event, format, args);
    va_end(args);
}
