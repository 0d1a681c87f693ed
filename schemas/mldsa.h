/*
 * ML-DSA-44 (FIPS 204), for cosignatures of type 0x06. Whether there is such a thing is found out
 * when it is needed: the OpenSSL that a program runs with has it from version 3.5 on.
 */
#ifndef VOUCH_SCHEMAS_MLDSA_H
#define VOUCH_SCHEMAS_MLDSA_H

#include "base/bytes.h"
#include "base/err.h"

enum { MLDSA_KEY_LEN = 1312, MLDSA_SIGNATURE_LEN = 2420 };

bool mldsa_is_available(void);
MUST_USE bool mldsa_check_available(struct err *err); /* ERR_NOT_FOUND: the version that has it */

/* Immutable after it is made; may be used by many threads at once. */
struct mldsa_key;

/* ERR_INVALID when it is no key. Where OpenSSL does not know the algorithm, bytes are kept that
 * verify nothing. */
MUST_USE bool mldsa_key_from_raw(struct mldsa_key **out, struct bytes raw, struct err *err);
bool mldsa_key_is_usable(const struct mldsa_key *key); /* false: OpenSSL did not know it */
struct bytes mldsa_key_raw(const struct mldsa_key *key); /* MLDSA_KEY_LEN bytes */
void mldsa_key_free(struct mldsa_key *key);              /* accepts NULL */

/* Plain false for every kind of failure. */
MUST_USE bool mldsa_verify(const struct mldsa_key *key, struct bytes message,
                           struct bytes signature);

/* A private key. Any thread may sign. */
struct mldsa_signer;

/* From a PEM PKCS#8 file; refuses one that others than the owner can read. */
MUST_USE bool mldsa_signer_open_file(struct mldsa_signer **out, const char *path,
                                     struct err *err);
/* A new key; its PKCS#8 PEM is appended to out_pem. */
MUST_USE bool mldsa_signer_generate(struct mldsa_signer **out, struct buf *out_pem,
                                    struct err *err);
MUST_USE bool mldsa_sign(struct mldsa_signer *signer, uint8_t out[MLDSA_SIGNATURE_LEN],
                         struct bytes message, struct err *err);
const struct mldsa_key *mldsa_signer_key(const struct mldsa_signer *signer);
void mldsa_signer_close(struct mldsa_signer *signer); /* accepts NULL */

#endif
