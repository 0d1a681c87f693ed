#include "server/evidence/entry_row.h"

#include "schemas/entry_summary.h"
#include "server/tlog/tlog_read.h"

void entry_rows_init(struct entry_rows *out, struct store *store, enum log_kind kind,
                     bool with_records)
{
    *out = (struct entry_rows){
        .commit = {.store = store, .has_seals = kind == LOG_EVIDENCE},
        .with_records = with_records && kind == LOG_EVIDENCE,
    };
}

void entry_rows_cleanup(struct entry_rows *rows)
{
    commit_view_cleanup(&rows->commit);
    buf_cleanup(&rows->entry);
}

bool entry_rows_append(struct entry_rows *rows, struct buf *out, uint64_t index, struct err *err)
{
    struct entry_summary summary = {.index = index, .with_records = rows->with_records};

    buf_clear(&rows->entry);
    if (!commit_view_seek(&rows->commit, index, err) ||
        !tlog_read_entry(rows->commit.store, &rows->entry, &summary.leaf_hash, index, err))
        return false;
    summary.entry = bytes_of_buf(&rows->entry);
    summary.received_at_ms = rows->commit.head.received_at_ms;
    if (rows->commit.has_seals) {
        summary.flags = rows->commit.seal.flags;
        summary.entry_offset = index - rows->commit.head.previous_size;
        return entry_summary_append_statement(out, &summary, err);
    }
    entry_summary_append_opaque(out, &summary);
    return true;
}
