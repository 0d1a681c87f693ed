/*
 * The two signatures of a head: the checkpoint's over origin, size and root, and in evidence logs
 * the receipts' over the root.
 */
#ifndef VOUCH_SERVER_TLOG_HEAD_H
#define VOUCH_SERVER_TLOG_HEAD_H

#include "server/tlog/tlog.h"

/* Appends the text of the head's checkpoint, which is what its signature is over. */
void head_append_text(struct buf *out, const char *origin, const struct store_head *head);

/* Signs head->size and head->root; nothing but the signatures is changed. */
MUST_USE bool head_sign(struct store_head *head, const struct tlog_options *options,
                        struct err *err);

/*
 * Whether the keys in options made the signatures. ERR_CORRUPT for the checkpoint's, since the
 * store says whose it is; ERR_REFUSED for the receipts', which may be another key's.
 */
MUST_USE bool head_verify(const struct store_head *head, const struct tlog_options *options,
                          struct err *err);

#endif
