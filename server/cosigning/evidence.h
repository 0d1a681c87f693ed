/*
 * What a log must not have signed: two trees of one size. A witness or mirror that is shown the
 * second one keeps both as a fork proof, which convicts the log before anyone.
 */
#ifndef VOUCH_SERVER_COSIGNING_EVIDENCE_H
#define VOUCH_SERVER_COSIGNING_EVIDENCE_H

#include "server/cosigning/ledger.h"

struct evidence_found {
    const char *directory;
    struct ledger *ledger;               /* has the checkpoint that was accepted before */
    const struct ledger_state *held;     /* of that one */
    const struct checkpoint *checkpoint; /* the other one */
    struct bytes shown;                  /* the same as a note; the log's signature was verified */
    const char *observer;                /* key name of the witness or mirror */
};

/*
 * Where these are two trees of one size: writes LOG-ID-SIZE.fork-proof into the directory, which it
 * makes if need be, and tells the operator if may_say. One for each size is enough: when it is
 * there already nothing is written. Any thread.
 */
void evidence_keep(const struct evidence_found *found, bool may_say);

#endif
