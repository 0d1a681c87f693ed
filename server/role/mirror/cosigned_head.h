/*
 * The newest checkpoint of a log that a mirror has cosigned, as its ledger says. The cosignature is
 * in the ledger before it is in the copy, so that a copy that was put back to an earlier state is
 * noticed. One thread at a time.
 */
#ifndef VOUCH_SERVER_ROLE_MIRROR_COSIGNED_HEAD_H
#define VOUCH_SERVER_ROLE_MIRROR_COSIGNED_HEAD_H

#include "schemas/cosignature.h"
#include "server/cosigning/committer.h"

struct cosigned_head {
    const struct cosigner *cosigner; /* all are borrowed */
    struct ledger *ledger;
    struct committer *committer;
    struct hash row;           /* SHA-256 of "mirrored " and the origin: its name in the ledger */
    struct ledger_state state; /* time_s 0: nothing was cosigned yet */
};

/* Reads what was cosigned last; cosigner, ledger and committer are set. */
void cosigned_head_init(struct cosigned_head *out, const char *origin);

/* Appends that checkpoint; state.time_s is not 0. */
MUST_USE bool cosigned_head_read_note(const struct cosigned_head *head, struct buf *out,
                                      struct err *err);

/*
 * Appends the mirror's signature lines to a checkpoint that is larger, in place of any that bear
 * its name already; a copy_cosign_fn. One of the same size, which could not be shown then, becomes
 * what was cosigned.
 */
MUST_USE bool cosigned_head_sign(void *head, struct buf *note, struct err *err);

#endif
