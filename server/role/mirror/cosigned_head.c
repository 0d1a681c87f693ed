#include "server/role/mirror/cosigned_head.h"

#include "base/clock.h"
#include "server/cosigning/cosigning_time.h"

void cosigned_head_init(struct cosigned_head *out, const char *origin)
{
    struct hasher hasher;

    /* An origin has no blank in it, so this is the name of no log. */
    hasher_init(&hasher);
    hasher_update(&hasher, bytes_of_text("mirrored "));
    hasher_update(&hasher, bytes_of_text(origin));
    hasher_final(&hasher, &out->row);
    ledger_get(out->ledger, &out->row, &out->state);
}

bool cosigned_head_read_note(const struct cosigned_head *head, struct buf *out, struct err *err)
{
    bool found;

    return ledger_read_note(head->ledger, &head->row, out, &found, err) &&
           (found || err_set(err, ERR_CORRUPT, "the ledger lacks what was cosigned"));
}

static bool append_lines(const struct cosigned_head *head, struct buf *note,
                         struct checkpoint *out_checkpoint, uint64_t time_s, struct err *err)
{
    struct buf lines = {0};
    struct note parsed;
    bool ok = note_parse(&parsed, bytes_of_buf(note), err) &&
              checkpoint_parse_text(out_checkpoint, parsed.text, err);

    if (ok && parsed.signature_count + 2 > NOTE_SIGNATURES_MAX)
        ok = err_set(err, ERR_REFUSED, "the head has %zu signatures already",
                     parsed.signature_count);
    ok = ok && cosignature_append(&lines, head->cosigner, time_s, out_checkpoint, parsed.text, err);
    if (ok)
        buf_append_bytes(note, bytes_of_buf(&lines));
    buf_cleanup(&lines);
    return ok;
}

bool cosigned_head_sign(void *context, struct buf *note, struct err *err)
{
    struct cosigned_head *head = context;
    uint64_t now_s = clock_unix_ms(clock_system()) / 1000;
    struct checkpoint checkpoint;
    struct cosigning cosigning = {.log_id = head->row, .before = head->state};
    uint64_t time_s;

    if (!cosigning_time(&time_s, now_s, head->state.time_s))
        return err_set(err, ERR_BUSY, "the clock is behind the time that was cosigned last");
    if (!append_lines(head, note, &checkpoint, time_s, err))
        return false;
    cosigning.after =
        (struct ledger_state){.size = checkpoint.size, .root = checkpoint.root, .time_s = time_s};
    cosigning.note = bytes_of_buf(note);
    committer_commit(head->committer, &cosigning);
    CHECK(cosigning.outcome == COSIGNING_DONE);
    head->state = cosigning.after;
    return true;
}
