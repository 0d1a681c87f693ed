/* The members that every record has, for a record that somebody makes at a terminal. */
#ifndef VOUCH_CLIENT_DECISION_DRAFT_H
#define VOUCH_CLIENT_DECISION_DRAFT_H

#include "merkle/hash.h"
#include "schemas/record_maker.h"

enum { RECORD_ID_LEN = 16 };

/* A UUIDv7 of this time (RFC 9562, 5.7). */
MUST_USE bool record_id_make(uint8_t out[RECORD_ID_LEN], uint64_t now_ms, struct err *err);

/*
 * Puts type, schema_version, a fresh record_id, occurred_at_ms and sequence_number 0, which is set
 * when the record is sent (delivery.h). The caller puts tenant and actor.
 */
MUST_USE bool draft_begin(struct record_maker *out, const char *type, uint64_t now_ms,
                          struct err *err);

/* Puts a text that an option gave; nothing for NULL. */
void draft_put_option(struct record_maker *maker, const char *name, const char *value);

/* Appends {code, ? description} (reason-map); description may be NULL. */
void draft_append_reason(struct buf *out, const char *code, const char *description);

/* Appends a record-reference with everything a claim must say. */
void draft_append_reference(struct buf *out, struct bytes record_id, struct bytes issuer,
                            const struct hash *record_digest, uint64_t index);

/* Appends {id, version} of "ID@VERSION"; the last @ counts. ERR_INVALID names the option. */
MUST_USE bool draft_append_versioned(struct buf *out, const char *option, const char *value,
                                     struct err *err);

/* Appends a copy of the record with another sequence number, and with this stream if not NULL. */
MUST_USE bool draft_append_numbered(struct buf *out, struct bytes record, uint64_t number,
                                    const char *stream, struct err *err);

#endif
