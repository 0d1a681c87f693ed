/*
 * Files and the background thread of LevelDB, such that compaction does not delay commits: tables go
 * to disk in small pieces while they are written, and the thread gives way to all others. C++, for
 * that is what LevelDB is extended in; used by database.cc only.
 */
#ifndef VOUCH_BASE_DATABASE_ENVIRONMENT_H
#define VOUCH_BASE_DATABASE_ENVIRONMENT_H

#include <leveldb/env.h>

/* The environment of all databases of the process; never freed, as LevelDB's own is not. */
leveldb::Env *database_environment();

#endif
