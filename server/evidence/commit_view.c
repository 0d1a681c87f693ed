#include "server/evidence/commit_view.h"

#include <inttypes.h>

#include "server/tlog/tlog_read.h"

static bool covers(const struct commit_view *view, uint64_t index)
{
    return index >= view->head.previous_size && index < view->head.size;
}

static bool read_seal(struct commit_view *view, struct err *err)
{
    struct cose_sign1 statement;

    buf_clear(&view->seal_entry);
    return tlog_read_entry(view->store, &view->seal_entry, NULL, view->head.size - 1, err) &&
           cose_sign1_decode(&statement, bytes_of_buf(&view->seal_entry), err) &&
           seal_decode(&view->seal, statement.payload, err);
}

bool commit_view_seek(struct commit_view *view, uint64_t index, struct err *err)
{
    if (covers(view, index))
        return true;
    if (!store_seek_head(view->store, &view->head, index + 1, err) ||
        (view->has_seals && !read_seal(view, err))) {
        view->head = (struct store_head){0};
        return err_wrap(err, "the commit of entry %" PRIu64, index);
    }
    return true;
}

void commit_view_cleanup(struct commit_view *view)
{
    buf_cleanup(&view->seal_entry);
    *view = (struct commit_view){0};
}

struct entry_flags commit_view_flags(const struct commit_view *view, uint64_t index)
{
    CHECK(covers(view, index));
    return (struct entry_flags){
        .reader = seal_flags_reader_of(view->has_seals ? view->seal.flags : (struct bytes){0}),
        .entry_offset = index - view->head.previous_size,
    };
}

bool entry_flags_next(struct entry_flags *flags, struct seal_flag *out)
{
    while (seal_flags_next(&flags->reader, out)) {
        if (out->entry_offset == flags->entry_offset)
            return true;
    }
    return false;
}
