/* An override as people see it: before they make one, and when they look at it afterwards. */
#ifndef VOUCH_CLIENT_DECISION_OVERRIDE_CARD_H
#define VOUCH_CLIENT_DECISION_OVERRIDE_CARD_H

#include "schemas/record_fields.h"

/* Appends who goes around what, why, how far, until when, and who looks at it. */
void override_card_append(struct buf *out, const struct field *record, uint64_t now_ms);

#endif
