/*
 * Preloaded into a vouchd under test: fdatasync waits while the file named by VOUCH_TEST_HOLD
 * exists, so a test decides when a commit reaches the disk.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fdatasync(int fd)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    const char *hold = getenv("VOUCH_TEST_HOLD");

    while (hold != NULL && access(hold, F_OK) == 0)
        nanosleep(&pause, NULL);
    return (int)syscall(SYS_fdatasync, fd);
}
