#include "server/evidence/event_source.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/view.h"
#include "server/evidence/head_item.h"
#include "server/tlog/tlog_read.h"

#define CHECKPOINT_ID "checkpoint-"

bool event_position_after(struct event_position *out, struct bytes id)
{
    struct bytes prefix = bytes_of_text(CHECKPOINT_ID);

    if (bytes_start_with(id, prefix)) {
        out->owes_checkpoint = false;
        return text_parse_uint(&out->index, bytes_slice(id, prefix.len, id.len), TREE_SIZE_MAX);
    }
    if (!text_parse_uint(&out->index, id, TREE_SIZE_MAX - 1))
        return false;
    out->index++;
    out->owes_checkpoint = true;
    return true;
}

void event_source_init(struct event_source *out, struct store *store, enum log_kind kind,
                       const char *origin, uint32_t checkpoint_key_id)
{
    *out = (struct event_source){.origin = origin, .checkpoint_key_id = checkpoint_key_id};
    entry_rows_init(&out->rows, store, kind, false);
}

void event_source_cleanup(struct event_source *source)
{
    entry_rows_cleanup(&source->rows);
    buf_cleanup(&source->item);
}

/* JSON without spaces has no line ends, so the item is one line of data. */
static bool append_data(struct event_source *source, struct buf *out, struct err *err)
{
    buf_append_text(out, "data: ");
    if (!view_append_json(out, bytes_of_buf(&source->item), false, err))
        return false;
    buf_append_text(out, "\n\n");
    return true;
}

static bool append_entry(struct event_source *source, struct buf *out, uint64_t index,
                         struct err *err)
{
    buf_clear(&source->item);
    if (!entry_rows_append(&source->rows, &source->item, index, err))
        return false;
    buf_append_format(out, "id: %" PRIu64 "\nevent: entry\n", index);
    return append_data(source, out, err);
}

bool event_source_append_checkpoint(struct event_source *source, struct buf *out,
                                    const struct store_head *head, struct err *err)
{
    struct buf note = {0};

    tlog_append_checkpoint(&note, source->origin, source->checkpoint_key_id, head);
    buf_clear(&source->item);
    head_item_append(&source->item, source->origin, head, bytes_of_buf(&note));
    buf_cleanup(&note);
    buf_append_format(out, "id: " CHECKPOINT_ID "%" PRIu64 "\nevent: checkpoint\n", head->size);
    return append_data(source, out, err);
}

/* The checkpoint of size position->index, where that is the size of a head. */
static bool pay_checkpoint(struct event_source *source, struct buf *out,
                           struct event_position *position, struct err *err)
{
    struct store_head head;

    if (!position->owes_checkpoint)
        return true;
    position->owes_checkpoint = false;
    if (!store_seek_head(source->rows.commit.store, &head, position->index, err))
        return false;
    return head.size != position->index || event_source_append_checkpoint(source, out, &head, err);
}

bool event_source_append(struct event_source *source, struct buf *out,
                         struct event_position *position, uint64_t size, struct err *err)
{
    size_t end_len = out->len + EVENT_TEXT_LEN_MAX;

    if (!pay_checkpoint(source, out, position, err))
        return false;
    for (unsigned i = 0; i < EVENT_ENTRIES_MAX && position->index < size && out->len < end_len;
         i++) {
        const struct store_head *head = &source->rows.commit.head;

        if (!append_entry(source, out, position->index, err))
            return false;
        position->index++;
        if (head->size == position->index &&
            !event_source_append_checkpoint(source, out, head, err))
            return false;
    }
    return true;
}

bool event_source_append_found(struct event_source *source, struct buf *out,
                               struct event_position *position, struct mention_search *search,
                               uint64_t size, struct err *err)
{
    struct mention_found found;

    search->begin = position->index;
    search->end = size;
    if (!mention_search_run(source->rows.commit.store, &found, search, EVENT_ENTRIES_MAX, err))
        return false;
    for (size_t i = 0; i < found.count; i++) {
        if (!append_entry(source, out, found.indexes[i], err))
            return false;
    }
    position->index = found.next;
    position->owes_checkpoint = position->owes_checkpoint || found.count > 0;
    return position->index < size || pay_checkpoint(source, out, position, err);
}
