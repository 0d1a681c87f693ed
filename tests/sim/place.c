#include "tests/sim/place.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void require(const struct place *place, bool holds, const char *format, ...)
{
    va_list args;

    if (holds)
        return;
    fflush(stdout);
    fprintf(stderr, "sim: seed=%" PRIu64 " step=%u doing=%s: ", place->seed, place->step,
            place->doing);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    fflush(stderr);
    _exit(1);
}
