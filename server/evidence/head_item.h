/* A signed head as one CBOR map, wherever one is shown. */
#ifndef VOUCH_SERVER_EVIDENCE_HEAD_ITEM_H
#define VOUCH_SERVER_EVIDENCE_HEAD_ITEM_H

#include "server/store/store.h"

/* checkpoint: the head's signed note. */
void head_item_append(struct buf *out, const char *origin, const struct store_head *head,
                      struct bytes checkpoint);

#endif
