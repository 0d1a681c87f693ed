#include "schemas/cosignature.h"

#include <string.h>

enum { TIME_LEN = 8, VECTOR_LEN_MAX = 255 };

/* With its terminating zero. */
static const char SUBTREE_LABEL[12] = "subtree/v1\n";

/* What a signature of type 0x06 is about. */
struct cosigned {
    const char *cosigner_name;
    uint64_t time_s;
    const char *origin;
    struct entry_range range;
    const struct hash *hash;
};

static uint32_t mldsa_key_id(const char *name, const struct mldsa_key *key)
{
    const uint8_t separator[] = {'\n', NOTE_TYPE_MLDSA_COSIGNATURE};
    struct hasher hasher;
    struct hash hash;

    hasher_init(&hasher);
    hasher_update(&hasher, bytes_of_text(name));
    hasher_update(&hasher, bytes_of(separator, sizeof(separator)));
    hasher_update(&hasher, mldsa_key_raw(key));
    hasher_final(&hasher, &hash);
    return read_be32(hash.bytes);
}

bool cosigner_init(struct cosigner *out, const char *name, struct signer *signer,
                   struct mldsa_signer *mldsa, struct err *err)
{
    size_t len = strlen(name);

    *out = (struct cosigner){.signer = signer, .mldsa = mldsa};
    if (!note_name_is_valid(bytes_of_text(name)))
        return err_set(err, ERR_INVALID, "\"%.64s\" is not usable as a key name", name);
    if (public_key_type(signer->public_key) != KEY_ED25519)
        return err_set(err, ERR_INVALID, "cosignatures are made with Ed25519 keys");
    if (mldsa != NULL && len > VECTOR_LEN_MAX)
        return err_set(err, ERR_INVALID, "a cosigner with an ML-DSA-44 key has a name of at most %d"
                       " bytes", VECTOR_LEN_MAX);
    memcpy(out->name, name, len + 1); /* a valid name fits */
    out->key_id = note_key_id(name, NOTE_TYPE_COSIGNATURE, signer->public_key);
    if (mldsa != NULL)
        out->mldsa_key_id = mldsa_key_id(name, mldsa_signer_key(mldsa));
    return true;
}

bool cosigner_is_named(const struct cosigner *cosigner, const struct note_signature *signature)
{
    return bytes_equal_text(signature->name, cosigner->name) &&
           (signature->key_id == cosigner->key_id ||
            (cosigner->mldsa != NULL && signature->key_id == cosigner->mldsa_key_id));
}

static bool append_mldsa_vkey(struct buf *out, const struct cosigner *cosigner)
{
    struct note_verifier verifier = {
        .key_id = cosigner->mldsa_key_id,
        .type = NOTE_TYPE_MLDSA_COSIGNATURE,
        /* only looked at, and not given back */
        .mldsa = (struct mldsa_key *)(uintptr_t)mldsa_signer_key(cosigner->mldsa),
    };

    memcpy(verifier.name, cosigner->name, sizeof(verifier.name));
    note_verifier_append(out, &verifier);
    buf_append_byte(out, '\n');
    return true;
}

bool cosigner_append_vkey(struct buf *out, const struct cosigner *cosigner, uint8_t type,
                          struct err *err)
{
    struct note_verifier verifier = {0};
    bool ok;

    if (type == NOTE_TYPE_MLDSA_COSIGNATURE)
        return cosigner->mldsa != NULL ? append_mldsa_vkey(out, cosigner)
                                       : err_set(err, ERR_NOT_FOUND, "there is no ML-DSA-44 key");
    ok = note_verifier_init(&verifier, cosigner->name, NOTE_TYPE_COSIGNATURE,
                            cosigner->signer->public_key, err);
    if (ok) {
        note_verifier_append(out, &verifier);
        buf_append_byte(out, '\n');
    }
    note_verifier_cleanup(&verifier);
    return ok;
}

static void append_timed(struct buf *out, const char *name, uint32_t key_id, uint64_t time_s,
                         struct bytes signature)
{
    struct buf timed = {0};

    buf_append_be64(&timed, time_s);
    buf_append_bytes(&timed, signature);
    note_append_signature(out, name, key_id, bytes_of_buf(&timed));
    buf_cleanup(&timed);
}

