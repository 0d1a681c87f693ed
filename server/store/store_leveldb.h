/*
 * The store on disk: entries in append-only segment files, everything else in LevelDB.
 * docs/STORAGE.md has the formats, the order of writes and what a crash leaves.
 */
#ifndef VOUCH_SERVER_STORE_STORE_LEVELDB_H
#define VOUCH_SERVER_STORE_STORE_LEVELDB_H

#include "server/store/store.h"

struct store_leveldb_options {
    const char *directory;
    size_t cache_bytes;        /* tiles and LevelDB's blocks kept in memory; at least 2 MiB */
    size_t write_buffer_bytes; /* LevelDB's memtable; recovery reads at most this much twice */
    uint64_t segment_len_max;  /* a longer segment is followed by another; 0: the default, 1 GiB */
};

/*
 * Creates directory with an empty log; ERR_REFUSED when it exists. head is the first head: size 0,
 * signed. Built under the name directory.creating, which is left behind when creating fails;
 * the directory itself appears complete and on disk, or not at all.
 */
MUST_USE bool store_leveldb_create(const char *directory, const struct store_identity_card *card,
                                   const struct store_head *head, struct err *err);

/*
 * Opens for writing and raises the epoch. What a crash left behind the committed end of the last
 * segment is cut by the first commit, not earlier. ERR_NOT_FOUND without a store, ERR_BUSY when it
 * is open already (here or in another process), ERR_CORRUPT when it is damaged. Takes time and
 * memory that do not grow with the log. bytes_on_disk of store_stats leaves out LevelDB's
 * write-ahead log. A fork of the process cannot use the store: LevelDB's background thread is not
 * in it.
 */
MUST_USE bool store_leveldb_open(struct store **out, const struct store_leveldb_options *options,
                                 struct err *err);

/*
 * Rewrites the database of a store that nobody has open so that nothing outdated is left in it;
 * takes long and as much free space again. Changes no entry, head or epoch.
 */
MUST_USE bool store_leveldb_compact(const struct store_leveldb_options *options, struct err *err);

#endif
