#include "tests/support/mldsa_witness.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

enum { TIME_S = 1795166000, BYTE = 7 };

/* As tlog-cosignature says, by hand: there is nothing else to make it with. */
static void make_up_vkey(struct mldsa_witness *witness)
{
    struct buf named = {0};
    struct buf material = {0};
    struct hash hash;

    buf_append_byte(&material, NOTE_TYPE_MLDSA_COSIGNATURE);
    memset(buf_extend(&material, MLDSA_KEY_LEN), BYTE, MLDSA_KEY_LEN);
    buf_append_text(&named, MLDSA_WITNESS_NAME "\n");
    buf_append_bytes(&named, bytes_of_buf(&material));
    hash_sha256(&hash, bytes_of_buf(&named));
    witness->key_id = read_be32(hash.bytes);
    buf_append_format(&witness->vkey, MLDSA_WITNESS_NAME "+%08" PRIx32 "+", witness->key_id);
    text_append_base64(&witness->vkey, bytes_of_buf(&material));
    buf_cleanup(&named);
    buf_cleanup(&material);
}

void mldsa_witness_init(struct mldsa_witness *witness)
{
    struct buf pem = {0};
    struct err err = {0};

    *witness = (struct mldsa_witness){0};
    CHECK(signer_generate(&witness->signer, &pem, KEY_ED25519, &err));
    if (mldsa_is_available())
        CHECK(mldsa_signer_generate(&witness->mldsa, &pem, &err));
    CHECK(cosigner_init(&witness->cosigner, MLDSA_WITNESS_NAME, witness->signer, witness->mldsa,
                        &err));
    buf_cleanup(&pem);
    if (witness->mldsa == NULL) {
        make_up_vkey(witness);
        return;
    }
    CHECK(cosigner_append_vkey(&witness->vkey, &witness->cosigner, NOTE_TYPE_MLDSA_COSIGNATURE,
                               &err));
    witness->vkey.len--; /* the end of line */
    witness->key_id = witness->cosigner.mldsa_key_id;
}

void mldsa_witness_cleanup(struct mldsa_witness *witness)
{
    signer_close(witness->signer);
    mldsa_signer_close(witness->mldsa);
    buf_cleanup(&witness->vkey);
}

static void append_real(const struct mldsa_witness *witness, struct buf *out, struct bytes text)
{
    struct checkpoint checkpoint;
    struct buf lines = {0};
    struct err err = {0};
    struct bytes rest;
    struct bytes first;

    CHECK(checkpoint_parse_text(&checkpoint, text, &err) &&
          cosignature_append(&lines, &witness->cosigner, TIME_S, &checkpoint, text, &err));
    rest = bytes_of_buf(&lines);
    CHECK(text_split(&rest, &first, '\n')); /* the one of Ed25519 */
    buf_append_bytes(out, rest);
    buf_cleanup(&lines);
}

void mldsa_witness_append(const struct mldsa_witness *witness, struct buf *out, struct bytes text)
{
    uint8_t junk[8 + MLDSA_SIGNATURE_LEN];

    if (witness->mldsa != NULL) {
        append_real(witness, out, text);
        return;
    }
    memset(junk, BYTE, sizeof(junk));
    note_append_signature(out, MLDSA_WITNESS_NAME, witness->key_id, bytes_of(junk, sizeof(junk)));
}
