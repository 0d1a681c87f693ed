/* What the log itself says: a statement signed with its log key. */
#ifndef VOUCH_SERVER_TLOG_OWN_STATEMENT_H
#define VOUCH_SERVER_TLOG_OWN_STATEMENT_H

#include "schemas/cose.h"
#include "server/tlog/tlog.h"

struct own_statement {
    const char *subject;  /* CWT sub */
    struct bytes payload; /* one record of the log's own types, or an array of them */
    uint64_t received_at_ms; /* of its batch */
};

/* Appends the entry; out_sid becomes its identity. */
MUST_USE bool own_statement_append(struct buf *out, struct hash *out_sid,
                                   const struct own_statement *statement,
                                   const struct tlog_options *options, struct err *err);

#endif
