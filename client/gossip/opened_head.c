#include "client/gossip/opened_head.h"

#include <string.h>

bool opened_head_parse(struct opened_head *out, struct bytes message, size_t text_len_max)
{
    struct err ignored = {0};

    return note_parse(&out->note, message, &ignored) && out->note.text.len <= text_len_max &&
           checkpoint_parse_text(&out->checkpoint, out->note.text, &ignored);
}

static bool is_log_of(const struct opened_head *head, const struct policy_log *log)
{
    return strcmp(log->verifier.name, head->checkpoint.origin) == 0;
}

bool opened_head_is_signed(const struct opened_head *head, const struct policy *policy)
{
    for (size_t i = 0; i < policy->log_count; i++) {
        if (is_log_of(head, &policy->logs[i]) &&
            note_verify(&head->note, &policy->logs[i].verifier, NULL, NULL))
            return true;
    }
    return false;
}

/* The first signature of this key, if all of its signatures are good. */
static void append_signature(struct buf *out, const struct note *note,
                             const struct note_verifier *verifier)
{
    if (!note_verify(note, verifier, NULL, NULL))
        return;
    for (size_t i = 0; i < note->signature_count; i++) {
        const struct note_signature *signature = &note->signatures[i];

        if (signature->key_id != verifier->key_id ||
            !bytes_equal_text(signature->name, verifier->name))
            continue;
        note_append_signature(out, verifier->name, verifier->key_id,
                              bytes_of(signature->signature, signature->signature_len));
        return;
    }
}

void opened_head_append(struct buf *out, const struct opened_head *head,
                        const struct policy *policy)
{
    buf_append_bytes(out, head->note.text);
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < policy->log_count; i++) {
        if (is_log_of(head, &policy->logs[i]))
            append_signature(out, &head->note, &policy->logs[i].verifier);
    }
    for (size_t i = 0; i < policy->name_count; i++) {
        if (!policy->names[i].is_group)
            append_signature(out, &head->note, &policy->names[i].verifier);
    }
}
