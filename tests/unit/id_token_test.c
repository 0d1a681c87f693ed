#include "server/oidc/id_token.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/token_maker.h"

#define ISSUER "https://login.acme.example"
#define NONCE "kYKKjJA94GvwJHUV8eiDsa1_XvmZlf6oZS-KYOBspA4"
#define NOW_S UINT64_C(1795166500)
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"e\",\"typ\":\"JWT\"}"

/* One provider whose keys lie in a file. */
struct world {
    char path[64];
    char *acr_values[2];
    struct provider_options options;
    struct providers *providers;
    struct token_key *pen;
    struct token_key *stranger;
};

static void write_keys(const struct world *world, const struct token_key *key)
{
    struct buf json = {0};
    struct err err = {0};

    token_keys_append_set(&json, key, NULL);
    assert_true(file_write_durable(world->path, bytes_of_buf(&json), 0600, &err));
    buf_cleanup(&json);
}

static void open_providers(struct world *world)
{
    struct err err = {0};

    providers_close(world->providers);
    if (!providers_open(&world->providers, &world->options, 1, &err))
        fail_msg("%s", err.text);
}

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    int fd;

    strcpy(world->path, "/tmp/vouch-id-token-test-XXXXXX");
    fd = mkstemp(world->path);
    assert_true(fd >= 0);
    close(fd);
    world->pen = token_key_new("P-256", "e");
    world->stranger = token_key_new("P-256", "e");
    world->acr_values[0] = mem_copy_text("urn:acme:level:high");
    world->acr_values[1] = mem_copy_text("phrh");
    world->options = (struct provider_options){
        .issuer = mem_copy_text(ISSUER),
        .audience = mem_copy_text("vouch-approvals"),
        .keys = world->path,
        .actor_claim = mem_copy_text("sub"),
        .acr_values = world->acr_values,
        .algs = jose_alg_bit(JOSE_ES256) | jose_alg_bit(JOSE_RS256),
        .clock_skew_s = 60,
        .keys_lifetime_s = 3600,
        .keys_refetch_s = 30,
    };
    write_keys(world, world->pen);
    open_providers(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    providers_close(world->providers);
    unlink(world->path);
    token_key_free(world->pen);
    token_key_free(world->stranger);
    free(world->acr_values[0]);
    free(world->acr_values[1]);
    free(world->options.issuer);
    free(world->options.audience);
    free(world->options.actor_claim);
    free(world);
    return 0;
}

/* The claims of a good token, in order; a test replaces the value of some. */
struct claim {
    const char *name;
    const char *value; /* JSON; NULL: absent */
};

static const struct claim GOOD[] = {
    {"iss", "\"" ISSUER "\""},
    {"sub", "\"usr_77\""},
    {"aud", "\"vouch-approvals\""},
    {"iat", "1795166396"},
    {"exp", "1795166996"},
    {"auth_time", "1795166395"},
    {"nonce", "\"" NONCE "\""},
    {"jti", "\"id-1\""},
    {"amr", "[\"pwd\",\"hwk\",\"mfa\"]"},
    {"acr", "\"urn:acme:level:high\""},
};

static bool is_good(const char *name)
{
    for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
        if (strcmp(GOOD[i].name, name) == 0)
            return true;
    }
    return false;
}

/* The good claims with the changes; a change of a claim that is not among them adds it. */
static void append_claims(struct buf *out, const struct claim *changes, size_t count)
{
    const char *comma = "{";

    for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
        const char *value = GOOD[i].value;

        for (size_t j = 0; j < count; j++) {
            if (strcmp(changes[j].name, GOOD[i].name) == 0)
                value = changes[j].value;
        }
        if (value == NULL)
            continue;
        buf_append_format(out, "%s\"%s\":%s", comma, GOOD[i].name, value);
        comma = ",";
    }
    for (size_t j = 0; j < count; j++) {
        if (!is_good(changes[j].name))
            buf_append_format(out, ",\"%s\":%s", changes[j].name, changes[j].value);
    }
    buf_append_byte(out, '}');
}

