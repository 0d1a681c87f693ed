/*
 * Text of others on somebody's terminal: what they decide on must be what they see. Characters that
 * steer a terminal, that cannot be seen or that change the order of others are written out.
 */
#ifndef VOUCH_CLIENT_PLAIN_TEXT_H
#define VOUCH_CLIENT_PLAIN_TEXT_H

#include "base/bytes.h"

/*
 * Takes the first character of rest, which is not empty, and appends it as it can be shown: itself,
 * or written as \n, \r, \t, \\, \u{202e}, or \x{ff} for a byte that is no UTF-8. Returns how many
 * columns it takes at most.
 */
size_t plain_text_next(struct buf *out, struct bytes *rest);

/* The whole text, in one line. */
void plain_text_append(struct buf *out, struct bytes text);

#endif
