/* What a replay counted, as JSON. */
#ifndef VOUCH_CLIENT_REPLAY_VIEW_H
#define VOUCH_CLIENT_REPLAY_VIEW_H

#include "client/verify/replay.h"

/*
 * Appends the member "replay": {"statements", "records", "flags", "token_checks",
 * "records_by_type": {…}, "flags_by_rule": {…}}.
 */
void replay_view_append(struct buf *out, struct replay *replay);

#endif
