#include "client/verify/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const uint64_t SECONDS_MAX = 253402300799; /* the last of the year 9999 */

/* False when the calendar does not reach that far. */
static int format_seconds(char *out, size_t out_len, uint64_t unix_s)
{
    time_t time = (time_t)unix_s;
    struct tm parts;

    if (unix_s > SECONDS_MAX || gmtime_r(&time, &parts) == NULL)
        return 0;
    return (int)strftime(out, out_len, "%Y-%m-%dT%H:%M:%S", &parts);
}

const char *when_seconds(char out[WHEN_LEN], uint64_t unix_s)
{
    int len = format_seconds(out, WHEN_LEN, unix_s);

    if (len == 0)
        snprintf(out, WHEN_LEN, "%" PRIu64 " s", unix_s);
    else
        snprintf(out + len, WHEN_LEN - (size_t)len, "Z");
    return out;
}

const char *when_ms(char out[WHEN_LEN], uint64_t unix_ms)
{
    int len = format_seconds(out, WHEN_LEN, unix_ms / 1000);

    if (len == 0)
        snprintf(out, WHEN_LEN, "%" PRIu64 " ms", unix_ms);
    else
        snprintf(out + len, WHEN_LEN - (size_t)len, ".%03uZ", (unsigned)(unix_ms % 1000));
    return out;
}
