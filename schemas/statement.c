#include "schemas/statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schemas/dcbor.h"

/* CWT claim keys (RFC 8392, 4). */
enum { CLAIM_ISSUER = 1, CLAIM_SUBJECT = 2, CLAIM_AUDIENCE = 3, CLAIM_ISSUED_AT = 6 };

/* One member of the protected header or of the claims in it. */
struct member {
    int64_t label;
    const char *path;
    const char *want;
    bool is_required;
    bool (*read)(struct statement *out, struct dcbor_reader *reader, const struct member *member,
                 struct problem *problem);
};

/* ---- refusing ---- */

/* Not a statement of our form: where, what is there, what should be. Each may be NULL. */
static bool refuse(struct problem *problem, const char *path, const char *have, const char *want)
{
    problem_set(problem, PROBLEM_STATEMENT, "The message is not a statement: %s.",
                have == NULL ? "unexpected content" : have);
    return problem_add(problem, path, have, want);
}

static bool refuse_member(struct problem *problem, const struct member *member, const char *have)
{
    return refuse(problem, member->path, have, member->want);
}

static bool refuse_cbor(struct problem *problem, const char *path, const struct err *err)
{
    problem_set(problem, PROBLEM_CBOR, "The message is not deterministic CBOR: %s.", err->text);
    return problem_add(problem, path, NULL, NULL);
}

/* Is it bad CBOR, or good CBOR that is no statement? */
static bool refuse_cose(struct problem *problem, struct bytes message, const struct err *cause)
{
    struct dcbor_reader reader = dcbor_reader_of(message);
    struct cose_sign1 cose;
    struct err ignored = {0};
    struct err err = {0};

    if (!dcbor_skip(&reader, NULL, &err) || !dcbor_read_end(&reader, &err))
        return refuse_cbor(problem, NULL, &err);
    if (cose_sign1_decode_foreign(&cose, message, &ignored)) {
        if (cose.protected_header.len > 0 && !dcbor_check_any(cose.protected_header, &err))
            return refuse_cbor(problem, "/protected", &err);
        if (!dcbor_check_any(cose.unprotected_header, &err))
            return refuse_cbor(problem, "/unprotected", &err);
    }
    problem_set(problem, PROBLEM_STATEMENT, "The message is not a statement: %s.", cause->text);
    return problem_add(problem, NULL, NULL, "18([protected, unprotected, payload, signature])");
}

/* ---- the members, one reader each ---- */

static bool read_text_member(struct bytes *out, struct dcbor_reader *reader,
                             const struct member *member, size_t len_max, struct problem *problem)
{
    struct err err = {0};
    char have[64];

    if (!dcbor_read_text(reader, out, &err))
        return refuse_member(problem, member, err.text);
    if (out->len > 0 && out->len <= len_max)
        return true;
    snprintf(have, sizeof(have), "text of %zu bytes", out->len);
    return refuse_member(problem, member, have);
}

static bool read_alg(struct statement *out, struct dcbor_reader *reader,
                     const struct member *member, struct problem *problem)
{
    struct err err = {0};
    char have[32];

    if (!dcbor_read_int(reader, &out->alg, &err)) {
        problem_set(problem, PROBLEM_ALGORITHM, "The algorithm is not a number: %s.", err.text);
        return problem_add(problem, member->path, NULL, member->want);
    }
    switch (out->alg) {
    case COSE_ALG_ES256:
    case COSE_ALG_ESP256:
    case COSE_ALG_EDDSA:
    case COSE_ALG_ED25519:
        return true;
    default:
        snprintf(have, sizeof(have), "%" PRId64, out->alg);
        problem_set(problem, PROBLEM_ALGORITHM, "Signature algorithm %s is not accepted.", have);
        return problem_add(problem, member->path, have, member->want);
    }
}

static bool read_content_type(struct statement *out, struct dcbor_reader *reader,
                              const struct member *member, struct problem *problem)
{
    char have[128];

    if (!read_text_member(&out->content_type, reader, member, sizeof(have) - 1, problem))
        return false;
    if (bytes_equal_text(out->content_type, STATEMENT_TYPE_RECORDS) ||
        bytes_equal_text(out->content_type, STATEMENT_TYPE_LOG))
        return true;
    snprintf(have, sizeof(have), "%.*s", (int)out->content_type.len,
             (const char *)out->content_type.data);
    return refuse_member(problem, member, have);
}

static bool read_kid(struct statement *out, struct dcbor_reader *reader,
                     const struct member *member, struct problem *problem)
{
    struct err err = {0};
    char have[64];

    if (!dcbor_read_bytes(reader, &out->kid, &err))
        return refuse_member(problem, member, err.text);
    if (out->kid.len == HASH_LEN)
        return true;
    snprintf(have, sizeof(have), "key id of %zu bytes", out->kid.len);
    return refuse_member(problem, member, have);
}

static bool read_issuer(struct statement *out, struct dcbor_reader *reader,
                        const struct member *member, struct problem *problem)
{
    return read_text_member(&out->issuer, reader, member, ISSUER_LEN_MAX, problem);
}