static bool verify(struct world *world, struct id_token *out, const struct claim *changes,
                   size_t count, struct problem *problem)
{
    struct buf payload = {0};
    struct buf compact = {0};
    bool ok;

    append_claims(&payload, changes, count);
    token_sign(&compact, world->pen, "ES256", HEADER, buf_text(&payload));
    ok = id_token_verify(world->providers, out, bytes_of_buf(&compact), NONCE, NOW_S * 1000,
                         problem);
    buf_cleanup(&payload);
    buf_cleanup(&compact);
    return ok;
}

static void assert_taken(struct world *world, const char *name, const char *value)
{
    struct claim change = {name, value};
    struct id_token token;
    struct problem problem = {0};

    if (!verify(world, &token, &change, 1, &problem))
        fail_msg("%s = %s: %s %s", name, value, problem_code(problem.kind), problem.path);
}

static void assert_refused(struct world *world, const char *name, const char *value,
                           const char *code)
{
    struct claim change = {name, value};
    struct id_token token;
    struct problem problem = {0};

    if (verify(world, &token, &change, 1, &problem))
        fail_msg("taken: %s = %s", name, value == NULL ? "(absent)" : value);
    if (strcmp(problem_code(problem.kind), code) != 0)
        fail_msg("%s = %s: %s", name, value, problem_code(problem.kind));
}

static void assert_judged(struct world *world, struct buf *compact, const char *code)
{
    struct id_token token;
    struct problem problem = {0};
    bool ok = id_token_verify(world->providers, &token, bytes_of_buf(compact), NONCE, NOW_S * 1000,
                              &problem);

    assert_true(ok == (code[0] == 0));
    assert_string_equal(problem_code(problem.kind), code);
    buf_clear(compact);
}

/* A good token gives what it says, the hash of its jti and the digest of the keys. */
static void id_token_verify_good(void **state)
{
    struct world *world = *state;
    struct id_token token;
    struct problem problem = {0};
    struct buf json = {0};
    struct hash expected;

    assert_true(verify(world, &token, NULL, 0, &problem));
    assert_string_equal(token.iss, ISSUER);
    assert_string_equal(token.sub, "usr_77");
    assert_string_equal(token.actor_id, "usr_77");
    assert_string_equal(token.acr, "urn:acme:level:high");
    assert_int_equal(token.amr_count, 3);
    assert_string_equal(token.amr[0], "pwd");
    assert_string_equal(token.amr[2], "mfa");
    assert_int_equal(token.iat_s, 1795166396);
    assert_int_equal(token.exp_s, 1795166996);
    assert_int_equal(token.auth_time_s, 1795166395);
    hash_sha256(&expected, bytes_of_text("id-1"));
    assert_true(hash_equal(&token.jti_hash, &expected));
    token_keys_append_set(&json, world->pen, NULL);
    hash_sha256(&expected, bytes_of_buf(&json));
    assert_true(hash_equal(&token.keys_digest, &expected));
    buf_cleanup(&json);
}

/* Only a configured issuer, spelled exactly so. */
static void id_token_verify_issuer(void **state)
{
    struct world *world = *state;

    assert_refused(world, "iss", NULL, "token-issuer");
    assert_refused(world, "iss", "\"" ISSUER "/\"", "token-issuer");
    assert_refused(world, "iss", "\"http://login.acme.example\"", "token-issuer");
    assert_refused(world, "iss", "[\"" ISSUER "\"]", "token-issuer");
    assert_refused(world, "iss", "\"\"", "token-issuer");
}

/* Issued to this client alone: another, one more, none, or another authorized party is refused. */
static void id_token_verify_audience(void **state)
{
    struct world *world = *state;

    assert_taken(world, "aud", "[\"vouch-approvals\"]");
    assert_refused(world, "aud", NULL, "token-audience");
    assert_refused(world, "aud", "\"other\"", "token-audience");
    assert_refused(world, "aud", "[]", "token-audience");
    assert_refused(world, "aud", "[\"vouch-approvals\",\"other\"]", "token-audience");
    assert_refused(world, "aud", "[\"vouch-approvals\",7]", "token-audience");
    assert_refused(world, "aud", "\"vouch-approvals2\"", "token-audience");
    assert_refused(world, "aud", "{\"vouch-approvals\":1}", "token-audience");
}

