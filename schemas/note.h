/* Signed notes (C2SP signed-note): a text and signatures by named keys. */
#ifndef VOUCH_SCHEMAS_NOTE_H
#define VOUCH_SCHEMAS_NOTE_H

#include "schemas/key.h"

struct mldsa_key;

enum {
    NOTE_LEN_MAX = 131072,
    NOTE_SIGNATURES_MAX = 32, /* a verifier must accept at least 16 */
    NOTE_NAME_LEN_MAX = 256,
    NOTE_TYPE_ED25519 = 0x01,
    NOTE_TYPE_COSIGNATURE = 0x04,
    NOTE_TYPE_MLDSA_COSIGNATURE = 0x06,
};

/* One signature line; borrows from the note. signature is without the key id. */
struct note_signature {
    struct bytes name;
    uint32_t key_id;
    uint8_t signature[SIGNATURE_LEN + 8]; /* type 0x04 has an 8-byte time in front */
    size_t signature_len;                 /* 0 when it is longer: of type 0x06, or unknown */
};

/* Borrows from the message it was parsed from. */
struct note {
    struct bytes text;  /* with its final newline, without the blank line */
    struct bytes lines; /* of signature, each with its newline */
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
    size_t signature_count; /* >= 1 */
};

/* Only canonical notes; ERR_INVALID says what is wrong. */
MUST_USE bool note_parse(struct note *out, struct bytes message, struct err *err);

/* A named key that verifies notes: the parsed form of a vkey. */
struct note_verifier {
    char name[NOTE_NAME_LEN_MAX + 1];
    uint32_t key_id;
    uint8_t type; /* NOTE_TYPE_... */
    struct public_key *key;  /* NULL for type 0x06 */
    struct mldsa_key *mldsa; /* type 0x06 */
};

/* "<name>+<hex key id>+<base64 type || key>". ERR_NOT_FOUND for a key of type 0x06 when OpenSSL
 * does not know ML-DSA-44. */
MUST_USE bool note_verifier_parse(struct note_verifier *out, struct bytes vkey, struct err *err);
/*
 * The same, but takes such a key: it is not usable then, which means that it verifies no note and
 * makes none bad.
 */
MUST_USE bool note_verifier_parse_any(struct note_verifier *out, struct bytes vkey,
                                      struct err *err);
bool note_verifier_is_usable(const struct note_verifier *verifier);

/* Whether both have the same key, whatever its type and names. */
bool note_verifier_same_key(const struct note_verifier *a, const struct note_verifier *b);

void note_verifier_append(struct buf *out, const struct note_verifier *verifier);
void note_verifier_cleanup(struct note_verifier *verifier);

/* The verifier of an Ed25519 key under a name (takes no ownership: key is copied). */
MUST_USE bool note_verifier_init(struct note_verifier *out, const char *name, uint8_t type,
                                 const struct public_key *key, struct err *err);

/* Whether name is usable as a key name: non-empty, no Unicode spaces, no plus. */
bool note_name_is_valid(struct bytes name);

uint32_t note_key_id(const char *name, uint8_t type, const struct public_key *key);

/* Appends "— name base64(key id || signature)\n". */
void note_append_signature(struct buf *out, const char *name, uint32_t key_id,
                           struct bytes signature);

/* The first signature with the verifier's name and key id, valid or not; false: there is none. */
bool note_find_signature(const struct note *note, const struct note_verifier *verifier,
                         size_t *out_i);

/* The line of signature number i, with its newline; borrowed from the note. */
struct bytes note_signature_line(const struct note *note, size_t i);

/* Appends what a type 0x04 signature signs: "cosignature/v1\ntime N\n" + text. */
void note_cosignature_message(struct buf *out, uint64_t time_s, struct bytes text);

/*
 * Whether the note carries a valid signature by verifier. A signature with its name and id that
 * does not verify makes the whole note bad: *out_bad is then set (may be NULL). For types 0x04 and
 * 0x06 out_time_s (may be NULL) gets the time of the cosignature.
 */
MUST_USE bool note_verify(const struct note *note, const struct note_verifier *verifier,
                          uint64_t *out_time_s, bool *out_bad);

#endif
