#include "schemas/receipt.h"

#include <string.h>

#include "schemas/dcbor.h"

enum { CLAIM_ISS = 1, CLAIM_SUB = 2 };

/* ---- writing ---- */

void receipt_append_protected(struct buf *out, const struct signer *signer, const char *origin)
{
    dcbor_put_map(out, 4);
    dcbor_put_int(out, COSE_HEADER_ALG);
    dcbor_put_int(out, signer_cose_alg(signer));
    dcbor_put_int(out, COSE_HEADER_KID);
    dcbor_put_bytes(out, hash_bytes(public_key_thumbprint(signer->public_key)));
    dcbor_put_int(out, COSE_HEADER_CWT_CLAIMS);
    dcbor_put_map(out, 2);
    dcbor_put_int(out, CLAIM_ISS);
    dcbor_put_literal(out, origin);
    dcbor_put_int(out, CLAIM_SUB);
    dcbor_put_literal(out, origin);
    dcbor_put_int(out, COSE_HEADER_VDS);
    dcbor_put_int(out, COSE_VDS_RFC9162_SHA256);
}

bool receipt_sign(uint8_t out[SIGNATURE_LEN], struct signer *signer, struct bytes protected_header,
                  const struct hash *root, struct err *err)
{
    struct buf message = {0};
    bool ok;

    cose_sig_structure(&message, protected_header, hash_bytes(root));
    ok = signer_sign(signer, out, bytes_of_buf(&message), err) || err_wrap(err, "sign receipt");
    buf_cleanup(&message);
    return ok;
}

/* [first, second, [hashes]]: both kinds of proof have this form. */
static void put_proof(struct buf *out, uint64_t first, uint64_t second, const struct proof *proof)
{
    dcbor_put_array(out, 3);
    dcbor_put_uint(out, first);
    dcbor_put_uint(out, second);
    dcbor_put_array(out, proof->count);
    for (size_t i = 0; i < proof->count; i++)
        dcbor_put_bytes(out, hash_bytes(&proof->hashes[i]));
}

/* A receipt with one proof of this kind, a COSE_VDP label. */
static void append_receipt(struct buf *out, struct bytes protected_header,
                           const uint8_t signature[SIGNATURE_LEN], int64_t kind,
                           struct bytes encoded_proof)
{
    struct buf unprotected = {0};
    struct cose_sign1 cose = {.protected_header = protected_header,
                              .signature = bytes_of(signature, SIGNATURE_LEN)};

    dcbor_put_map(&unprotected, 1);
    dcbor_put_int(&unprotected, COSE_HEADER_VDP);
    dcbor_put_map(&unprotected, 1);
    dcbor_put_int(&unprotected, kind);
    dcbor_put_array(&unprotected, 1);
    dcbor_put_bytes(&unprotected, encoded_proof);
    cose.unprotected_header = bytes_of_buf(&unprotected);
    cose_sign1_encode(out, &cose);
    buf_cleanup(&unprotected);
}