/* azp, when it is there, is this client. */
static void id_token_verify_authorized_party(void **state)
{
    struct world *world = *state;

    assert_taken(world, "azp", "\"vouch-approvals\"");
    assert_refused(world, "azp", "\"other\"", "token-audience");
    assert_refused(world, "azp", "\"\"", "token-audience");
    assert_refused(world, "azp", "7", "token-audience");
}

/* Each bound to the second, with the skew the operator allows and no more. */
static void id_token_verify_times(void **state)
{
    struct world *world = *state;

    assert_taken(world, "exp", "1795166441");                           /* now - 59 */
    assert_refused(world, "exp", "1795166440", "token-expired");        /* now - 60 */
    assert_refused(world, "exp", "1795166395", "token-invalid");        /* before iat */
    assert_taken(world, "iat", "1795166560");                           /* now + 60 */
    assert_refused(world, "iat", "1795166561", "token-not-yet-valid");  /* now + 61 */
    assert_taken(world, "auth_time", "1795166560");
    assert_refused(world, "auth_time", "1795166561", "token-not-yet-valid");
    assert_taken(world, "exp", "1795166996.75");
    assert_refused(world, "exp", "253402300800", "token-invalid");
    assert_refused(world, "exp", "-1", "token-invalid");
    assert_refused(world, "exp", "1e300", "token-invalid");
    assert_refused(world, "exp", "\"1795166996\"", "token-invalid");
    assert_refused(world, "exp", "99999999999999999999", "token-invalid");
    assert_taken(world, "nbf", "1795166560");
    assert_refused(world, "nbf", "1795166561", "token-not-yet-valid");
    assert_refused(world, "nbf", "true", "token-invalid");
    assert_refused(world, "exp", NULL, "token-invalid");
    assert_refused(world, "iat", NULL, "token-invalid");
    assert_refused(world, "auth_time", NULL, "token-invalid");
}

/* A provider's clock that is off by more than the skew is noticed in both directions. */
static void id_token_verify_skewed_clock(void **state)
{
    struct world *world = *state;
    struct buf payload = {0};
    struct buf compact = {0};
    struct id_token token;
    struct problem problem = {0};

    append_claims(&payload, NULL, 0);
    token_sign(&compact, world->pen, "ES256", HEADER, buf_text(&payload));
    assert_true(id_token_verify(world->providers, &token, bytes_of_buf(&compact), NONCE,
                                (1795166396 - 60) * UINT64_C(1000), &problem));
    assert_false(id_token_verify(world->providers, &token, bytes_of_buf(&compact), NONCE,
                                 (1795166396 - 60) * UINT64_C(1000) - 1, &problem));
    assert_string_equal(problem_code(problem.kind), "token-not-yet-valid");
    assert_true(id_token_verify(world->providers, &token, bytes_of_buf(&compact), NONCE,
                                (1795166996 + 60) * UINT64_C(1000) - 1, &problem));
    assert_false(id_token_verify(world->providers, &token, bytes_of_buf(&compact), NONCE,
                                 (1795166996 + 60) * UINT64_C(1000), &problem));
    assert_string_equal(problem_code(problem.kind), "token-expired");
    assert_false(id_token_verify(world->providers, &token, bytes_of_buf(&compact), NONCE, 0,
                                 &problem));
    buf_cleanup(&payload);
    buf_cleanup(&compact);
}

/* The nonce must be the one of this decision; who expects none takes any. */
static void id_token_verify_nonce(void **state)
{
    struct world *world = *state;
    struct buf payload = {0};
    struct buf compact = {0};
    struct id_token token;
    struct problem problem = {0};
    struct claim absent = {"nonce", NULL};

    assert_refused(world, "nonce", NULL, "token-nonce");
    assert_refused(world, "nonce", "\"kYKKjJA94GvwJHUV8eiDsa1_XvmZlf6oZS-KYOBspA5\"",
                   "token-nonce");
    assert_refused(world, "nonce", "[\"" NONCE "\"]", "token-nonce");
    append_claims(&payload, &absent, 1);
    token_sign(&compact, world->pen, "ES256", HEADER, buf_text(&payload));
    assert_true(id_token_verify(world->providers, &token, bytes_of_buf(&compact), NULL,
                                NOW_S * 1000, &problem));
    buf_cleanup(&payload);
    buf_cleanup(&compact);
}

