/* What a log can say itself when it finds that its key signed two histories: a fork proof. */
#ifndef VOUCH_SERVER_WITNESSING_FORK_FILE_H
#define VOUCH_SERVER_WITNESSING_FORK_FILE_H

#include "server/witnessing/conflict.h"

/*
 * Appends the fork proof (client/verify/fork_proof.h) of the store's newest head and a signed one
 * of at most its size but of another tree, which observer holds now. False: the two do not
 * contradict each other, as when the other one is larger; or the store cannot be read.
 */
MUST_USE bool fork_file_append(struct buf *out, const struct conflict_log *log, struct bytes note,
                               const char *observer, struct err *err);

#endif