void receipt_append_inclusion(struct buf *out, struct bytes protected_header,
                              const uint8_t signature[SIGNATURE_LEN], uint64_t leaf_index,
                              uint64_t tree_size, const struct proof *proof)
{
    struct buf encoded = {0};

    CHECK(leaf_index < tree_size && (proof->count > 0 || tree_size == 1));
    put_proof(&encoded, tree_size, leaf_index, proof);
    append_receipt(out, protected_header, signature, COSE_VDP_INCLUSION, bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

void receipt_append_consistency(struct buf *out, struct bytes protected_header,
                                const uint8_t signature[SIGNATURE_LEN], uint64_t old_size,
                                uint64_t new_size, const struct proof *proof)
{
    struct buf encoded = {0};

    CHECK(old_size > 0 && old_size < new_size && proof->count > 0);
    put_proof(&encoded, old_size, new_size, proof);
    append_receipt(out, protected_header, signature, COSE_VDP_CONSISTENCY, bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

/* ---- reading ---- */

/*
 * Reads a label. One that is text is none of ours and becomes 0, as does an integer that is out
 * of range: both name headers to be ignored.
 */
static bool read_label(struct dcbor_reader *reader, int64_t *out, struct err *err)
{
    struct dcbor_item item;

    *out = 0;
    if (!dcbor_read(reader, &item, err))
        return false;
    if (item.type != DCBOR_TEXT && item.type != DCBOR_UINT && item.type != DCBOR_NINT)
        return err_set(err, ERR_INVALID, "a header label is neither integer nor text");
    if (item.type != DCBOR_TEXT && item.value <= INT32_MAX)
        *out = item.type == DCBOR_UINT ? (int64_t)item.value : -1 - (int64_t)item.value;
    return true;
}

static bool refuse_twice(unsigned *seen, unsigned bit, struct err *err)
{
    if ((*seen & 1u << bit) != 0)
        return err_set(err, ERR_INVALID, "a header is there twice");
    *seen |= 1u << bit;
    return true;
}

/* CWT claims (RFC 9597): only the issuer matters. */
static bool read_claims(struct receipt *out, struct dcbor_reader *reader, struct err *err)
{
    unsigned seen = 0;
    uint64_t count;
    int64_t label;

    if (!dcbor_read_map(reader, &count, err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        bool ok;

        if (!read_label(reader, &label, err))
            return false;
        if (label == CLAIM_ISS)
            ok = refuse_twice(&seen, 0, err) && dcbor_read_text(reader, &out->issuer, err);
        else
            ok = dcbor_skip(reader, NULL, err);
        if (!ok)
            return false;
    }
    return true;
}

static bool read_vds(struct dcbor_reader *reader, struct err *err)
{
    int64_t vds;

    if (!dcbor_read_int(reader, &vds, err))
        return false;
    if (vds != COSE_VDS_RFC9162_SHA256)
        return err_set(err, ERR_INVALID, "the verifiable data structure is not RFC9162_SHA256");
    return true;
}

enum { SEEN_ALG, SEEN_KID, SEEN_CLAIMS, SEEN_VDS };

static bool read_protected_header(struct receipt *out, struct dcbor_reader *reader, unsigned *seen,
                                  struct err *err)
{
    int64_t label;

    if (!read_label(reader, &label, err))
        return false;
    switch (label) {
    case COSE_HEADER_ALG:
        return refuse_twice(seen, SEEN_ALG, err) && dcbor_read_int(reader, &out->alg, err);
    case COSE_HEADER_KID:
        return refuse_twice(seen, SEEN_KID, err) && dcbor_read_bytes(reader, &out->kid, err);
    case COSE_HEADER_CWT_CLAIMS:
        return refuse_twice(seen, SEEN_CLAIMS, err) && read_claims(out, reader, err);
    case COSE_HEADER_VDS:
        return refuse_twice(seen, SEEN_VDS, err) && read_vds(reader, err);
    case COSE_HEADER_CRIT:
        return err_set(err, ERR_INVALID, "crit names headers that are not known");
    default:
        return dcbor_skip(reader, NULL, err);
    }
}

static bool read_protected(struct receipt *out, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(out->cose.protected_header);
    unsigned seen = 0;
    uint64_t count;

    if (!dcbor_read_map(&reader, &count, err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!read_protected_header(out, &reader, &seen, err))
            return false;
    }
    if ((seen & 1u << SEEN_ALG) == 0 || (seen & 1u << SEEN_VDS) == 0)
        return err_set(err, ERR_INVALID, "alg or vds is missing");
    return dcbor_read_end(&reader, err);
}

static bool read_hashes(struct proof *out, struct dcbor_reader *reader, struct err *err)
{
    uint64_t count;
    struct bytes hash;

    if (!dcbor_read_array(reader, &count, err))
        return false;
    if (count > PROOF_HASHES_MAX)
        return err_set(err, ERR_INVALID, "a path of more than %d hashes", PROOF_HASHES_MAX);
    out->count = (size_t)count;
    for (size_t i = 0; i < out->count; i++) {
        if (!dcbor_read_bytes(reader, &hash, err))
            return false;
        if (hash.len != HASH_LEN)
            return err_set(err, ERR_INVALID, "a hash of %zu bytes", hash.len);
        memcpy(out->hashes[i].bytes, hash.data, HASH_LEN);
    }
    return true;
}

static bool check_proof(const struct receipt *receipt, struct err *err)
{
    bool ok;

    if (receipt->is_consistency)
        ok = receipt->old_size > 0 && receipt->old_size < receipt->tree_size &&
             receipt->proof.count > 0;
    else
        ok = receipt->leaf_index < receipt->tree_size &&
             (receipt->proof.count > 0) == (receipt->tree_size > 1);
    if (!ok || receipt->tree_size > TREE_SIZE_MAX)
        return err_set(err, ERR_INVALID, "sizes and path do not make a proof");
    return true;
}

/* Lays open the proof that comes next in reader. */
static bool read_proof(struct receipt *out, struct dcbor_reader *reader, struct err *err)
{
    struct dcbor_reader inner;
    struct bytes encoded;
    uint64_t count;
    uint64_t first;
    uint64_t second;

    if (!dcbor_read_bytes(reader, &encoded, err))
        return false;
    inner = dcbor_reader_of(encoded);
    if (!dcbor_read_array(&inner, &count, err))
        return false;
    if (count != 3)
        return err_set(err, ERR_INVALID, "a proof does not have three parts");
    if (!dcbor_read_uint(&inner, &first, err) || !dcbor_read_uint(&inner, &second, err) ||
        !read_hashes(&out->proof, &inner, err) || !dcbor_read_end(&inner, err))
        return false;
    out->old_size = out->is_consistency ? first : 0;
    out->leaf_index = out->is_consistency ? 0 : second;
    out->tree_size = out->is_consistency ? second : first;
    return check_proof(out, err);
}

/* Checks that all proofs are well-formed and lays the first one open. */
static bool read_all_proofs(struct receipt *out, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(out->proofs);

    for (size_t i = 0; i < out->proof_count; i++) {
        if (!read_proof(out, &reader, err))
            return err_wrap(err, "proof");
    }
    reader = dcbor_reader_of(out->proofs);
    return read_proof(out, &reader, err);
}

/* The map of proofs: one kind, and at least one of it. */
static bool read_vdp(struct receipt *out, struct dcbor_reader *reader, struct err *err)
{
    uint64_t kinds;
    uint64_t count;
    int64_t kind;
    size_t begin;

    if (!dcbor_read_map(reader, &kinds, err))
        return false;
    if (kinds != 1)
        return err_set(err, ERR_INVALID, "not one kind of proof, but %llu",
                       (unsigned long long)kinds);
    if (!dcbor_read_int(reader, &kind, err) || !dcbor_read_array(reader, &count, err))
        return false;
    if (kind != COSE_VDP_INCLUSION && kind != COSE_VDP_CONSISTENCY)
        return err_set(err, ERR_INVALID, "a kind of proof that is not known");
    if (count < 1 || count > RECEIPT_PROOFS_MAX)
        return err_set(err, ERR_INVALID, "not 1 to %d proofs", RECEIPT_PROOFS_MAX);
    begin = reader->position;
    for (uint64_t i = 0; i < count; i++) {
        if (!dcbor_skip(reader, NULL, err))
            return false;
    }
    out->is_consistency = kind == COSE_VDP_CONSISTENCY;
    out->proofs = bytes_slice(reader->input, begin, reader->position);
    out->proof_count = (size_t)count;
    return read_all_proofs(out, err);
}

static bool read_unprotected(struct receipt *out, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(out->cose.unprotected_header);
    unsigned seen = 0;
    uint64_t count;
    int64_t label;

    if (!dcbor_read_map(&reader, &count, err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        bool ok;

        if (!read_label(&reader, &label, err))
            return false;
        if (label == COSE_HEADER_VDP)
            ok = refuse_twice(&seen, 0, err) && read_vdp(out, &reader, err);
        else if (label == COSE_HEADER_CRIT)
            ok = err_set(err, ERR_INVALID, "crit is not protected");
        else
            ok = dcbor_skip(&reader, NULL, err);
        if (!ok)
            return false;
    }
    return seen != 0 || err_set(err, ERR_INVALID, "no proofs");
}

bool receipt_decode(struct receipt *out, struct bytes message, struct err *err)
{
    *out = (struct receipt){0};
    if (message.len > RECEIPT_LEN_MAX)
        return err_set(err, ERR_INVALID, "a receipt of more than %d bytes", RECEIPT_LEN_MAX);
    if (!cose_sign1_decode_foreign(&out->cose, message, err) || !read_protected(out, err) ||
        !read_unprotected(out, err))
        return err_wrap(err, "receipt");
    if (out->cose.has_payload && out->cose.payload.len != HASH_LEN)
        return err_set(err, ERR_INVALID, "receipt: the payload is not a root");
    return true;
}

/* ---- verifying ---- */

bool receipt_verify_root(const struct receipt *receipt, const struct hash *root,
                         const struct public_key *key)
{
    struct buf message = {0};
    bool ok;

    if (!public_key_accepts(key, receipt->alg))
        return false;
    if (receipt->cose.has_payload && !bytes_equal(receipt->cose.payload, hash_bytes(root)))
        return false;
    cose_sig_structure(&message, receipt->cose.protected_header, hash_bytes(root));
    ok = public_key_verify(key, bytes_of_buf(&message), receipt->cose.signature);
    buf_cleanup(&message);
    return ok;
}

bool receipt_verify_inclusion(struct receipt *receipt, const struct hash *leaf,
                              const struct public_key *key, struct hash *out_root)
{
    struct dcbor_reader reader = dcbor_reader_of(receipt->proofs);
    struct err ignored = {0};
    struct hash root;

    if (receipt->is_consistency)
        return false;
    for (size_t i = 0; i < receipt->proof_count; i++) {
        if (!read_proof(receipt, &reader, &ignored))
            return false;
        if (inclusion_root(&root, leaf, receipt->leaf_index, receipt->tree_size, &receipt->proof) &&
            receipt_verify_root(receipt, &root, key)) {
            if (out_root != NULL)
                *out_root = root;
            return true;
        }
    }
    return false;
}

bool receipt_verify_consistency(struct receipt *receipt, const struct hash *old_root,
                                const struct hash *new_root, const struct public_key *key)
{
    struct dcbor_reader reader = dcbor_reader_of(receipt->proofs);
    struct err ignored = {0};

    if (!receipt->is_consistency || !receipt_verify_root(receipt, new_root, key))
        return false;
    for (size_t i = 0; i < receipt->proof_count; i++) {
        if (!read_proof(receipt, &reader, &ignored))
            return false;
        if (consistency_check(receipt->old_size, old_root, receipt->tree_size, new_root,
                              &receipt->proof))
            return true;
    }
    return false;
}
