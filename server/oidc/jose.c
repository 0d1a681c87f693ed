#include "server/oidc/jose.h"

#include <stdlib.h>
#include <string.h>

#include <cjose/cjose.h>
#include <jansson.h>

#include "base/text.h"

struct alg {
    const char *name;
    const char *kty;
    const char *crv; /* NULL: not for elliptic curves */
};

static const struct alg ALGS[JOSE_ALG_COUNT] = {
    [JOSE_ES256] = {"ES256", "EC", "P-256"}, [JOSE_ES384] = {"ES384", "EC", "P-384"},
    [JOSE_ES512] = {"ES512", "EC", "P-521"}, [JOSE_PS256] = {"PS256", "RSA", NULL},
    [JOSE_PS384] = {"PS384", "RSA", NULL},   [JOSE_PS512] = {"PS512", "RSA", NULL},
    [JOSE_RS256] = {"RS256", "RSA", NULL},   [JOSE_RS384] = {"RS384", "RSA", NULL},
    [JOSE_RS512] = {"RS512", "RSA", NULL},
};

const char *jose_alg_name(enum jose_alg alg)
{
    CHECK(alg < JOSE_ALG_COUNT);
    return ALGS[alg].name;
}

uint32_t jose_alg_bit(enum jose_alg alg)
{
    return UINT32_C(1) << alg;
}

bool jose_alg_find(enum jose_alg *out, const char *name)
{
    for (unsigned i = 0; i < JOSE_ALG_COUNT; i++) {
        if (strcmp(ALGS[i].name, name) == 0) {
            *out = (enum jose_alg)i;
            return true;
        }
    }
    return false;
}

/* ---- keys ---- */

struct jose_key {
    char kid[JOSE_KID_LEN_MAX + 1]; /* "": absent */
    uint32_t algs;                  /* bits: what it may verify */
    size_t signature_len;
    cjose_jwk_t *jwk; /* cjose changes nothing in a key that it verifies with */
};

/* A member that must be text if it is there; NULL: absent. */
static bool read_text(const char **out, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    *out = json_string_value(value);
    return value == NULL || *out != NULL;
}

static bool list_has(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));

        if (item != NULL && strcmp(item, word) == 0)
            return true;
    }
    return false;
}

/* What a key is for, by its type and by what it says itself (RFC 7517, 4). */
static uint32_t find_algs(const json_t *object)
{
    const char *kty;
    const char *crv;
    const char *use;
    const char *alg;
    const json_t *operations = json_object_get(object, "key_ops");
    uint32_t bits = 0;

    if (!read_text(&kty, object, "kty") || kty == NULL || !read_text(&crv, object, "crv") ||
        !read_text(&use, object, "use") || !read_text(&alg, object, "alg"))
        return 0;
    if ((use != NULL && strcmp(use, "sig") != 0) ||
        (operations != NULL && !list_has(operations, "verify")))
        return 0;
    for (unsigned i = 0; i < JOSE_ALG_COUNT; i++) {
        const struct alg *row = &ALGS[i];

        if (strcmp(kty, row->kty) == 0 && (alg == NULL || strcmp(alg, row->name) == 0) &&
            (row->crv == NULL || (crv != NULL && strcmp(crv, row->crv) == 0)))
            bits |= jose_alg_bit((enum jose_alg)i);
    }
    return bits;
}

/* Length of a member in bytes once decoded; 0 when there is nothing to decode. */
static size_t decoded_len(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    struct buf decoded = {0};
    size_t len = 0;

    if (text != NULL && text_parse_base64url(&decoded, bytes_of_text(text)))
        len = decoded.len;
    buf_cleanup(&decoded);
    return len;
}

/* Bounds the work of a verification: cjose takes a modulus and an exponent of any length. */
static bool rsa_is_within_limits(const json_t *object)
{
    size_t modulus_len = decoded_len(object, "n");
    size_t exponent_len = decoded_len(object, "e");

    return modulus_len >= JOSE_RSA_BITS_MIN / 8 && modulus_len <= JOSE_RSA_BITS_MAX / 8 &&
           exponent_len >= 1 && exponent_len <= 4;
}

/* Both coordinates have the full length of the curve's field (RFC 7518, 6.2.1.2). */
static bool point_is_whole(const json_t *object)
{
    const char *crv = json_string_value(json_object_get(object, "crv"));
    size_t len = strcmp(crv, "P-256") == 0 ? 32 : strcmp(crv, "P-384") == 0 ? 48 : 66;

    return decoded_len(object, "x") == len && decoded_len(object, "y") == len;
}

