/*
 * What a monitor keeps in its directory: where it has come to, the facts it knows from there, and
 * every alert. All in one database, so that what belongs together changes together: a monitor that
 * is killed at any moment goes on from the last position it had verified, knowing all that it had
 * told. Rows are named by one letter and a key; docs/STORAGE.md lists them.
 *
 * Threads: reads, keeper_next_alert and cursors may come from any; the rest belongs to one.
 */
#ifndef VOUCH_CLIENT_MONITOR_KEEPER_H
#define VOUCH_CLIENT_MONITOR_KEEPER_H

#include "client/monitor/alert.h"
#include "schemas/rules/facts.h"

struct keeper;

/*
 * directory is made where it is not there. sharers: how many keepers of the process share the
 * memory for caches, at least 1. ERR_BUSY: another monitor has it.
 */
MUST_USE bool keeper_open(struct keeper **out, const char *directory, unsigned sharers,
                          struct err *err);
void keeper_close(struct keeper *keeper); /* accepts NULL */

const char *keeper_directory(const struct keeper *keeper);

/* Appends the value of a row; *out_found: whether there is one. */
MUST_USE bool keeper_get(struct keeper *keeper, char row, struct bytes key, struct buf *out,
                         bool *out_found, struct err *err);

/* Part of the next commit. */
void keeper_put(struct keeper *keeper, char row, struct bytes key, struct bytes value);

/* Facts that were committed; the changed ones are part of the next commit. */
struct facts_base *keeper_facts(struct keeper *keeper);
void keeper_put_facts(struct keeper *keeper, struct facts *facts);

/* All that was put since the last commit or none of it, on disk when it returns true. */
MUST_USE bool keeper_commit(struct keeper *keeper, struct err *err);

/* What was put since the last commit is forgotten. */
void keeper_drop(struct keeper *keeper);

/* The first alert with at least this number: its JSON is appended. ERR_NOT_FOUND: none yet. */
MUST_USE bool keeper_next_alert(struct keeper *keeper, uint64_t number, uint64_t *out_number,
                                struct buf *out, struct err *err);

/* How far somebody who is told the alerts has come: the number he needs next; 0 at first. */
MUST_USE bool keeper_cursor(struct keeper *keeper, const char *name, uint64_t *out,
                            struct err *err);
MUST_USE bool keeper_set_cursor(struct keeper *keeper, const char *name, uint64_t number,
                                struct err *err);

/* The rows' letters. */
enum {
    KEEPER_POSITION = 'p',
    KEEPER_LOG_KEYS = 'k',
    KEEPER_STATUS = 's',
    KEEPER_OPEN_FINDING = 'o', /* one byte: the kind */
    KEEPER_ALERT = 'a',        /* its number, 8 bytes */
    KEEPER_CURSOR = 'c',       /* SHA-256 of the name */
    KEEPER_FACT = 'f',
    KEEPER_EXCUSES = 'x',
};

#endif
