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

/* What others say is our signature may be none, and would make the note bad. */
static void append_others(struct buf *out, const struct cosigner *cosigner,
                          const struct note *note)
{
    buf_append_bytes(out, note->text);
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < note->signature_count; i++) {
        if (!cosigner_is_named(cosigner, &note->signatures[i]))
            buf_append_bytes(out, note_signature_line(note, i));
    }
}

static bool append_lines(const struct cosigned_head *head, struct buf *note,
                         const struct note *parsed, const struct checkpoint *checkpoint,
                         uint64_t time_s, struct err *err)
{
    struct buf cosigned = {0};
    bool ok;

    if (parsed->signature_count + 2 > NOTE_SIGNATURES_MAX)
        return err_set(err, ERR_REFUSED, "the head has %zu signatures already",
                       parsed->signature_count);
    append_others(&cosigned, head->cosigner, parsed);
    ok = cosignature_append(&cosigned, head->cosigner, time_s, checkpoint, parsed->text, err);
    if (ok) {
        buf_clear(note);
        buf_append_bytes(note, bytes_of_buf(&cosigned));
    }
    buf_cleanup(&cosigned);
    return ok;
}

static bool is_cosigned(const struct cosigned_head *head, const struct checkpoint *checkpoint)
{
    return head->state.time_s != 0 && head->state.size == checkpoint->size &&
           hash_equal(&head->state.root, &checkpoint->root);
}

bool cosigned_head_sign(void *context, struct buf *note, struct err *err)
{
    struct cosigned_head *head = context;
    uint64_t now_s = clock_unix_ms(clock_system()) / 1000;
    struct note parsed;
    struct checkpoint checkpoint;
    struct cosigning cosigning = {.log_id = head->row, .before = head->state};
    uint64_t time_s;

    if (!note_parse(&parsed, bytes_of_buf(note), err) ||
        !checkpoint_parse_text(&checkpoint, parsed.text, err))
        return false;
    if (is_cosigned(head, &checkpoint)) {
        buf_clear(note);
        return cosigned_head_read_note(head, note, err);
    }
    if (!cosigning_time(&time_s, now_s, head->state.time_s))
        return err_set(err, ERR_BUSY, "the clock is behind the time that was cosigned last");
    if (!append_lines(head, note, &parsed, &checkpoint, time_s, err))
        return false;
    cosigning.after =
        (struct ledger_state){.size = checkpoint.size, .root = checkpoint.root, .time_s = time_s};
    cosigning.note = bytes_of_buf(note);
    committer_commit(head->committer, &cosigning);
    CHECK(cosigning.outcome == COSIGNING_DONE);
    head->state = cosigning.after;
    return true;
}
