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
    size_t i;

    if (note_verify(note, verifier, NULL, NULL) && note_find_signature(note, verifier, &i))
        buf_append_bytes(out, note_signature_line(note, i));
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
