/*
 * One entry in a few words: a row of an answer to a query, an event of the stream. Where it is, who
 * signed it, what types of records are in it, which rules they broke, when the log received it.
 */
#ifndef VOUCH_SERVER_EVIDENCE_ENTRY_ROW_H
#define VOUCH_SERVER_EVIDENCE_ENTRY_ROW_H

#include "server/evidence/commit_view.h"

struct entry_rows {
    struct commit_view commit;
    bool with_records; /* decoded, in evidence logs */
    struct buf entry;  /* scratch */
};

/* store: borrowed. One thread. */
void entry_rows_init(struct entry_rows *out, struct store *store, enum log_kind kind,
                     bool with_records);
void entry_rows_cleanup(struct entry_rows *rows);

/*
 * Appends one deterministic CBOR map for a committed entry: index, entry_id, received_at_ms; in
 * evidence logs also issuer, types (each once), record_count, flags ("RULE/code", each once, absent
 * when there are none) and records, if asked for.
 */
MUST_USE bool entry_rows_append(struct entry_rows *rows, struct buf *out, uint64_t index,
                                struct err *err);

#endif
