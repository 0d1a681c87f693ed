/* Any bytes as a signed note: no crash, and what is accepted can be written again as it was. */
#include "schemas/note.h"
#include "tests/fuzz/fuzz.h"

/* Signatures that are kept whole are written again; longer ones are not, so the line is skipped. */
static bool append_signatures(struct buf *out, const struct note *note)
{
    for (size_t i = 0; i < note->signature_count; i++) {
        const struct note_signature *signature = &note->signatures[i];
        char name[NOTE_NAME_LEN_MAX + 1] = {0};

        if (signature->signature_len == 0)
            return false;
        CHECK(note_name_is_valid(signature->name));
        for (size_t k = 0; k < signature->name.len; k++)
            name[k] = (char)signature->name.data[k];
        note_append_signature(out, name, signature->key_id,
                              bytes_of(signature->signature, signature->signature_len));
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes message = bytes_of(data, len);
    struct buf again = {0};
    struct note note;
    struct err err = {0};

    if (!note_parse(&note, message, &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    CHECK(note.signature_count >= 1 && note.signature_count <= NOTE_SIGNATURES_MAX);
    buf_append_bytes(&again, note.text);
    buf_append_byte(&again, '\n');
    if (append_signatures(&again, &note))
        CHECK(bytes_equal(bytes_of_buf(&again), message));
    buf_cleanup(&again);
    return 0;
}
