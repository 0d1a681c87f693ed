/*
 * The state of a run as the log tells it, derived anew from the facts and records of one tree and
 * never stored: docs/PROTOCOL.md lists its members.
 */
#ifndef VOUCH_SERVER_EVIDENCE_RUN_VIEW_H
#define VOUCH_SERVER_EVIDENCE_RUN_VIEW_H

#include "server/evidence/run_scope.h"

/* Appends one deterministic CBOR map. ERR_NOT_FOUND when no record of the tree is of the run. */
MUST_USE bool run_view_append(struct buf *out, const struct run_question *question,
                              struct err *err);

#endif
