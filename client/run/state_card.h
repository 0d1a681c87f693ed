/* The state of a run, as GET /v1/runs/{run} tells it, for a reader. */
#ifndef VOUCH_CLIENT_RUN_STATE_CARD_H
#define VOUCH_CLIENT_RUN_STATE_CARD_H

#include "schemas/record_fields.h"

/*
 * Appends what the state says, with what its words mean. Members that are missing or of another
 * type than they should be are left out, and words that are not known here are shown as they are.
 */
void state_card_append(struct buf *out, const struct field *state);

#endif
