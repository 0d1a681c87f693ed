/*
 * The storage seam: one atomic, synced write; reads from any thread. Implementations: LevelDB
 * with segment files (store_leveldb.h), memory (tests/support/store_memory.h), faulty
 * (tests/support/store_faulty.h). docs/STORAGE.md describes every key and value.
 *
 * Threads: commit and close belong to one thread (the writer's); everything else may be called
 * from any thread at any time. What was committed is immutable, so reads need no snapshot.
 */
#ifndef VOUCH_SERVER_STORE_STORE_H
#define VOUCH_SERVER_STORE_STORE_H

#include "base/bytes.h"
#include "base/err.h"
#include "merkle/node.h"
#include "merkle/tile.h"

enum log_kind { LOG_EVIDENCE, LOG_OPAQUE };

enum {
    STORE_SIGNATURE_LEN = 64,
    STORE_ENTRY_LEN_MAX = 65535,
    STORE_ORIGIN_LEN_MAX = 200,
    STORE_FACT_KEY_LEN_MAX = 40,
    STORE_FORMAT_VERSION = 2,
    /*
     * Bytes of a hash that an index keeps. Two hashes that agree in so many were not found in any
     * way known: that takes 2^96 attempts.
     */
    STORE_KEY_HASH_LEN = 24,
};

/* What a store is for, written once by its creation and compared at every opening. */
struct store_identity_card {
    char origin[STORE_ORIGIN_LEN_MAX + 1];
    enum log_kind kind;
    struct hash checkpoint_key; /* thumbprint of the key that signs its heads */
};

/*
 * A committed head. A store that was just created has size 0 and the empty root. Opening for
 * writing raises the epoch of the newest head; older heads keep the one they were committed in.
 */
struct store_head {
    uint64_t epoch;
    uint64_t size;
    struct hash root;
    uint64_t previous_size;  /* size of the head this commit extended */
    uint64_t received_at_ms; /* receive time of the commit's batch, Unix ms */
    struct hash seal;        /* evidence logs: leaf hash of the last seal; else zeros */
    uint8_t checkpoint_signature[STORE_SIGNATURE_LEN];
    uint8_t receipt_signature[STORE_SIGNATURE_LEN]; /* evidence logs; else zeros */
};

/* The two ways an entry can be found by a hash. */
enum store_index {
    STORE_BY_LEAF_HASH, /* entry id */
    STORE_BY_SID,       /* statement identity; evidence logs only */
};

struct store_key {
    enum store_index index;
    struct hash hash;
    uint64_t entry_index; /* in commits: where it leads */
};

/*
 * What the entries so far say about something, for admission rules and queries; what its bytes
 * mean is schemas/rules/facts.h. A key that is written again gets the new value.
 */
struct store_fact {
    struct bytes key; /* 1..STORE_FACT_KEY_LEN_MAX bytes */
    struct bytes value;
};

/* The next part of the log: entries [expected.size, head.size) and all that follows from them. */
struct store_commit {
    struct store_head expected; /* the head it extends: epoch, size and root are compared */
    struct store_head head;
    const struct bytes *entries; /* head.size - expected.size of them, at least one */
    size_t entry_count;
    const struct node *nodes; /* every node that became complete, in frontier_append's order */
    size_t node_count;
    const struct store_key *keys; /* each new: the caller found nothing under it */
    size_t key_count;
    const struct store_fact *facts; /* what changed, by rising keys, each once */
    size_t fact_count;
};

/* Facts whose keys begin with prefix, from the first key that is not before `from`. */
struct store_fact_range {
    struct bytes prefix;
    struct bytes from; /* empty: from the first */
};

/* Called for one fact, which is borrowed until it returns. False: it needs no more. */
typedef bool (*store_fact_fn)(void *context, const struct store_fact *fact);

/*
 * Entries [begin, end) in tlog-tiles bundle format (big-endian uint16 length, bytes, …), lying in
 * one piece: in a file when fd >= 0 (borrowed, valid until the store is closed), else in bytes.
 */
struct store_extent {
    int fd;
    uint64_t offset;
    uint64_t len;
    struct buf bytes;
};

struct store_stats {
    uint64_t bytes_on_disk;
    uint64_t bytes_available; /* on the file system below; UINT64_MAX when there is none */
};

struct store;