static bool read_subject(struct statement *out, struct dcbor_reader *reader,
                         const struct member *member, struct problem *problem)
{
    return read_text_member(&out->subject, reader, member, SUBJECT_LEN_MAX, problem);
}

static bool read_audience(struct statement *out, struct dcbor_reader *reader,
                          const struct member *member, struct problem *problem)
{
    return read_text_member(&out->audience, reader, member, SUBJECT_LEN_MAX, problem);
}

static bool read_issued_at(struct statement *out, struct dcbor_reader *reader,
                           const struct member *member, struct problem *problem)
{
    struct err err = {0};

    if (!dcbor_read_uint(reader, &out->issued_at_s, &err))
        return refuse_member(problem, member, err.text);
    return true;
}

/* ---- maps of members ---- */

/* The index of label in the table, or count. */
static size_t find_member(const struct member *members, size_t count, int64_t label)
{
    size_t i = 0;

    while (i < count && members[i].label != label)
        i++;
    return i;
}

/* Reads a map with exactly the members of the table. Duplicates have been refused before. */
static bool read_members(struct statement *out, struct dcbor_reader *reader, const char *path,
                         const struct member *members, size_t member_count, struct problem *problem)
{
    uint64_t count = 0;
    unsigned seen = 0;
    struct err err = {0};

    if (!dcbor_read_map(reader, &count, &err))
        return refuse(problem, path, err.text, "a map");
    for (uint64_t i = 0; i < count; i++) {
        int64_t label;
        size_t found;

        if (!dcbor_read_int(reader, &label, &err))
            return refuse(problem, path, err.text, "integer labels only");
        found = find_member(members, member_count, label);
        if (found == member_count) {
            char have[64];

            snprintf(have, sizeof(have), "label %" PRId64 " is not allowed here", label);
            return refuse(problem, path, have, NULL);
        }
        if (!members[found].read(out, reader, &members[found], problem))
            return false;
        seen |= 1u << found;
    }
    for (size_t i = 0; i < member_count; i++) {
        if (members[i].is_required && (seen >> i & 1) == 0)
            return refuse_member(problem, &members[i], "a required member is missing");
    }
    return true;
}

static const struct member CLAIMS[] = {
    {CLAIM_ISSUER, "/protected/15/1", "iss, text of 1 to 200 bytes", true, read_issuer},
    {CLAIM_SUBJECT, "/protected/15/2", "sub, text of 1 to 300 bytes", false, read_subject},
    {CLAIM_AUDIENCE, "/protected/15/3", "aud, text of 1 to 300 bytes", false, read_audience},
    {CLAIM_ISSUED_AT, "/protected/15/6", "iat, whole seconds since 1970", true, read_issued_at},
};

static bool read_claims(struct statement *out, struct dcbor_reader *reader,
                        const struct member *member, struct problem *problem)
{
    return read_members(out, reader, member->path, CLAIMS, sizeof(CLAIMS) / sizeof(CLAIMS[0]),
                        problem);
}

static const struct member HEADERS[] = {
    {COSE_HEADER_ALG, "/protected/1", "-7, -9, -8 or -19", true, read_alg},
    {COSE_HEADER_CONTENT_TYPE, "/protected/3", STATEMENT_TYPE_RECORDS " or " STATEMENT_TYPE_LOG,
     true, read_content_type},
    {COSE_HEADER_KID, "/protected/4", "COSE Key Thumbprint, 32 bytes", true, read_kid},
    {COSE_HEADER_CWT_CLAIMS, "/protected/15", "map of CWT claims", true, read_claims},
};

/* ---- the statement ---- */

static bool check_parts(const struct cose_sign1 *cose, struct problem *problem)
{
    char have[64];

    if (!cose->has_payload) {
        problem_set(problem, PROBLEM_PAYLOAD_MISSING,
                    "The statement's payload is detached; it must be inside.");
        return problem_add(problem, "/payload", "null", "byte string");
    }
    if (cose->payload.len == 0) {
        problem_set(problem, PROBLEM_PAYLOAD_MISSING, "The statement's payload is empty.");
        return problem_add(problem, "/payload", "0 bytes", "one or more records");
    }
    if (cose->signature.len == SIGNATURE_LEN)
        return true;
    snprintf(have, sizeof(have), "signature of %zu bytes", cose->signature.len);
    return refuse(problem, "/signature", have, "64 bytes");
}

bool statement_decode_form(struct statement *out, struct bytes message, struct problem *problem)
{
    struct statement statement = {0};
    struct dcbor_reader reader;
    struct err err = {0};
    char have[32];

    if (message.len > STATEMENT_LEN_MAX) {
        snprintf(have, sizeof(have), "%zu bytes", message.len);
        problem_set(problem, PROBLEM_TOO_LARGE, "The statement is too large for one entry.");
        return problem_add(problem, NULL, have, "at most 65535 bytes");
    }
    if (!cose_sign1_decode(&statement.cose, message, &err))
        return refuse_cose(problem, message, &err);
    reader = dcbor_reader_of(statement.cose.protected_header);
    if (!read_members(&statement, &reader, "/protected", HEADERS,
                      sizeof(HEADERS) / sizeof(HEADERS[0]), problem) ||
        !check_parts(&statement.cose, problem))
        return false;
    *out = statement;
    return true;
}

