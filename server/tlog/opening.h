/*
 * Everything that is checked before a log is used: that store, keys and options belong together,
 * that head, right edge and last seal do, and that the store did not go back in time.
 */
#ifndef VOUCH_SERVER_TLOG_OPENING_H
#define VOUCH_SERVER_TLOG_OPENING_H

#include "merkle/frontier.h"
#include "server/tlog/tlog.h"

/*
 * Reads the newest head and the right edge. ERR_REFUSED: the store is for another origin, kind or
 * key; ERR_CORRUPT: what it holds does not belong together.
 */
MUST_USE bool opening_load(struct store_head *out_head, struct frontier *out_frontier,
                           const struct tlog_options *options, struct err *err);

/*
 * Compares head with the mark in the head cell. The mark may be one commit behind, which is what a
 * crash between the two writes leaves; it is brought up to date then. In any other case of
 * disagreement out_reason is set (ERR_REFUSED): the log may be read and must not sign.
 */
MUST_USE bool opening_compare_mark(struct err *out_reason, const struct tlog_options *options,
                                   const struct store_head *head, struct err *err);

#endif
