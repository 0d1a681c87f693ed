/*
 * libvouch: making and verifying statements of a Vouch log, offline. One include for all of it;
 * each header explains itself, and docs/examples/submit_and_verify.c shows it in use.
 *
 *   cc program.c $(pkg-config --cflags --libs vouch)
 *
 * In this order a program that is new to it needs:
 *   schemas/key.h, key_set.h     keys: files, COSE, signing, verifying
 *   schemas/view.h               records from JSON, and back
 *   schemas/record_schema.h      what records must be, types of one's own included
 *   schemas/statement.h          signing records, and taking a statement apart
 *   client/verify/verify.h       the pieces at hand and the keys trusted in, a verdict out
 *   client/verify/audit.h        a whole log, entry by entry
 * and below them the formats (receipts, checkpoints, proofs) and the algebra (merkle).
 *
 * Conventions, everywhere: what can fail returns bool and takes struct err *err last, zeroed
 * before; outputs come first and are called out; struct bytes borrows, struct buf owns
 * (buf_cleanup); structs are zeroed before use. Nothing keeps global state, so threads need no care
 * beyond not sharing what they change. Nothing here opens a connection. Out of memory ends the
 * process.
 */
#ifndef VOUCH_CLIENT_VERIFY_VOUCH_H
#define VOUCH_CLIENT_VERIFY_VOUCH_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "client/verify/audit.h"
#include "client/verify/audit_fault.h"
#include "client/verify/audit_state.h"
#include "client/verify/evidence.h"
#include "client/verify/excuses.h"
#include "client/verify/fork_check.h"
#include "client/verify/fork_proof.h"
#include "client/verify/head.h"
#include "client/verify/policy.h"
#include "client/verify/proof_view.h"
#include "client/verify/report.h"
#include "client/verify/transparent.h"
#include "client/verify/verify.h"
#include "merkle/consistency.h"
#include "merkle/frontier.h"
#include "merkle/hash.h"
#include "merkle/inclusion.h"
#include "merkle/node.h"
#include "merkle/prefix.h"
#include "merkle/tile.h"
#include "schemas/byte_fields.h"
#include "schemas/cddl/cddl.h"
#include "schemas/checkpoint.h"
#include "schemas/checkpoint_list.h"
#include "schemas/cose.h"
#include "schemas/dcbor.h"
#include "schemas/key.h"
#include "schemas/key_set.h"
#include "schemas/note.h"
#include "schemas/problem.h"
#include "schemas/receipt.h"
#include "schemas/record.h"
#include "schemas/record_schema.h"
#include "schemas/seal.h"
#include "schemas/seal_flags.h"
#include "schemas/statement.h"
#include "schemas/tile_path.h"
#include "schemas/tlog_proof.h"
#include "schemas/view.h"

#endif
