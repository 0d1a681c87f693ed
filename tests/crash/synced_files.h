/*
 * A file system that can lose everything never synced: this program's fsync and fdatasync note
 * how long each file is, and a power cut keeps only that much of it. Nothing reaches a real disk
 * any earlier than the system likes, so the tests are fast. Names of files are kept, as journalling
 * file systems keep them once a file is synced.
 */
#ifndef VOUCH_TESTS_CRASH_SYNCED_FILES_H
#define VOUCH_TESTS_CRASH_SYNCED_FILES_H

#include <stdbool.h>

typedef void (*synced_files_fn)(void *context);

/* Forgets everything; from now on syncs are noted, until stop. */
void synced_files_watch(void);
void synced_files_stop(void);

/* after_sync, unless NULL, is called after each sync: the content of the disk has just changed. */
void synced_files_call(synced_files_fn after_sync, void *context);

/* Makes every sync from now on lie: true without noting anything. A planted bug for the tests. */
void synced_files_ignore(bool ignore);

/* Copies a store as a power cut now would leave it. */
void synced_files_copy_store(const char *to, const char *from);

#endif