/*
 * What cjose gets to see: the members that make a public key, each of them checked. It ends the
 * process over a member that is not base64url; other members it does not need.
 */
static cjose_jwk_t *import_public(const json_t *object, bool is_rsa)
{
    static const char *const members[2][4] = {{"kty", "crv", "x", "y"}, {"kty", "n", "e", NULL}};
    cjose_jwk_t *jwk;
    json_t *clean;

    if (is_rsa ? !rsa_is_within_limits(object) : !point_is_whole(object))
        return NULL;
    clean = json_object();
    CHECK(clean != NULL);
    for (size_t i = 0; i < 4 && members[is_rsa][i] != NULL; i++)
        CHECK(json_object_set(clean, members[is_rsa][i],
                              json_object_get(object, members[is_rsa][i])) == 0);
    jwk = cjose_jwk_import_json((cjose_header_t *)clean, NULL);
    json_decref(clean);
    return jwk;
}

/* False: the key is of no use to us, and not kept. */
static bool read_key(struct jose_key *out, const json_t *object)
{
    const char *kid;
    bool is_rsa;
    size_t bits;

    out->algs = find_algs(object);
    if (out->algs == 0 || json_object_get(object, "d") != NULL ||
        !read_text(&kid, object, "kid") || (kid != NULL && strlen(kid) > JOSE_KID_LEN_MAX))
        return false;
    is_rsa = strcmp(json_string_value(json_object_get(object, "kty")), "RSA") == 0;
    if (kid != NULL)
        memcpy(out->kid, kid, strlen(kid) + 1);
    out->jwk = import_public(object, is_rsa);
    if (out->jwk == NULL)
        return false;
    bits = cjose_jwk_get_keysize(out->jwk, NULL);
    out->signature_len = (bits + 7) / 8 * (is_rsa ? 1 : 2);
    return true;
}

static void keys_free(struct snapshot *snapshot)
{
    struct jose_keys *keys = (struct jose_keys *)snapshot;

    for (size_t i = 0; i < keys->count; i++)
        cjose_jwk_release(keys->keys[i].jwk);
    free(keys->keys);
    free(keys);
}

static bool read_keys(struct jose_keys *keys, const json_t *set, struct err *err)
{
    const json_t *list = json_object_get(set, "keys");
    size_t count = json_array_size(list);

    if (!json_is_array(list))
        return err_set(err, ERR_INVALID, "not a JWK Set: there is no list \"keys\"");
    if (count > JOSE_KEYS_MAX)
        return err_set(err, ERR_INVALID, "the JWK Set has more than %d keys", JOSE_KEYS_MAX);
    keys->keys = mem_alloc_array(count, sizeof(*keys->keys));
    for (size_t i = 0; i < count; i++) {
        if (read_key(&keys->keys[keys->count], json_array_get(list, i)))
            keys->count++;
        else
            keys->keys[keys->count] = (struct jose_key){0};
    }
    return keys->count > 0 ||
           err_set(err, ERR_INVALID, "the JWK Set has no key that can verify a token");
}

bool jose_keys_parse(struct jose_keys **out, struct bytes json, struct err *err)
{
    struct jose_keys *keys;
    json_error_t json_error;
    json_t *set;
    bool ok;

    if (json.len > JOSE_KEY_SET_LEN_MAX)
        return err_set(err, ERR_INVALID, "the JWK Set is longer than %d bytes",
                       JOSE_KEY_SET_LEN_MAX);
    set = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &json_error);
    if (set == NULL)
        return err_set(err, ERR_INVALID, "not a JWK Set: line %d: %s", json_error.line,
                       json_error.text);
    keys = mem_alloc(sizeof(*keys));
    snapshot_init(&keys->snapshot, keys_free);
    hash_sha256(&keys->digest, json);
    ok = read_keys(keys, set, err);
    json_decref(set);
    if (ok)
        *out = keys;
    else
        snapshot_release(&keys->snapshot);
    return ok;
}

/* ---- tokens ---- */

