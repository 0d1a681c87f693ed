#include "server/store/store_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "server/store/store_files.h"

static bool lock(int fd, struct err *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return err_set(err, ERR_BUSY, "the store is open already");
    return err_set_errno(err, ERR_IO, errno, "lock");
}

bool store_lock(int *out_fd, const char *directory, struct err *err)
{
    char *database = mem_format("%s/%s", directory, STORE_DATABASE_NAME);
    bool exists = file_exists(database);
    int fd;

    free(database);
    if (!exists)
        return err_set(err, ERR_NOT_FOUND, "there is no store");
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open");
    if (!lock(fd, err)) {
        close(fd);
        return false;
    }
    *out_fd = fd;
    return true;
}
