/*
 * Preloaded into a program under test: the process dies as by kill -9 just before its
 * VOUCH_TEST_KILL_AT-th system call that a file system remembers, counted from 0.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void count(void)
{
    static atomic_long calls;
    const char *at = getenv("VOUCH_TEST_KILL_AT");

    if (at != NULL && atomic_fetch_add(&calls, 1) == strtol(at, NULL, 10))
        kill(getpid(), SIGKILL);
}

int fdatasync(int fd)
{
    count();
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    count();
    return (int)syscall(SYS_fsync, fd);
}

int unlink(const char *path)
{
    count();
    return (int)syscall(SYS_unlink, path);
}

int link(const char *from, const char *to)
{
    count();
    return (int)syscall(SYS_link, from, to);
}

int rename(const char *from, const char *to)
{
    count();
    return (int)syscall(SYS_rename, from, to);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to,
              unsigned flags)
{
    count();
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
}
