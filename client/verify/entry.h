/* What an entry itself shows: its form, its issuer's signature, its leaf hash. */
#ifndef VOUCH_CLIENT_VERIFY_ENTRY_H
#define VOUCH_CLIENT_VERIFY_ENTRY_H

#include "client/verify/transparent.h"
#include "client/verify/verify.h"
#include "schemas/statement.h"

struct entry_facts {
    bool is_statement; /* otherwise opaque bytes */
    struct statement statement;
    struct hash leaf_hash; /* of the statement without its unprotected header */
    struct bytes receipts[TRANSPARENT_RECEIPTS_MAX]; /* that came inside a transparent statement */
    size_t receipt_count;
};

/* Examines an entry and reports the rules that need nothing but it and the issuers' keys. */
void entry_check(struct entry_facts *out, struct report *report, struct bytes entry,
                 const struct trust *trust);

/* Reports what no single entry can show: receive time and admission rules. */
void entry_report_outside(struct report *report, const struct entry_facts *facts);

#endif
