/*
 * What somebody is asked to decide on, as labelled lines. Every value is written with plain_text.h
 * and broken here, so that nothing in it can pass for a line of its own.
 */
#ifndef VOUCH_CLIENT_DECISION_CARD_H
#define VOUCH_CLIENT_DECISION_CARD_H

#include "schemas/record_fields.h"

enum { CARD_COLUMNS = 80, CARD_LABEL_COLUMNS = 16 };

void card_line(struct buf *out, const char *label, struct bytes value);
void card_text(struct buf *out, const char *label, const char *value);
void card_format(struct buf *out, const char *label, const char *format, ...) PRINTF_LIKE(3, 4);

/* Nothing for a field that is not there. */
void card_field(struct buf *out, const char *label, const struct field *text);
void card_hex(struct buf *out, const char *label, struct bytes value);
void card_run(struct buf *out, const char *label, const struct field *run_id);
void card_versioned(struct buf *out, const char *label, const struct field *versioned);
void card_digest(struct buf *out, const char *label, const struct field *payload_digest);
void card_reference(struct buf *out, const char *label, const struct field *record_reference);

/* All of an approval-subject (approval.cddl). */
void card_subject(struct buf *out, const struct field *subject);

/* "2026-11-21T09:14:02Z, in 3 h 59 min", or "…, 2 min ago". */
void card_time(struct buf *out, const char *label, uint64_t at_ms, uint64_t now_ms);

/* A text of many lines, each behind a bar; after rows_max rows, how many bytes are left. */
void card_payload(struct buf *out, struct bytes text, size_t rows_max);

#endif