static bool append_ed25519(struct buf *out, const struct cosigner *cosigner, uint64_t time_s,
                           struct bytes text, struct err *err)
{
    uint8_t signature[SIGNATURE_LEN];
    struct buf message = {0};
    bool ok;

    note_cosignature_message(&message, time_s, text);
    ok = signer_sign(cosigner->signer, signature, bytes_of_buf(&message), err) ||
         err_wrap(err, "cosign");
    if (ok)
        append_timed(out, cosigner->name, cosigner->key_id, time_s,
                     bytes_of(signature, sizeof(signature)));
    buf_cleanup(&message);
    return ok;
}

static void append_vector(struct buf *out, const char *text)
{
    size_t len = strlen(text);

    CHECK(len > 0 && len <= VECTOR_LEN_MAX);
    buf_append_byte(out, (uint8_t)len);
    buf_append(out, text, len);
}

/* The structure cosigned_message. */
static void append_message(struct buf *out, const struct cosigned *cosigned)
{
    buf_append(out, SUBTREE_LABEL, sizeof(SUBTREE_LABEL));
    append_vector(out, cosigned->cosigner_name);
    buf_append_be64(out, cosigned->time_s);
    append_vector(out, cosigned->origin);
    buf_append_be64(out, cosigned->range.begin);
    buf_append_be64(out, cosigned->range.end);
    buf_append_bytes(out, hash_bytes(cosigned->hash));
}

static bool append_mldsa(struct buf *out, const struct cosigner *cosigner,
                         const struct cosigned *cosigned, struct err *err)
{
    uint8_t signature[MLDSA_SIGNATURE_LEN];
    struct buf message = {0};
    bool ok;

    append_message(&message, cosigned);
    ok = mldsa_sign(cosigner->mldsa, signature, bytes_of_buf(&message), err) ||
         err_wrap(err, "cosign");
    if (ok)
        append_timed(out, cosigner->name, cosigner->mldsa_key_id, cosigned->time_s,
                     bytes_of(signature, sizeof(signature)));
    buf_cleanup(&message);
    return ok;
}

bool cosignature_append(struct buf *out, const struct cosigner *cosigner, uint64_t time_s,
                        const struct checkpoint *checkpoint, struct bytes text, struct err *err)
{
    struct cosigned cosigned = {
        .cosigner_name = cosigner->name,
        .time_s = time_s,
        .origin = checkpoint->origin,
        .range = {.begin = 0, .end = checkpoint->size},
        .hash = &checkpoint->root,
    };

    CHECK(time_s > 0 && time_s <= INT64_MAX);
    return append_ed25519(out, cosigner, time_s, text, err) &&
           (cosigner->mldsa == NULL || append_mldsa(out, cosigner, &cosigned, err));
}

/* Only whole trees are seen to be the largest at a time: a part has none. */
bool cosignature_append_subtree(struct buf *out, const struct cosigner *cosigner,
                                const char *origin, struct entry_range range,
                                const struct hash *hash, struct err *err)
{
    struct cosigned cosigned = {
        .cosigner_name = cosigner->name, .origin = origin, .range = range, .hash = hash};

    return append_mldsa(out, cosigner, &cosigned, err);
}

bool cosignature_verify_mldsa(const struct note_verifier *verifier, struct bytes timed_signature,
                              struct bytes text, uint64_t *out_time_s)
{
    struct checkpoint checkpoint;
    struct cosigned cosigned = {.cosigner_name = verifier->name, .origin = checkpoint.origin};
    struct buf message = {0};
    struct err err = {0};
    bool ok;

    if (timed_signature.len != TIME_LEN + MLDSA_SIGNATURE_LEN ||
        strlen(verifier->name) > VECTOR_LEN_MAX || !checkpoint_parse_text(&checkpoint, text, &err))
        return false;
    cosigned.time_s = read_be64(timed_signature.data);
    cosigned.range.end = checkpoint.size;
    cosigned.hash = &checkpoint.root;
    if (cosigned.time_s > INT64_MAX)
        return false;
    append_message(&message, &cosigned);
    ok = mldsa_verify(verifier->mldsa, bytes_of_buf(&message),
                      bytes_slice(timed_signature, TIME_LEN, timed_signature.len));
    buf_cleanup(&message);
    if (ok)
        *out_time_s = cosigned.time_s;
    return ok;
}
