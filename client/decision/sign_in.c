#include "client/decision/sign_in.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "schemas/approval_nonce.h"
#include "schemas/record_maker.h"

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct bytes without_blanks(struct bytes text)
{
    while (text.len > 0 && is_blank(text.data[0]))
        text = bytes_slice(text, 1, text.len);
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

static void wipe(struct buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->capacity);
    buf_cleanup(buf);
}

/* header.payload.signature, each base64url: nothing that could end the line of a header. */
static bool split(struct buf *out_payload, struct bytes compact)
{
    struct buf ignored = {0};
    struct bytes header;
    struct bytes payload;
    bool ok = text_split(&compact, &header, '.') && text_split(&compact, &payload, '.') &&
              header.len > 0 && text_parse_base64url(&ignored, header) &&
              text_parse_base64url(&ignored, compact) && text_parse_base64url(out_payload, payload);

    wipe(&ignored);
    return ok;
}

/* ---- claims ---- */

static bool claim_missing(const char *name, const char *want, struct err *err)
{
    return err_set(err, ERR_INVALID, "the ID token's claim %s is missing or no good: %s is needed",
                   name, want);
}

static bool check_text(const struct sign_in *sign_in, const char *name, struct err *err)
{
    return token_claims_text(sign_in->claims, name, SIGN_IN_CLAIM_LEN_MAX) != NULL ||
           claim_missing(name, "text", err);
}

static bool read_time(const struct sign_in *sign_in, const char *name, uint64_t *out_s,
                      struct err *err)
{
    return token_claims_time(sign_in->claims, name, out_s) ||
           claim_missing(name, "seconds since 1970", err);
}

static bool check_amr(const struct sign_in *sign_in, struct err *err)
{
    size_t count = token_claims_list_count(sign_in->claims, "amr");
    bool ok =
        token_claims_is_list(sign_in->claims, "amr") && count >= 1 && count <= SIGN_IN_AMR_MAX;

    for (size_t i = 0; ok && i < count; i++)
        ok = token_claims_list_text(sign_in->claims, "amr", i, SIGN_IN_CLAIM_LEN_MAX) != NULL;
    return ok || claim_missing("amr", "a list of 1 to 16 values of RFC 8176", err);
}

static bool read_claims(struct sign_in *out, const char *actor_claim, struct err *err)
{
    out->actor_id = token_claims_text(out->claims, actor_claim, SIGN_IN_CLAIM_LEN_MAX);
    out->nonce = token_claims_text(out->claims, "nonce", SIGN_IN_CLAIM_LEN_MAX);
    return check_text(out, "iss", err) && check_text(out, "jti", err) &&
           check_text(out, actor_claim, err) && check_amr(out, err) &&
           (!token_claims_has(out->claims, "acr") || check_text(out, "acr", err)) &&
           read_time(out, "auth_time", &out->auth_time_s, err) &&
           read_time(out, "iat", &out->iat_s, err) && read_time(out, "exp", &out->exp_s, err);
}

bool sign_in_parse(struct sign_in *out, struct bytes token, const char *actor_claim,
                   struct err *err)
{
    struct buf payload = {0};
    bool ok;

    token = without_blanks(token);
    ok = split(&payload, token) ||
         err_set(err, ERR_INVALID, "no ID token: header.payload.signature in base64url is needed");
    ok = ok && (token_claims_parse(&out->claims, bytes_of_buf(&payload), err) ||
                err_wrap(err, "ID token"));
    wipe(&payload);
    if (!ok)
        return false;
    buf_append_bytes(&out->compact, token);
    return read_claims(out, actor_claim, err);
}

bool sign_in_read(struct sign_in *out, const char *path, const char *actor_claim, struct err *err)
{
    struct buf content = {0};
    bool ok = file_read(&content, path, SIGN_IN_TOKEN_LEN_MAX, err) &&
              (sign_in_parse(out, bytes_of_buf(&content), actor_claim, err) ||
               err_wrap(err, "%s", path));

    wipe(&content);
    return ok;
}

void sign_in_cleanup(struct sign_in *sign_in)
{
    wipe(&sign_in->compact);
    token_claims_free(sign_in->claims);
    *sign_in = (struct sign_in){0};
}

/* ---- whether it serves ---- */

bool sign_in_check_nonce(const struct sign_in *sign_in, const struct hash *action_digest,
                         struct bytes request_nonce, struct err *err)
{
    char want[APPROVAL_NONCE_LEN + 1];

    approval_nonce_derive(want, action_digest, request_nonce);
    if (sign_in->nonce != NULL && strcmp(sign_in->nonce, want) == 0)
        return true;
    return err_set(err, ERR_INVALID,
                   "the ID token was issued for something else: sign in again with the nonce %s",
                   want);
}

bool sign_in_check_time(const struct sign_in *sign_in, uint64_t now_ms, struct err *err)
{
    uint64_t now_s = now_ms / 1000;

    if (now_s >= sign_in->exp_s)
        return err_set(err, ERR_INVALID,
                       "the ID token expired %" PRIu64 " s ago: sign in again",
                       now_s - sign_in->exp_s);
    if (now_s < sign_in->iat_s || now_s < sign_in->auth_time_s)
        return err_set(err, ERR_INVALID,
                       "the ID token is from the future: this machine's clock may be wrong");
    return true;
}

/* ---- what goes into records ---- */

static void put_claim(struct record_maker *maker, const struct sign_in *sign_in, const char *name)
{
    const char *text = token_claims_text(sign_in->claims, name, SIGN_IN_CLAIM_LEN_MAX);

    if (text != NULL)
        record_maker_put_literal(maker, name, text);
}

static void append_authentication(struct buf *out, const struct sign_in *sign_in)
{
    size_t count = token_claims_list_count(sign_in->claims, "amr");
    struct record_maker maker = {0};
    struct buf amr = {0};

    dcbor_put_array(&amr, count);
    for (size_t i = 0; i < count; i++)
        dcbor_put_literal(&amr, token_claims_list_text(sign_in->claims, "amr", i,
                                                       SIGN_IN_CLAIM_LEN_MAX));
    record_maker_put_encoded(&maker, "amr", bytes_of_buf(&amr));
    record_maker_put_uint(&maker, "auth_time", sign_in->auth_time_s);
    put_claim(&maker, sign_in, "iss");
    put_claim(&maker, sign_in, "acr");
    record_maker_finish(&maker, out);
    buf_cleanup(&amr);
}

void sign_in_append_actor(struct buf *out, const struct sign_in *sign_in, const char *role)
{
    struct record_maker maker = {0};
    struct buf authentication = {0};

    append_authentication(&authentication, sign_in);
    record_maker_put_literal(&maker, "kind", "human");
    record_maker_put_literal(&maker, "id", sign_in->actor_id);
    if (role != NULL)
        record_maker_put_literal(&maker, "role", role);
    record_maker_put_encoded(&maker, "authentication", bytes_of_buf(&authentication));
    record_maker_finish(&maker, out);
    buf_cleanup(&authentication);
}

void sign_in_append_token(struct buf *out, const struct sign_in *sign_in)
{
    const char *jti = token_claims_text(sign_in->claims, "jti", SIGN_IN_CLAIM_LEN_MAX);
    struct record_maker maker = {0};
    struct hash jti_hash;

    hash_sha256(&jti_hash, bytes_of_text(jti));
    record_maker_put_bytes(&maker, "jti_hash", hash_bytes(&jti_hash));
    record_maker_put_uint(&maker, "iat", sign_in->iat_s);
    record_maker_put_uint(&maker, "exp", sign_in->exp_s);
    record_maker_finish(&maker, out);
}
