/*
 * Committing once more what a log had committed, from its entries alone: in evidence logs each seal
 * says where its commit began, when it was and what its flags were, so every head comes out as it
 * was. The entries are believed; whoever hands them in has compared them with a signed head.
 */
#ifndef VOUCH_SERVER_TLOG_RECOMMIT_H
#define VOUCH_SERVER_TLOG_RECOMMIT_H

#include "merkle/frontier.h"
#include "server/tlog/tlog.h"

struct recommit;

/*
 * Goes on from the newest head of the store, which is opened as tlog_open does, without asking the
 * head cell. options as for tlog_open; head_cell is not used.
 */
MUST_USE bool recommit_open(struct recommit **out, const struct tlog_options *options,
                            struct err *err);
void recommit_close(struct recommit *recommit); /* accepts NULL */

/* The newest head that is in the store. */
const struct store_head *recommit_head(const struct recommit *recommit);

/*
 * Takes the next entry; with the last one of a commit, commits. ERR_CORRUPT where the entries do
 * not give what a seal says. After a failure only recommit_close may follow.
 */
MUST_USE bool recommit_take(struct recommit *recommit, struct bytes entry, struct err *err);

/*
 * There are no more entries. Opaque logs: commits what is left. Evidence logs: ERR_CORRUPT when
 * the last entry was not a seal.
 */
MUST_USE bool recommit_finish(struct recommit *recommit, struct err *err);

#endif
