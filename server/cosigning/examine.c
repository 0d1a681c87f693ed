#include "server/cosigning/examine.h"

#include <inttypes.h>

#include "merkle/consistency.h"

static enum examine_finding find(struct err *err, enum examine_finding finding, const char *text)
{
    err_set(err, ERR_REFUSED, "%s", text);
    return finding;
}

/* The checkpoint's form, and whose it says it is. */
static enum examine_finding read_request(struct examination *out, struct bytes body,
                                 const struct log_list *list, struct err *err)
{
    if (!add_checkpoint_parse(&out->request, body, err) ||
        !note_parse(&out->note, out->request.checkpoint, err) ||
        !checkpoint_parse_text(&out->checkpoint, out->note.text, err))
        return FINDING_MALFORMED;
    if (out->note.text.len > EXAMINE_TEXT_LEN_MAX)
        return find(err, FINDING_MALFORMED, "the text of the checkpoint is too long");
    log_list_id(&out->log_id, out->checkpoint.origin);
    out->log = log_list_find(list, &out->log_id);
    if (out->log == NULL)
        return find(err, FINDING_UNKNOWN_LOG, "no log of this origin is cosigned here");
    return FINDING_CONSISTENT;
}

static bool is_of(const struct note_signature *signature, const struct note_verifier *verifier)
{
    return signature->key_id == verifier->key_id &&
           bytes_equal_text(signature->name, verifier->name);
}

/* The first signature of a key that has valid ones only. */
static void keep_valid(struct examination *out, const struct note_verifier *verifier)
{
    size_t i = 0;

    while (!is_of(&out->note.signatures[i], verifier))
        i++;
    out->valid[out->valid_count++] = i;
}

/* One valid signature by a key of the log is enough; one that is broken makes the note bad. */
static enum examine_finding check_signatures(struct examination *out, struct err *err)
{
    for (size_t i = 0; i < out->log->vkey_count; i++) {
        struct note_verifier verifier = {0};
        bool bad = false;

        if (!note_verifier_parse(&verifier, bytes_of_text(out->log->vkeys[i]), err))
            return FINDING_UNSIGNED;
        if (note_verify(&out->note, &verifier, NULL, &bad))
            keep_valid(out, &verifier);
        note_verifier_cleanup(&verifier);
        if (bad)
            return find(err, FINDING_UNSIGNED, "a signature by a key of the log is broken");
    }
    if (out->valid_count == 0)
        return find(err, FINDING_UNSIGNED, "no signature by a key of the log");
    return FINDING_CONSISTENT;
}

enum examine_finding examine_signature(struct examination *out, struct bytes body,
                               const struct log_list *list, struct err *err)
{
    enum examine_finding finding;

    out->valid_count = 0;
    out->log = NULL;
    finding = read_request(out, body, list, err);
    if (finding == FINDING_CONSISTENT)
        finding = check_signatures(out, err);
    if (finding == FINDING_CONSISTENT && out->request.old_size > out->checkpoint.size)
        finding = find(err, FINDING_MALFORMED, "the old size is larger than the checkpoint's");
    return finding;
}

enum examine_finding examine_consistency(const struct examination *examination,
                                 const struct ledger_state *state, struct err *err)
{
    const struct checkpoint *checkpoint = &examination->checkpoint;
    struct hash empty_root;
    const struct hash *old_root = &state->root;

    hash_empty_root(&empty_root);
    if (examination->request.old_size != state->size) {
        err_set(err, ERR_REFUSED, "the checkpoint cosigned last has size %" PRIu64, state->size);
        return FINDING_CONFLICT;
    }
    if (checkpoint->size == 0 && !hash_equal(&checkpoint->root, &empty_root))
        return find(err, FINDING_INCONSISTENT, "this is not the root of an empty tree");
    if (state->size == 0)
        old_root = &empty_root;
    if (!consistency_check(state->size, old_root, checkpoint->size, &checkpoint->root,
                           &examination->request.proof))
        return find(err, FINDING_INCONSISTENT,
                    "the proof does not show that the tree extends the one cosigned last");
    return FINDING_CONSISTENT;
}

void examine_append_note(struct buf *out, const struct examination *examination)
{
    const struct note *note = &examination->note;

    buf_append_bytes(out, note->text);
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < examination->valid_count; i++)
        buf_append_bytes(out, note_signature_line(note, examination->valid[i]));
}

const char *finding_name(enum examine_finding finding)
{
    static const char *const names[FINDINGS] = {
        [FINDING_CONSISTENT] = "cosigned",     [FINDING_MALFORMED] = "malformed",
        [FINDING_UNKNOWN_LOG] = "unknown-log", [FINDING_UNSIGNED] = "unsigned",
        [FINDING_CONFLICT] = "conflict",       [FINDING_INCONSISTENT] = "inconsistent",
    };

    return names[finding];
}
