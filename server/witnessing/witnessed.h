/*
 * The newest head that met the witness quorum, as every thread sees it, and the file that keeps it
 * over a restart: the signed note with its cosignatures, nothing else.
 */
#ifndef VOUCH_SERVER_WITNESSING_WITNESSED_H
#define VOUCH_SERVER_WITNESSING_WITNESSED_H

#include "base/snapshot.h"
#include "server/tlog/tlog.h"
#include "server/witnessing/conflict.h"
#include "server/witnessing/rounds.h"

struct witnessed_view {
    struct snapshot snapshot;
    bool needs_quorum; /* the policy asks for one; without it the newest signed head is as good */
    bool exists;       /* a head has the quorum, or without one to meet, any cosignature */
    /* when it exists: */
    struct store_head head;
    uint64_t witnessed_at_ms; /* Unix time of the cosignature that completed the quorum */
    size_t cosigner_count;
    struct buf checkpoint;        /* with its cosignatures */
    struct hash checkpoint_hash;  /* SHA-256 of that */
};

/* A view of what there is, held once. */
struct witnessed_view *witnessed_view_new(const struct rounds *rounds);

/*
 * The next seals name what is seen here, where there is a quorum to meet. On the thread that
 * commits; a view without a cell says nothing.
 */
void witnessed_tell_tlog(struct snapshot_view *view, struct tlog *tlog);

/* Replaces the file; on disk when it returns true. */
MUST_USE bool witnessed_save(const char *path, const struct witnessed_view *view,
                             struct err *err);

/*
 * Gives rounds what the file holds, where it is of a head that the store has and the policy still
 * takes its cosignatures. A file that is damaged or missing gives nothing: witnesses sign again.
 */
MUST_USE bool witnessed_load(struct rounds *rounds, const char *path,
                             const struct conflict_log *log, struct err *err);

#endif
