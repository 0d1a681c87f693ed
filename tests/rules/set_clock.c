/*
 * Preloaded into a program under test: the time of day is the number of milliseconds, eight bytes
 * in the order of this machine, at the beginning of the file that VOUCH_TEST_CLOCK names. Whoever
 * writes the file sets the clock.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile uint64_t *shared_ms;

__attribute__((constructor)) static void open_clock(void)
{
    const char *path = getenv("VOUCH_TEST_CLOCK");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *map;

    if (file < 0)
        return;
    map = mmap(NULL, sizeof(*shared_ms), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED)
        shared_ms = map;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    uint64_t ms;

    if (id != CLOCK_REALTIME || shared_ms == NULL)
        return (int)syscall(SYS_clock_gettime, id, out);
    ms = *shared_ms;
    out->tv_sec = (time_t)(ms / 1000);
    out->tv_nsec = (long)(ms % 1000) * 1000000;
    return 0;
}
