/*
 * What a log must not have signed: two trees of one size. A witness that is shown the second one
 * keeps both as a fork proof, which convicts the log before anyone.
 */
#ifndef VOUCH_SERVER_COSIGNING_EVIDENCE_H
#define VOUCH_SERVER_COSIGNING_EVIDENCE_H

#include "base/bytes.h"
#include "base/err.h"
#include "merkle/hash.h"

struct evidence_found {
    const struct hash *log_id;
    uint64_t size;
    struct bytes held;    /* the checkpoint cosigned before, signed by the log */
    struct bytes shown;   /* the other one; its signature by the log was verified */
    const char *observer; /* key name of the witness */
    uint64_t now_s;
};

/*
 * Writes LOG-ID-SIZE.fork-proof into the directory, which it makes if need be, and appends its
 * path. One for each size is enough: when it is there already nothing is written.
 */
MUST_USE bool evidence_keep(struct buf *out_path, const char *directory,
                            const struct evidence_found *found, struct err *err);

#endif
