/* One opening of a store at a time, whoever tries: LevelDB's own lock does not cover the segments. */
#ifndef VOUCH_SERVER_STORE_STORE_LOCK_H
#define VOUCH_SERVER_STORE_STORE_LOCK_H

#include "base/err.h"

/*
 * *out_fd is locked until it is closed. ERR_NOT_FOUND when there is no store, ERR_BUSY when it is
 * open already.
 */
MUST_USE bool store_lock(int *out_fd, const char *directory, struct err *err);

#endif
