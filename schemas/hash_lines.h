/* Hashes as C2SP texts carry them: one in base64 on each line, up to an empty line. */
#ifndef VOUCH_SCHEMAS_HASH_LINES_H
#define VOUCH_SCHEMAS_HASH_LINES_H

#include "base/err.h"
#include "merkle/node.h"

/* Appends a line for each hash, and the empty line. */
void hash_lines_append(struct buf *out, const struct proof *proof);

/* Reads up to and with the empty line; rest becomes what follows it. */
MUST_USE bool hash_lines_parse(struct proof *out, struct bytes *rest, struct err *err);

#endif
