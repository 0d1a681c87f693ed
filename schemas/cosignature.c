#include "schemas/cosignature.h"

#include <string.h>

bool cosigner_init(struct cosigner *out, const char *name, struct signer *signer, struct err *err)
{
    size_t len = strlen(name);

    *out = (struct cosigner){.signer = signer};
    if (!note_name_is_valid(bytes_of_text(name)))
        return err_set(err, ERR_INVALID, "\"%.64s\" is not usable as a key name", name);
    if (public_key_type(signer->public_key) != KEY_ED25519)
        return err_set(err, ERR_INVALID, "cosignatures are made with Ed25519 keys");
    memcpy(out->name, name, len + 1); /* a valid name fits */
    out->key_id = note_key_id(name, NOTE_TYPE_COSIGNATURE, signer->public_key);
    return true;
}

bool cosigner_append_vkey(struct buf *out, const struct cosigner *cosigner, struct err *err)
{
    struct note_verifier verifier = {0};
    bool ok = note_verifier_init(&verifier, cosigner->name, NOTE_TYPE_COSIGNATURE,
                                 cosigner->signer->public_key, err);

    if (ok) {
        note_verifier_append(out, &verifier);
        buf_append_byte(out, '\n');
    }
    note_verifier_cleanup(&verifier);
    return ok;
}

bool cosignature_append(struct buf *out, const struct cosigner *cosigner, uint64_t time_s,
                        struct bytes text, struct err *err)
{
    uint8_t signature[SIGNATURE_LEN];
    struct buf message = {0};
    struct buf timed = {0};
    bool ok;

    CHECK(time_s > 0 && time_s <= INT64_MAX);
    note_cosignature_message(&message, time_s, text);
    ok = signer_sign(cosigner->signer, signature, bytes_of_buf(&message), err) ||
         err_wrap(err, "cosign");
    if (ok) {
        buf_append_be64(&timed, time_s);
        buf_append(&timed, signature, sizeof(signature));
        note_append_signature(out, cosigner->name, cosigner->key_id, bytes_of_buf(&timed));
    }
    buf_cleanup(&message);
    buf_cleanup(&timed);
    return ok;
}
