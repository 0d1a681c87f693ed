/* C2SP tlog-proof@v1: an index, an inclusion proof and a checkpoint in one text. */
#ifndef VOUCH_SCHEMAS_TLOG_PROOF_H
#define VOUCH_SCHEMAS_TLOG_PROOF_H

#include "merkle/node.h"
#include "schemas/checkpoint.h"

enum { TLOG_PROOF_LEN_MAX = NOTE_LEN_MAX + 8192 };

struct tlog_proof {
    struct bytes extra; /* base64, as it stands there; empty: none. Borrowed */
    uint64_t index;
    struct proof proof;
    struct bytes checkpoint; /* the signed note; borrowed */
};

void tlog_proof_append(struct buf *out, const struct tlog_proof *proof);

/* What is in extra is the application's business: here it is canonical base64. */
MUST_USE bool tlog_proof_parse(struct tlog_proof *out, struct bytes text, struct err *err);

#endif
