/*
 * Signature keys: Ed25519 and ECDSA P-256 with SHA-256 (ES256). key.c, key_pem.c and signer.c are
 * the only files that ask OpenSSL to sign or verify. Signatures are 64 bytes for both, as COSE and
 * signed notes carry them.
 */
#ifndef VOUCH_SCHEMAS_KEY_H
#define VOUCH_SCHEMAS_KEY_H

#include "base/bytes.h"
#include "base/err.h"
#include "merkle/hash.h"

enum key_type { KEY_ED25519, KEY_P256 };

enum { SIGNATURE_LEN = 64, KEY_FILE_LEN_MAX = 16384, COSE_KEY_LEN_MAX = 128 };

/* COSE algorithm numbers; ESP256 and Ed25519 are the fully specified names of the first two. */
enum { COSE_ALG_ES256 = -7, COSE_ALG_EDDSA = -8, COSE_ALG_ESP256 = -9, COSE_ALG_ED25519 = -19 };

/* Immutable after it is made; may be used by many threads at once. */
struct public_key;

/* PEM SubjectPublicKeyInfo. */
MUST_USE bool public_key_from_pem(struct public_key **out, struct bytes pem, struct err *err);
void public_key_append_pem(struct buf *out, const struct public_key *key);

/* COSE_Key (RFC 9052, 7): OKP/Ed25519 or EC2/P-256 with uncompressed coordinates, members
 * in any order; alg and kid are accepted, other members refused. */
MUST_USE bool public_key_from_cose(struct public_key **out, struct bytes cose_key, struct err *err);
/* With kid (the thumbprint) and alg, deterministic. */
void public_key_append_cose(struct buf *out, const struct public_key *key);

/* 32 bytes (Ed25519, RFC 8032), or 64: x and y (P-256). A point off the curve is refused. */
MUST_USE bool public_key_from_raw(struct public_key **out, enum key_type type, struct bytes raw,
                                  struct err *err);
/* 32 bytes (Ed25519), or 64: x and y (P-256). */
struct bytes public_key_raw(const struct public_key *key);

enum key_type public_key_type(const struct public_key *key);

/* COSE Key Thumbprint with SHA-256 (RFC 9679): the kid of this key everywhere in Vouch. */
const struct hash *public_key_thumbprint(const struct public_key *key);

/* Whether a COSE algorithm number is one this key can verify. */
bool public_key_accepts(const struct public_key *key, int64_t cose_alg);

bool public_key_equal(const struct public_key *a, const struct public_key *b);

/* Plain false for every kind of failure. */
MUST_USE bool public_key_verify(const struct public_key *key, struct bytes message,
                                struct bytes signature);

/* As public_key_verify, with SHA-256(message) already known: a P-256 key looks at nothing else,
 * an Ed25519 key only at the message. */
MUST_USE bool public_key_verify_hashed(const struct public_key *key, struct bytes message,
                                       const struct hash *message_hash, struct bytes signature);

void public_key_free(struct public_key *key);

/* The seam for private keys: OpenSSL here, a failing one in tests, PKCS#11 later. */
struct signer {
    bool (*sign)(struct signer *signer, uint8_t out[SIGNATURE_LEN], struct bytes message,
                 struct err *err);
    void (*close)(struct signer *signer);
    struct public_key *public_key; /* owned by the signer */
};

MUST_USE bool signer_sign(struct signer *signer, uint8_t out[SIGNATURE_LEN], struct bytes message,
                          struct err *err);
/* -7 for P-256, -8 for Ed25519. */
int64_t signer_cose_alg(const struct signer *signer);
void signer_close(struct signer *signer); /* accepts NULL */

/* From a PEM PKCS#8 file; refuses one that others than the owner can read. */
MUST_USE bool signer_open_file(struct signer **out, const char *path, struct err *err);
MUST_USE bool signer_open_pem(struct signer **out, struct bytes pem, struct err *err);

/* A new key; its PKCS#8 PEM is appended to out_pem. */
MUST_USE bool signer_generate(struct signer **out, struct buf *out_pem, enum key_type type,
                              struct err *err);

/* Random bytes from OpenSSL's generator. */
MUST_USE bool random_fill(uint8_t *out, size_t len, struct err *err);

#endif