struct store_ops {
    bool (*read_card)(struct store *store, struct store_identity_card *out, struct err *err);
    bool (*read_head)(struct store *store, struct store_head *out, struct err *err);
    bool (*seek_head)(struct store *store, struct store_head *out, uint64_t size, struct err *err);
    bool (*read_nodes)(struct store *store, struct hash *out, const struct node_id *ids,
                       size_t count, struct err *err);
    bool (*locate_entries)(struct store *store, struct store_extent *out, uint64_t begin,
                           uint64_t end, struct err *err);
    bool (*find)(struct store *store, struct store_key *keys, size_t count, struct err *err);
    bool (*get_fact)(struct store *store, struct bytes key, struct buf *out, bool *out_found,
                     struct err *err);
    bool (*scan_facts)(struct store *store, const struct store_fact_range *range,
                       store_fact_fn visit, void *context, struct err *err);
    bool (*read_facts_size)(struct store *store, uint64_t *out, struct err *err);
    bool (*commit)(struct store *store, const struct store_commit *commit, struct err *err);
    bool (*stats)(struct store *store, struct store_stats *out, struct err *err);
    void (*close)(struct store *store);
};

/* Implementations put this first in their own struct. */
struct store {
    const struct store_ops *ops;
};

#define STORE_NO_INDEX UINT64_MAX

MUST_USE bool store_read_card(struct store *store, struct store_identity_card *out,
                              struct err *err);

/* The newest committed head. ERR_CORRUPT when there is none: creation wrote one. */
MUST_USE bool store_read_head(struct store *store, struct store_head *out, struct err *err);

/* The first committed head with at least this size; ERR_NOT_FOUND when there is none. */
MUST_USE bool store_seek_head(struct store *store, struct store_head *out, uint64_t size,
                              struct err *err);

/*
 * The hashes of complete nodes, in the order of ids. ERR_CORRUPT when one is missing: callers ask
 * only for nodes that the published head contains. Fastest when ids of one tile are neighbours.
 */
MUST_USE bool store_read_nodes(struct store *store, struct hash *out, const struct node_id *ids,
                               size_t count, struct err *err);

/*
 * Where committed entries [begin, end) lie; begin < end, both in one tile (begin / 256 equals
 * (end - 1) / 256). out->bytes is cleared, then used when there is no file.
 */
MUST_USE bool store_locate_entries(struct store *store, struct store_extent *out, uint64_t begin,
                                   uint64_t end, struct err *err);

/* As store_locate_entries, appending the bytes themselves. */
MUST_USE bool store_read_entries(struct store *store, struct buf *out, uint64_t begin, uint64_t end,
                                 struct err *err);

/*
 * Sets entry_index of every key; STORE_NO_INDEX where nothing is known under that hash. Only the
 * first STORE_KEY_HASH_LEN bytes are compared: whoever did not compute the hash from an entry must
 * look at what is at the index.
 */
MUST_USE bool store_find(struct store *store, struct store_key *keys, size_t count,
                         struct err *err);

/* Appends the value of a fact to out and sets *out_found; without one it appends nothing. */
MUST_USE bool store_get_fact(struct store *store, struct bytes key, struct buf *out,
                             bool *out_found, struct err *err);

/* Visits facts by rising keys, as of one moment, until there are no more or visit says false. */
MUST_USE bool store_scan_facts(struct store *store, const struct store_fact_range *range,
                               store_fact_fn visit, void *context, struct err *err);

/* The size of the tree that the facts speak of: every commit sets it to its own. */
MUST_USE bool store_read_facts_size(struct store *store, uint64_t *out, struct err *err);

/*
 * One atomic write, on disk when it returns true. ERR_REFUSED ("fenced") and nothing written when
 * the store holds another head than expected. After any other failure the outcome is unknown: the
 * caller must stop, and a new opening decides.
 */
MUST_USE bool store_commit(struct store *store, const struct store_commit *commit, struct err *err);

MUST_USE bool store_stats(struct store *store, struct store_stats *out, struct err *err);
void store_close(struct store *store); /* accepts NULL */

/* For implementations: whether two heads have the same epoch, size and root. */
bool store_head_same_place(const struct store_head *a, const struct store_head *b);

/* For implementations: sets the ERR_REFUSED of a fenced commit; returns false. */
bool store_set_fenced(struct err *err, const struct store_head *held,
                      const struct store_head *expected);

#endif