/* What an approval must say of its actor must be in the token, within the records' limits. */
static void id_token_verify_required_claims(void **state)
{
    struct world *world = *state;
    char *long_value = mem_alloc(1100);

    memset(long_value, 'a', 1099);
    long_value[0] = '"';
    long_value[202] = '"';
    long_value[203] = 0;
    assert_refused(world, "sub", long_value, "token-invalid"); /* 201: no id of an actor */
    long_value[202] = 'a';
    long_value[203] = 'a';
    long_value[1002] = '"';
    long_value[1003] = 0;
    assert_refused(world, "jti", long_value, "token-invalid"); /* 1001 */
    assert_refused(world, "acr", long_value, "token-invalid");
    assert_refused(world, "sub", NULL, "token-invalid");
    assert_refused(world, "sub", "\"\"", "token-invalid");
    assert_refused(world, "jti", NULL, "token-invalid");
    assert_refused(world, "jti", "7", "token-invalid");
    assert_refused(world, "amr", NULL, "token-invalid");
    assert_refused(world, "amr", "\"mfa\"", "token-invalid");
    assert_refused(world, "amr", "[]", "token-invalid");
    assert_refused(world, "amr", "[\"mfa\",7]", "token-invalid");
    assert_refused(world, "amr", "[\"\"]", "token-invalid");
    assert_refused(world, "amr",
                   "[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"a\",\"b\","
                   "\"c\",\"d\",\"e\",\"f\",\"g\"]",
                   "token-invalid");
    assert_taken(world, "acr", NULL);
    assert_refused(world, "acr", "7", "token-invalid");
    free(long_value);
}

/* With a list of acr values, one of them must be there. */
static void id_token_verify_acr(void **state)
{
    struct world *world = *state;

    world->options.acr_count = 2;
    assert_taken(world, "acr", "\"phrh\"");
    assert_refused(world, "acr", "\"phr\"", "token-acr");
    assert_refused(world, "acr", NULL, "token-acr");
    world->options.acr_count = 0;
    assert_taken(world, "acr", "\"0\"");
}

/* The actor can be another claim than sub, and must then be there. */
static void id_token_verify_actor_claim(void **state)
{
    struct world *world = *state;
    char *sub = world->options.actor_claim;
    char other[] = "jti";
    char missing[] = "employee";
    struct id_token token;
    struct problem problem = {0};

    world->options.actor_claim = other;
    assert_true(verify(world, &token, NULL, 0, &problem));
    assert_string_equal(token.actor_id, "id-1");
    world->options.actor_claim = missing;
    assert_false(verify(world, &token, NULL, 0, &problem));
    assert_string_equal(problem.path, "/id_token/employee");
    world->options.actor_claim = sub;
}

/* Tokens that are not signed by the provider, and tokens that are no ID tokens. */
static void id_token_verify_bad_signatures(void **state)
{
    static const struct {
        const char *header;
        const char *code;
    } HEADERS[] = {
        {"{\"alg\":\"ES256\",\"kid\":\"e\"}", ""},
        {"{\"alg\":\"ES256\",\"kid\":\"e\",\"typ\":\"jwt\"}", ""},
        {"{\"alg\":\"ES256\",\"kid\":\"e\",\"typ\":\"at+jwt\"}", "token-invalid"},
        {"{\"alg\":\"ES256\",\"kid\":\"e\",\"typ\":\"logout+jwt\"}", "token-invalid"},
        {"{\"alg\":\"ES256\",\"kid\":\"e\",\"crit\":[\"exp\"]}", "token-invalid"},
        {"{\"alg\":\"ES384\",\"kid\":\"e\"}", "token-algorithm"},
        {"{\"alg\":\"HS256\",\"kid\":\"e\"}", "token-algorithm"},
        {"{\"alg\":\"none\"}", "token-algorithm"},
        {"{\"alg\":\"RS256\",\"kid\":\"e\"}", "token-algorithm"},
        {"{\"alg\":\"ES256\",\"kid\":\"x\"}", "token-key-unknown"},
    };
    struct world *world = *state;
    struct buf payload = {0};
    struct buf compact = {0};
    struct buf pem = {0};

    append_claims(&payload, NULL, 0);
    for (size_t i = 0; i < sizeof(HEADERS) / sizeof(HEADERS[0]); i++) {
        token_sign(&compact, world->pen, "ES256", HEADERS[i].header, buf_text(&payload));
        assert_judged(world, &compact, HEADERS[i].code);
    }
    token_append_unsigned(&compact, "{\"alg\":\"none\"}", buf_text(&payload));
    assert_judged(world, &compact, "token-algorithm");
    token_key_append_pem(&pem, world->pen);
    token_sign_hmac(&compact, bytes_of_buf(&pem), "{\"alg\":\"HS256\",\"kid\":\"e\"}",
                    buf_text(&payload));
    assert_judged(world, &compact, "token-algorithm");
    token_sign(&compact, world->stranger, "ES256", HEADER, buf_text(&payload));
    assert_judged(world, &compact, "token-signature");
    buf_append_text(&compact, "not a token");
    assert_judged(world, &compact, "token-invalid");
    token_sign(&compact, world->pen, "ES256", HEADER, "[]");
    assert_judged(world, &compact, "token-invalid");
    payload.len--;
    buf_append_text(&payload, ",\"aud\":\"vouch-approvals\"}");
    token_sign(&compact, world->pen, "ES256", HEADER, buf_text(&payload));
    assert_judged(world, &compact, "token-invalid"); /* a repeated claim */
    buf_cleanup(&payload);
    buf_cleanup(&compact);
    buf_cleanup(&pem);
}

