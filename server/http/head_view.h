/* The published head as readers see it: the head and its signed checkpoint, ready to send. */
#ifndef VOUCH_SERVER_HTTP_HEAD_VIEW_H
#define VOUCH_SERVER_HTTP_HEAD_VIEW_H

#include "base/snapshot.h"
#include "server/store/store.h"

struct head_view {
    struct snapshot snapshot;
    struct store_head head;
    struct buf checkpoint; /* C2SP tlog-checkpoint */
};

/* A new view of head, held once. key_id as note_key_id. */
struct head_view *head_view_new(const char *origin, uint32_t key_id, const struct store_head *head);

#endif
