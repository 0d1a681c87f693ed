/*
 * What an auditor remembers between runs: the last head it found good, and how far it has come.
 * One text, easily read:
 *
 *   vouch-audit@v1
 *   kind evidence
 *   size 70001
 *   seal <leaf hash> <sealed size> <receive time in ms>
 *   <node hash>
 *   ...
 *
 *   <the last good checkpoint; nothing when there is none yet>
 *
 * Hashes are in base64; the nodes are those frontier_plan names for the size.
 */
#ifndef VOUCH_CLIENT_VERIFY_AUDIT_STATE_H
#define VOUCH_CLIENT_VERIFY_AUDIT_STATE_H

#include "client/verify/audit.h"
#include "schemas/note.h"

enum { AUDIT_STATE_LEN_MAX = NOTE_LEN_MAX + 8192 };

void audit_state_append(struct buf *out, const struct audit *audit, struct bytes checkpoint);

/*
 * Sets audit (zeroed before) from a state; out_checkpoint borrows from text and is empty when no
 * head was found good yet. ERR_INVALID says which line is wrong.
 */
MUST_USE bool audit_state_parse(struct audit *out, struct bytes *out_checkpoint, struct bytes text,
                                struct err *err);

#endif
