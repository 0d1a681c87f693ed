/*
 * Any bytes as an ID token, by their first byte: a whole token, which never verifies, since nobody
 * but us has the key; a payload, or a header, a line's end and a payload, which we sign: refused
 * with a problem, or within the limits of the records; or a JWK Set.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "schemas/key.h"
#include "server/oidc/id_token.h"
#include "tests/fuzz/fuzz.h"

static struct signer *signer;
static struct providers *providers;
static char issuer[] = "https://login.example";
static char audience[] = "vouch";
static char actor_claim[] = "sub";
static char path[] = "/tmp/vouch-fuzz-id-token-XXXXXX";
static struct provider_options options = {
    .issuer = issuer,
    .audience = audience,
    .keys = path,
    .actor_claim = actor_claim,
    .algs = 1 << JOSE_ES256,
    .clock_skew_s = 60,
    .keys_lifetime_s = 86400,
    .keys_refetch_s = 3600,
};

static void append_jwk_set(struct buf *out, struct bytes point)
{
    buf_append_text(out, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":\"");
    text_append_base64url(out, bytes_slice(point, 0, 32));
    buf_append_text(out, "\",\"y\":\"");
    text_append_base64url(out, bytes_slice(point, 32, 64));
    buf_append_text(out, "\"}]}");
}

static void set_up(void)
{
    struct buf text = {0};
    struct err err = {0};
    int fd = mkstemp(path);

    CHECK(fd >= 0);
    close(fd);
    CHECK(signer_generate(&signer, &text, KEY_P256, &err));
    buf_clear(&text);
    append_jwk_set(&text, public_key_raw(signer->public_key));
    CHECK(file_write_durable(path, bytes_of_buf(&text), 0600, &err));
    CHECK(providers_open(&providers, &options, 1, &err));
    unlink(path);
    buf_cleanup(&text);
}

static void check_set(struct bytes json)
{
    struct jose_keys *keys;
    struct err err = {0};

    if (jose_keys_parse(&keys, json, &err)) {
        CHECK(keys->count >= 1 && keys->count <= JOSE_KEYS_MAX);
        snapshot_release(&keys->snapshot);
    } else {
        CHECK(err.code == ERR_INVALID);
    }
}

static bool verify(struct id_token *out, struct bytes compact)
{
    struct problem problem = {0};
    bool ok = id_token_verify(providers, out, compact, NULL, UINT64_C(1795166500000), &problem);

    CHECK(ok == (problem.kind == PROBLEM_NONE));
    return ok;
}

static void verify_signed(struct bytes header, struct bytes payload)
{
    uint8_t signature[SIGNATURE_LEN];
    struct buf compact = {0};
    struct id_token token;
    struct err err = {0};

    text_append_base64url(&compact, header);
    buf_append_byte(&compact, '.');
    text_append_base64url(&compact, payload);
    CHECK(signer_sign(signer, signature, bytes_of_buf(&compact), &err));
    buf_append_byte(&compact, '.');
    text_append_base64url(&compact, bytes_of(signature, sizeof(signature)));
    if (verify(&token, bytes_of_buf(&compact))) {
        CHECK(strcmp(token.iss, issuer) == 0 && strcmp(token.sub, token.actor_id) == 0);
        CHECK(token.sub[0] != 0 && token.iat_s < token.exp_s);
        CHECK(token.amr_count >= 1 && token.amr_count <= ID_TOKEN_AMR_MAX);
        for (size_t i = 0; i < token.amr_count; i++)
            CHECK(token.amr[i][0] != 0 && strlen(token.amr[i]) <= ID_TOKEN_AMR_LEN_MAX);
    }
    buf_cleanup(&compact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes rest = bytes_of(data, len);
    struct bytes header = bytes_of_text("{\"alg\":\"ES256\"}");
    struct id_token token;

    if (providers == NULL)
        set_up();
    if (len == 0)
        return 0;
    rest = bytes_slice(rest, 1, len);
    switch (data[0]) {
    case 't':
        CHECK(!verify(&token, rest));
        break;
    case 'k':
        check_set(rest);
        break;
    case 'h':
        text_split(&rest, &header, '\n');
        verify_signed(header, rest);
        break;
    default:
        verify_signed(header, rest);
    }
    return 0;
}
