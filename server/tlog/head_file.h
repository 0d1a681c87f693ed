/*
 * The head file: two slots written in turn, each with its own checksum, one fdatasync a write.
 * Locked while open, so that two daemons never share one.
 */
#ifndef VOUCH_SERVER_TLOG_HEAD_FILE_H
#define VOUCH_SERVER_TLOG_HEAD_FILE_H

#include "server/tlog/head_cell.h"

enum { HEAD_FILE_LEN = 8192 };

/* Creates the file; ERR_REFUSED when it exists. */
MUST_USE bool head_file_create(const char *path, const struct head_mark *mark, struct err *err);

/* ERR_NOT_FOUND without a file, ERR_BUSY when another process holds it. */
MUST_USE bool head_file_open(struct head_cell **out, const char *path, struct err *err);

#endif
