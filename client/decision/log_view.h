/*
 * A log under one head that its reader trusts, and single records that are proven to stand under
 * it. The log must show everything it says: nothing is shown to a person before it is checked.
 */
#ifndef VOUCH_CLIENT_DECISION_LOG_VIEW_H
#define VOUCH_CLIENT_DECISION_LOG_VIEW_H

#include "client/reader/log_reader.h"
#include "client/trust_files.h"
#include "schemas/record_fields.h"
#include "schemas/statement.h"

/* A zeroed struct is closed. */
struct log_view {
    struct fetcher *fetcher;
    struct trust_files trust;
    struct head head;
    struct buf note;
};

/*
 * Opens --url and reads its checkpoint, which must be signed, and cosigned, as --policy or --vkey
 * asks; one of them is needed. Cleaned up by the caller in any case.
 */
MUST_USE bool log_view_open(struct log_view *out, const struct args *args, struct err *err);
void log_view_close(struct log_view *view);

/* Fetches the entry at an index below the head's size, appends it, and proves that it is there. */
MUST_USE bool log_view_read(struct log_view *view, struct buf *out, uint64_t index,
                            struct err *err);

/* Whether an entry at hand is the one at this index. */
MUST_USE bool log_view_prove(struct log_view *view, uint64_t index, struct bytes entry,
                             struct err *err);

/* Receives one entry of a walk. */
typedef bool (*entry_take_fn)(void *context, uint64_t index, struct bytes entry, struct err *err);

/* The entries [begin, end) in their order; not proven. end is at most the head's size. */
MUST_USE bool log_view_walk(struct log_view *view, uint64_t begin, uint64_t end,
                            entry_take_fn take, void *context, struct err *err);

/* Where a record is: its entry, and its number in the statement there. */
struct record_place {
    struct entry_name entry;
    bool has_number;
    uint64_t number;
};

/* "17", an entry id, or either with "/2" for the statement's third record. */
MUST_USE bool record_place_parse(struct record_place *out, const char *text, struct err *err);

/* A record in the log. A zeroed struct is empty; fields and digest are those of the record. */
struct proven_record {
    uint64_t index; /* of its entry */
    struct hash entry_id;
    struct buf entry;
    struct statement statement;
    struct record_fields fields;
    struct hash digest;
    bool signature_checked; /* with one of the keys given as --issuer-key */
};

/*
 * Fetches the record of this type and proves its entry. ERR_INVALID when there is none at that
 * place, or several and the place does not say which.
 */
MUST_USE bool proven_record_read(struct log_view *view, struct proven_record *out,
                                 const struct record_place *place, const char *type,
                                 struct err *err);
void proven_record_cleanup(struct proven_record *record);

/* Appends a record-reference (common.cddl) to it. */
void proven_record_append_reference(struct buf *out, const struct proven_record *record);

/* The same for a record of which no more is needed. */
MUST_USE bool log_view_append_reference(struct log_view *view, struct buf *out, const char *place,
                                        const char *type, struct err *err);

#endif