/* A header parameter that must be short text if it is there; "" in out: absent. */
static bool copy_parameter(char *out, size_t len_max, const json_t *header, const char *name)
{
    const char *text;

    out[0] = '\0';
    if (!read_text(&text, header, name))
        return false;
    if (text == NULL)
        return true;
    if (text[0] == '\0' || strlen(text) > len_max)
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool read_header(struct jose_token *out, struct bytes encoded, struct err *err)
{
    struct buf text = {0};
    json_t *header = NULL;
    bool ok = false;

    if (text_parse_base64url(&text, encoded))
        header = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(header))
        err_set(err, ERR_INVALID, "the header is not a JSON object in base64url");
    else if (json_object_get(header, "crit") != NULL)
        err_set(err, ERR_INVALID, "the header demands extensions (crit)");
    else if (!copy_parameter(out->alg, JOSE_NAME_LEN_MAX, header, "alg") || out->alg[0] == '\0' ||
             !copy_parameter(out->typ, JOSE_NAME_LEN_MAX, header, "typ") ||
             !copy_parameter(out->kid, JOSE_KID_LEN_MAX, header, "kid"))
        err_set(err, ERR_INVALID, "alg, typ or kid in the header is not short text");
    else
        ok = true;
    json_decref(header);
    buf_cleanup(&text);
    return ok;
}

bool jose_token_parse(struct jose_token *out, struct bytes compact, struct err *err)
{
    struct bytes rest = compact;
    struct bytes header;
    struct bytes payload;

    *out = (struct jose_token){.compact = compact};
    if (compact.len > JOSE_TOKEN_LEN_MAX)
        return err_set(err, ERR_INVALID, "the token is longer than %d bytes", JOSE_TOKEN_LEN_MAX);
    if (!text_split(&rest, &header, '.') || !text_split(&rest, &payload, '.') ||
        memchr(rest.data, '.', rest.len) != NULL)
        return err_set(err, ERR_INVALID, "a signed token has three parts, divided by dots");
    if (!read_header(out, header, err))
        return false;
    if (payload.len > 0 && text_parse_base64url(&out->payload, payload))
        return true;
    jose_token_cleanup(out);
    return err_set(err, ERR_INVALID, "the payload is not base64url");
}

void jose_token_cleanup(struct jose_token *token)
{
    buf_cleanup(&token->payload);
}

/* The one key a token can mean: that of its name, or without a name the only one that fits. */
static const struct jose_key *find_key(const struct jose_keys *keys, const char *kid, uint32_t alg,
                                       enum jose_verdict *out_failure)
{
    const struct jose_key *found = NULL;
    size_t fitting = 0;

    *out_failure = JOSE_KEY_UNKNOWN;
    for (size_t i = 0; i < keys->count; i++) {
        const struct jose_key *key = &keys->keys[i];

        if (kid[0] != '\0' && strcmp(key->kid, kid) != 0)
            continue;
        if ((key->algs & alg) != 0) {
            found = key;
            fitting++;
        } else if (kid[0] != '\0') {
            *out_failure = JOSE_ALG_REFUSED;
        }
    }
    return fitting == 1 ? found : NULL;
}

/* cjose would divide an ECDSA signature of any length into halves. */
static bool signature_has_length(struct bytes compact, size_t want)
{
    const uint8_t *dot = memrchr(compact.data, '.', compact.len);
    size_t begin = (size_t)(dot - compact.data) + 1;
    struct buf signature = {0};
    bool ok = text_parse_base64url(&signature, bytes_slice(compact, begin, compact.len)) &&
              signature.len == want;

    buf_cleanup(&signature);
    return ok;
}

static bool verify_with(const struct jose_token *token, const struct jose_key *key)
{
    uint8_t *payload;
    size_t payload_len;
    cjose_jws_t *jws;
    bool ok;

    if (!signature_has_length(token->compact, key->signature_len))
        return false;
    jws = cjose_jws_import((const char *)token->compact.data, token->compact.len, NULL);
    if (jws == NULL)
        return false;
    /* What was verified is what was taken apart. */
    ok = cjose_jws_verify(jws, key->jwk, NULL) &&
         cjose_jws_get_plaintext(jws, &payload, &payload_len, NULL) &&
         bytes_equal(bytes_of(payload, payload_len), bytes_of_buf(&token->payload));
    cjose_jws_release(jws);
    return ok;
}

enum jose_verdict jose_token_verify(const struct jose_token *token, const struct jose_keys *keys,
                                    uint32_t allowed)
{
    const struct jose_key *key;
    enum jose_verdict failure;
    enum jose_alg alg;

    if (!jose_alg_find(&alg, token->alg) || (allowed & jose_alg_bit(alg)) == 0)
        return JOSE_ALG_REFUSED;
    key = find_key(keys, token->kid, jose_alg_bit(alg), &failure);
    if (key == NULL)
        return failure;
    return verify_with(token, key) ? JOSE_VERIFIED : JOSE_SIGNATURE_BAD;
}
