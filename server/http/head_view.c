#include "server/http/head_view.h"

#include <stdlib.h>

#include "server/tlog/tlog_read.h"

static void head_view_free(struct snapshot *snapshot)
{
    struct head_view *view = (struct head_view *)snapshot;

    buf_cleanup(&view->checkpoint);
    free(view);
}

struct head_view *head_view_new(const char *origin, uint32_t key_id, const struct store_head *head)
{
    struct head_view *view = mem_alloc(sizeof(*view));

    snapshot_init(&view->snapshot, head_view_free);
    view->head = *head;
    tlog_append_checkpoint(&view->checkpoint, origin, key_id, head);
    return view;
}
