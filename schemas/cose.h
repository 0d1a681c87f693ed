/* COSE_Sign1 (RFC 9052, 4.2): its four parts, and the bytes that are signed. */
#ifndef VOUCH_SCHEMAS_COSE_H
#define VOUCH_SCHEMAS_COSE_H

#include "base/bytes.h"
#include "base/err.h"
#include "merkle/hash.h"

/* COSE header labels in use. */
enum {
    COSE_HEADER_ALG = 1,
    COSE_HEADER_CRIT = 2,
    COSE_HEADER_CONTENT_TYPE = 3,
    COSE_HEADER_KID = 4,
    COSE_HEADER_CWT_CLAIMS = 15,
    COSE_HEADER_RECEIPTS = 394,
    COSE_HEADER_VDS = 395,
    COSE_HEADER_VDP = 396,
    COSE_TAG_SIGN1 = 18,
    COSE_VDS_RFC9162_SHA256 = 1,
    COSE_VDP_INCLUSION = -1,
    COSE_VDP_CONSISTENCY = -2,
};

/* Borrows from the message it was decoded from. */
struct cose_sign1 {
    struct bytes protected_header;   /* content of the byte string: an encoded map */
    struct bytes unprotected_header; /* the encoded map itself, head included */
    bool has_payload;                /* false: detached (nil) */
    struct bytes payload;
    struct bytes signature;
};

/* Exactly one tagged COSE_Sign1, deterministically encoded, without trailing bytes. */
MUST_USE bool cose_sign1_decode(struct cose_sign1 *out, struct bytes message, struct err *err);

/*
 * As cose_sign1_decode for messages of programs that order their headers otherwise: what is in
 * the headers is not looked at, so whoever reads them must refuse a label that is there twice.
 */
MUST_USE bool cose_sign1_decode_foreign(struct cose_sign1 *out, struct bytes message,
                                        struct err *err);

/* 18([protected, unprotected, payload, signature]); an empty unprotected_header means {}. */
void cose_sign1_encode(struct buf *out, const struct cose_sign1 *message);

/* Appends Sig_structure ["Signature1", protected, h'', payload] (RFC 9052, 4.4). */
void cose_sig_structure(struct buf *out, struct bytes protected_header, struct bytes payload);

/* SHA-256 of the Sig_structure without building it. */
void cose_sig_structure_hash(struct hash *out, struct bytes protected_header, struct bytes payload);

#endif