void statement_identify(struct statement *statement)
{
    cose_sig_structure_hash(&statement->sid, statement->cose.protected_header,
                            statement->cose.payload);
}

bool statement_decode(struct statement *out, struct bytes message, struct problem *problem)
{
    if (!statement_decode_form(out, message, problem))
        return false;
    statement_identify(out);
    return true;
}

void statement_append_entry(struct buf *out, const struct statement *statement)
{
    struct cose_sign1 entry = statement->cose;

    entry.unprotected_header = bytes_of(NULL, 0);
    cose_sign1_encode(out, &entry);
}

bool statement_verify(const struct statement *statement, const struct public_key *key,
                      struct problem *problem)
{
    struct buf message = {0};
    bool is_valid;

    if (!bytes_equal(statement->kid, hash_bytes(public_key_thumbprint(key)))) {
        problem_set(problem, PROBLEM_SIGNATURE, "The statement names another key.");
        return problem_add(problem, "/protected/4", NULL, NULL);
    }
    if (!public_key_accepts(key, statement->alg)) {
        problem_set(problem, PROBLEM_ALGORITHM, "The key is not one of the statement's algorithm.");
        return problem_add(problem, "/protected/1", NULL, NULL);
    }
    /* For P-256 the hash is all that is needed, and a batch may be 64 KiB. */
    if (public_key_type(key) == KEY_ED25519)
        cose_sig_structure(&message, statement->cose.protected_header, statement->cose.payload);
    is_valid = public_key_verify_hashed(key, bytes_of_buf(&message), &statement->sid,
                                        statement->cose.signature);
    buf_cleanup(&message);
    if (is_valid)
        return true;
    problem_set(problem, PROBLEM_SIGNATURE, "The signature does not verify.");
    return problem_add(problem, "/signature", NULL, NULL);
}

static void put_claims(struct buf *out, const struct statement_claims *claims)
{
    dcbor_put_map(out, 2u + (claims->subject != NULL) + (claims->audience != NULL));
    dcbor_put_int(out, CLAIM_ISSUER);
    dcbor_put_literal(out, claims->issuer);
    if (claims->subject != NULL) {
        dcbor_put_int(out, CLAIM_SUBJECT);
        dcbor_put_literal(out, claims->subject);
    }
    if (claims->audience != NULL) {
        dcbor_put_int(out, CLAIM_AUDIENCE);
        dcbor_put_literal(out, claims->audience);
    }
    dcbor_put_int(out, CLAIM_ISSUED_AT);
    dcbor_put_uint(out, claims->issued_at_s);
}

static void put_protected(struct buf *out, const struct signer *signer,
                          const struct statement_claims *claims)
{
    dcbor_put_map(out, 4);
    dcbor_put_int(out, COSE_HEADER_ALG);
    dcbor_put_int(out, signer_cose_alg(signer));
    dcbor_put_int(out, COSE_HEADER_CONTENT_TYPE);
    dcbor_put_literal(out, claims->content_type);
    dcbor_put_int(out, COSE_HEADER_KID);
    dcbor_put_bytes(out, hash_bytes(public_key_thumbprint(signer->public_key)));
    dcbor_put_int(out, COSE_HEADER_CWT_CLAIMS);
    put_claims(out, claims);
}

/* Nothing leaves here that our own reader would refuse. */
static bool check_signed(struct bytes message, struct err *err)
{
    struct statement statement;
    struct problem problem = {0};

    if (statement_decode(&statement, message, &problem))
        return true;
    return err_set(err, ERR_INVALID, "sign statement: %s (%s)", problem.detail, problem.path);
}

bool statement_sign(struct buf *out, struct signer *signer, const struct statement_claims *claims,
                    struct bytes payload, struct err *err)
{
    struct buf protected_header = {0};
    struct buf message = {0};
    uint8_t signature[SIGNATURE_LEN];
    struct cose_sign1 cose;
    size_t before = out->len;
    bool ok;

    put_protected(&protected_header, signer, claims);
    cose_sig_structure(&message, bytes_of_buf(&protected_header), payload);
    ok = signer_sign(signer, signature, bytes_of_buf(&message), err);
    if (!ok)
        goto out;
    cose = (struct cose_sign1){
        .protected_header = bytes_of_buf(&protected_header),
        .has_payload = true,
        .payload = payload,
        .signature = bytes_of(signature, sizeof(signature)),
    };
    cose_sign1_encode(out, &cose);
    ok = check_signed(bytes_slice(bytes_of_buf(out), before, out->len), err);
    if (!ok)
        out->len = before;
out:
    buf_cleanup(&message);
    buf_cleanup(&protected_header);
    return ok;
}