/* Refusals never repeat the token's subject, nonce or signature. */
static void id_token_verify_says_nothing_personal(void **state)
{
    struct world *world = *state;
    struct claim changes[] = {{"sub", "\"alice@acme.example\""}, {"exp", "1795166397"}};
    struct id_token token;
    struct problem problem = {0};
    struct buf text = {0};

    assert_false(verify(world, &token, changes, 2, &problem));
    problem_append_json(&text, &problem);
    assert_null(strstr(buf_text(&text), "alice"));
    assert_null(strstr(buf_text(&text), "eyJ"));
    buf_cleanup(&text);
}

/* A key of a new name is waited for once; when the provider does not have it, it does not exist. */
static void id_token_verify_rotated_keys(void **state)
{
    struct world *world = *state;
    struct token_key *next = token_key_new("P-256", "e2");
    struct buf payload = {0};
    struct buf compact = {0};
    struct buf copy = {0};

    world->options.keys_refetch_s = 0;
    open_providers(world);
    append_claims(&payload, NULL, 0);
    token_sign(&compact, next, "ES256", "{\"alg\":\"ES256\",\"kid\":\"e2\"}", buf_text(&payload));
    buf_append_bytes(&copy, bytes_of_buf(&compact));
    assert_judged(world, &copy, "token-keys-unavailable");
    write_keys(world, next);
    providers_load_due(world->providers);
    assert_judged(world, &compact, "");
    token_sign(&compact, world->pen, "ES256", HEADER, buf_text(&payload));
    assert_judged(world, &compact, "token-keys-unavailable"); /* the old key has vanished */
    world->options.keys_refetch_s = 3600;
    open_providers(world);
    token_sign(&compact, world->pen, "ES256", HEADER, buf_text(&payload));
    assert_judged(world, &compact, "token-key-unknown");
    world->options.keys_refetch_s = 30;
    write_keys(world, world->pen);
    open_providers(world);
    buf_cleanup(&payload);
    buf_cleanup(&compact);
    buf_cleanup(&copy);
    token_key_free(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_token_verify_good),
        cmocka_unit_test(id_token_verify_issuer),
        cmocka_unit_test(id_token_verify_audience),
        cmocka_unit_test(id_token_verify_authorized_party),
        cmocka_unit_test(id_token_verify_times),
        cmocka_unit_test(id_token_verify_skewed_clock),
        cmocka_unit_test(id_token_verify_nonce),
        cmocka_unit_test(id_token_verify_required_claims),
        cmocka_unit_test(id_token_verify_acr),
        cmocka_unit_test(id_token_verify_actor_claim),
        cmocka_unit_test(id_token_verify_bad_signatures),
        cmocka_unit_test(id_token_verify_says_nothing_personal),
        cmocka_unit_test(id_token_verify_rotated_keys),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
