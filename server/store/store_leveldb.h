/*
 * The store on disk: entries in append-only segment files, everything else in LevelDB. The only
 * user of <leveldb/c.h> in the daemon. docs/STORAGE.md has the formats.
 */
#ifndef VOUCH_SERVER_STORE_STORE_LEVELDB_H
#define VOUCH_SERVER_STORE_STORE_LEVELDB_H

#include "server/store/store.h"

struct store_leveldb_options {
    const char *directory;
    size_t cache_bytes;        /* LevelDB's block cache */
    size_t write_buffer_bytes; /* LevelDB's memtable; recovery reads at most this much twice */
};

/*
 * Creates directory (it must not exist) with an empty log. head is the first head: size 0, signed.
 * Everything is on disk when it returns true.
 */
MUST_USE bool store_leveldb_create(const char *directory, const struct store_identity_card *card,
                                   const struct store_head *head, struct err *err);

/*
 * Opens for writing: raises the epoch, cuts what a crash left behind the committed end of the
 * last segment. ERR_NOT_FOUND without a store, ERR_BUSY when another process has it,
 * ERR_CORRUPT when it is damaged.
 */
MUST_USE bool store_leveldb_open(struct store **out, const struct store_leveldb_options *options,
                                 struct err *err);

#endif
