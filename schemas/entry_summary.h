/*
 * One entry in a few words, as a map: a row of an answer to a query, an event of the stream. Where
 * it is, who signed it, what types of records are in it, which rules they broke, when it came.
 */
#ifndef VOUCH_SCHEMAS_ENTRY_SUMMARY_H
#define VOUCH_SCHEMAS_ENTRY_SUMMARY_H

#include "base/err.h"
#include "merkle/hash.h"

struct entry_summary {
    uint64_t index;
    struct bytes entry;
    struct hash leaf_hash;
    uint64_t received_at_ms; /* of its commit */
    struct bytes flags;      /* of that commit, as its seal has them (seal_flags.h) */
    uint64_t entry_offset;   /* in that commit */
    bool with_records;       /* decoded */
};

/* index, entry_id and received_at_ms: what there is to say of an opaque log's entry. */
void entry_summary_append_opaque(struct buf *out, const struct entry_summary *summary);

/* The same, and issuer, types (each once), record_count, flags ("RULE/code", each once, absent when
 * there are none) and records, if wanted. ERR_CORRUPT: the entry is no statement. */
MUST_USE bool entry_summary_append_statement(struct buf *out, const struct entry_summary *summary,
                                             struct err *err);

#endif
