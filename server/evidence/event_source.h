/*
 * The log as server-sent events: each entry, and behind the entries of a commit its checkpoint.
 * What comes next depends on the position alone, so a reader that says what it saw last goes on
 * without loss or repetition, whatever happened to the connection or the daemon.
 */
#ifndef VOUCH_SERVER_EVIDENCE_EVENT_SOURCE_H
#define VOUCH_SERVER_EVIDENCE_EVENT_SOURCE_H

#include "server/evidence/entry_row.h"
#include "server/evidence/mention_search.h"

enum {
    EVENT_TEXT_LEN_MAX = 65536, /* no further event begins beyond it */
    EVENT_ENTRIES_MAX = 128,    /* of one call */
};

struct event_position {
    uint64_t index;       /* of the next entry */
    bool owes_checkpoint; /* an event of an entry was the last one, perhaps of its commit */
};

/*
 * Behind the event with this id: "57" for entry 57, "checkpoint-58" for the checkpoint of size 58.
 * False when no event has such an id.
 */
bool event_position_after(struct event_position *out, struct bytes id);

struct event_source {
    struct entry_rows rows;
    const char *origin;
    uint32_t checkpoint_key_id; /* as note_key_id */
    struct buf item;            /* scratch */
};

/* store and origin: borrowed. One thread. */
void event_source_init(struct event_source *out, struct store *store, enum log_kind kind,
                       const char *origin, uint32_t checkpoint_key_id);
void event_source_cleanup(struct event_source *source);

/* Appends the next events of the tree of size, a published head's, and advances the position;
 * nothing when the position is at its end. */
MUST_USE bool event_source_append(struct event_source *source, struct buf *out,
                                  struct event_position *position, uint64_t size,
                                  struct err *err);

/*
 * The same for entries that mention the terms of search, whose begin and end are set here. There is
 * a checkpoint behind the newest of them only. May append nothing and yet advance.
 */
MUST_USE bool event_source_append_found(struct event_source *source, struct buf *out,
                                        struct event_position *position,
                                        struct mention_search *search, uint64_t size,
                                        struct err *err);

/* Appends the event of the checkpoint of a head. */
MUST_USE bool event_source_append_checkpoint(struct event_source *source, struct buf *out,
                                             const struct store_head *head, struct err *err);

#endif
