/*
 * A small log to test with: keys, a store in memory behind a faulty one, a head cell, a clock, and
 * batches of entries to commit. Everything that cannot fail here ends the program when it does.
 */
#ifndef VOUCH_TESTS_SUPPORT_LOG_FIXTURE_H
#define VOUCH_TESTS_SUPPORT_LOG_FIXTURE_H

#include "server/tlog/tlog.h"
#include "tests/support/clock_fake.h"
#include "tests/support/head_cell_memory.h"
#include "tests/support/signer_failing.h"
#include "tests/support/store_faulty.h"
#include "tests/support/store_memory.h"

#define LOG_FIXTURE_ORIGIN "log.example/test"
#define LOG_ISSUER "issuer.example"

/* The keys of a log and of an issuer. */
struct log_keys {
    struct signer *checkpoint;
    struct signer *receipt;
    struct signer *log;
    struct signer *issuer; /* P-256: each signature is another one */
};

void log_keys_init(struct log_keys *keys);
void log_keys_cleanup(struct log_keys *keys);

/* A new, empty disk of a log, and the mark that goes with it. */
struct memory_disk *log_disk_new(struct head_cell_memory *cell, enum log_kind kind,
                                 const char *origin, struct signer *checkpoint);

/* Appends a statement by the issuer: sample_record_append_lone with this number and padding. */
void log_statement_append(struct buf *out, struct signer *issuer, uint64_t number,
                          size_t padding_len);

/* Fills in what tlog_commit wants to know of an entry, which is borrowed. */
void log_submission_init(struct tlog_submission *out, enum log_kind kind, struct bytes entry);

struct log_fixture {
    enum log_kind kind;
    struct log_keys keys;
    struct signer_failing checkpoint;
    struct signer_failing receipt;
    struct signer_failing log;
    struct clock_fake clock;
    struct head_cell_memory cell;
    struct memory_disk *disk;
    struct store *store; /* a store_faulty, open on disk while the log is open */
    struct tlog *tlog;
    struct tlog_options options;
};

/* A new log, open and empty. */
void log_fixture_init(struct log_fixture *fixture, enum log_kind kind);
void log_fixture_cleanup(struct log_fixture *fixture);

/* For cmocka: state becomes a new log of this kind, and is freed again. */
int log_fixture_set_up_evidence(void **state);
int log_fixture_set_up_opaque(void **state);
int log_fixture_tear_down(void **state);

/* Closes tlog and store, as the end of a process does. */
void log_fixture_close(struct log_fixture *fixture);

/* Opens both again; store is there also when it returns false. */
MUST_USE bool log_fixture_open(struct log_fixture *fixture, struct err *err);

/* Closes and opens, which must work. */
void log_fixture_reopen(struct log_fixture *fixture);

/* A batch of at most TLOG_BATCH_ENTRIES_MAX; zeroed it is empty. */
struct log_batch {
    struct buf *entries;
    struct tlog_submission *submissions;
    struct tlog_submission **pointers;
    size_t count;
};

/* Adds entry number `number` of this kind of log: the same bytes in an opaque log, the same
 * identity with a new signature in an evidence log. */
void log_batch_add(struct log_batch *batch, const struct log_fixture *fixture, uint64_t number);

/* Adds an entry that another batch, or this one, has at position. */
void log_batch_add_copy(struct log_batch *batch, const struct log_batch *from, size_t position);

/* Adds numbers [begin, end). */
void log_batch_add_range(struct log_batch *batch, const struct log_fixture *fixture, uint64_t begin,
                         uint64_t end);

MUST_USE bool log_batch_commit(struct log_batch *batch, struct log_fixture *fixture,
                               struct err *err);
void log_batch_cleanup(struct log_batch *batch);

/* Commits numbers [begin, end) as one batch, which must work. */
void log_fixture_commit(struct log_fixture *fixture, uint64_t begin, uint64_t end);

#endif
