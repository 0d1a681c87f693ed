/* Sets of texts or of byte strings as facts hold them: each a deterministic CBOR array. */
#ifndef VOUCH_SCHEMAS_RULES_ITEM_SET_H
#define VOUCH_SCHEMAS_RULES_ITEM_SET_H

#include "base/bytes.h"

struct bytes item_set_empty(void);

/* Both accept what is no array: nothing is in it. */
bool item_set_has(struct bytes set, struct bytes item);
uint64_t item_set_count(struct bytes set);

/* out, emptied first, becomes a with what else is in b, or a without what is in b. a and b lie
 * outside out. Returns out's bytes. The work is the product of both sizes. */
struct bytes item_set_join(struct buf *out, struct bytes a, struct bytes b);
struct bytes item_set_without(struct buf *out, struct bytes a, struct bytes b);

/* The items one after the other, from *position = 0 on; false after the last. */
bool item_set_next(struct bytes set, uint64_t *position, struct bytes *out);

#endif
