/* Whether a copy may go on with a head that a log shows: never with a log that went back. */
#ifndef VOUCH_CLIENT_MIRROR_COPY_JUDGE_H
#define VOUCH_CLIENT_MIRROR_COPY_JUDGE_H

#include "client/mirror/copy.h"

/*
 * True when head, which the policy's log signed, is of the copy's log and extends the newest head
 * it was filled from. Otherwise says under "history" what is wrong: the log went back
 * (incomplete), signed another tree (diverges), or its tiles do not tell (invalid).
 */
bool copy_judge_head(const struct copy *copy, struct fetcher *fetcher, const struct head *head,
                     struct report *report);

#endif
