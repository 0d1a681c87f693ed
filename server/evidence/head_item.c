#include "server/evidence/head_item.h"

#include "schemas/dcbor.h"

void head_item_append(struct buf *out, const char *origin, const struct store_head *head,
                      struct bytes checkpoint)
{
    dcbor_put_map(out, 5);
    dcbor_put_literal(out, "root");
    dcbor_put_bytes(out, hash_bytes(&head->root));
    dcbor_put_literal(out, "size");
    dcbor_put_uint(out, head->size);
    dcbor_put_literal(out, "origin");
    dcbor_put_literal(out, origin);
    dcbor_put_literal(out, "checkpoint");
    dcbor_put_text(out, checkpoint);
    dcbor_put_literal(out, "received_at_ms");
    dcbor_put_uint(out, head->received_at_ms);
}
