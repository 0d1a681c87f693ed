#include "server/oidc/sign_in.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "schemas/approval_nonce.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/token_maker.h"

#define NOW_S UINT64_C(1795166500)
#define DIGEST "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define EDITED "__________________________________________8"
#define NONCE "oKGio6SlpqeoqaqrrK2urw"

/* One provider, one approver's token, and the approval that goes with it. */
struct world {
    char path[64];
    struct provider_options options;
    struct providers *providers;
    struct token_key *pen;
    struct buf token;
};

static void sign_token(struct world *world, struct bytes action_digest)
{
    static const uint8_t REQUEST_NONCE[] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
                                            0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf};
    char nonce[APPROVAL_NONCE_LEN + 1];
    struct hash digest;
    char *payload;

    memcpy(digest.bytes, action_digest.data, HASH_LEN);
    approval_nonce_derive(nonce, &digest, bytes_of(REQUEST_NONCE, sizeof(REQUEST_NONCE)));
    payload = mem_format("{\"iss\":\"https://login.example\",\"aud\":\"vouch\",\"sub\":\"usr_77\","
                         "\"iat\":1795166396,\"exp\":1795166996.5,\"auth_time\":1795166395,"
                         "\"jti\":\"id-1\",\"amr\":[\"pwd\",\"hwk\"],\"acr\":\"high\","
                         "\"nonce\":\"%s\"}",
                         nonce);
    buf_clear(&world->token);
    token_sign(&world->token, world->pen, "ES256", "{\"alg\":\"ES256\"}", payload);
    free(payload);
}

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct buf json = {0};
    struct buf digest = {0};
    struct err err = {0};

    strcpy(world->path, "/tmp/vouch-sign-in-test-XXXXXX");
    close(mkstemp(world->path));
    world->pen = token_key_new("P-256", "e");
    token_keys_append_set(&json, world->pen, NULL);
    assert_true(file_write_durable(world->path, bytes_of_buf(&json), 0600, &err));
    world->options = (struct provider_options){
        .issuer = mem_copy_text("https://login.example"),
        .audience = mem_copy_text("vouch"),
        .keys = world->path,
        .actor_claim = mem_copy_text("sub"),
        .algs = jose_alg_bit(JOSE_ES256),
        .keys_lifetime_s = 3600,
        .keys_refetch_s = 30,
    };
    assert_true(providers_open(&world->providers, &world->options, 1, &err));
    assert_true(text_parse_base64url(&digest, bytes_of_text(DIGEST)));
    sign_token(world, bytes_of_buf(&digest));
    buf_cleanup(&digest);
    buf_cleanup(&json);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    providers_close(world->providers);
    unlink(world->path);
    token_key_free(world->pen);
    free(world->options.issuer);
    free(world->options.audience);
    free(world->options.actor_claim);
    buf_cleanup(&world->token);
    free(world);
    return 0;
}

/* SHA-256 of "id-1". */
#define JTI_HASH "62bGI1cviipRZ84Bfe4FQcyOkBsPM0vq8mZb3poO1xE"

static const char APPROVAL[] =
    "{\"type\":\"approval\",\"actor\":{\"kind\":\"human\",\"id\":\"usr_77\",\"authentication\":"
    "{\"iss\":\"https://login.example\",\"amr\":[\"pwd\",\"hwk\"],\"auth_time\":1795166395,"
    "\"acr\":\"high\"}},\"action_digest\":\"" DIGEST "\",\"nonce\":\"" NONCE "\","
    "\"token\":{\"jti_hash\":\"" JTI_HASH "\",\"iat\":1795166396,\"exp\":1795166996}}";

/* The approval with `from` replaced by `to`; the problem's code, "" when it was taken. */
static const char *judge(struct world *world, const char *from, const char *to,
                         struct problem *problem)
{
    struct buf json = {0};
    struct buf cbor = {0};
    struct record_fields fields = {0};
    struct id_token token;
    struct err err = {0};
    const char *place = strstr(APPROVAL, from);

    assert_non_null(place);
    buf_append(&json, APPROVAL, (size_t)(place - APPROVAL));
    buf_append_text(&json, to);
    buf_append_text(&json, place + strlen(from));
    if (!view_parse_json(&cbor, bytes_of_buf(&json), &err))
        fail_msg("%s: %s", err.text, buf_text(&json));
    assert_true(record_fields_read(&fields, bytes_of_buf(&cbor), &err));
    *problem = (struct problem){0};
    if (sign_in_verify(world->providers, &token, fields.fields, bytes_of_buf(&world->token),
                       NOW_S * 1000, problem))
        assert_int_equal(problem->kind, PROBLEM_NONE);
    record_fields_cleanup(&fields);
    buf_cleanup(&json);
    buf_cleanup(&cbor);
    return problem_code(problem->kind);
}

/* An approval that says what the token says is taken; fractions of a second are cut off. */
static void sign_in_verify_good(void **state)
{
    struct problem problem;

    assert_string_equal(judge(*state, "approval", "approval", &problem), "");
}

/* Whatever the approval says otherwise than the token is refused under its path. */
static void sign_in_verify_every_difference(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *path;
    } CASES[] = {
        {"usr_77", "usr_78", "/actor/id"},
        {"\"id\":\"usr_77\",", "", "/actor/id"},
        {"\"human\"", "\"agent\"", "/actor/kind"},
        {"https://login.example", "https://login.example/", "/actor/authentication/iss"},
        {"\"acr\":\"high\"", "\"acr\":\"higher\"", "/actor/authentication/acr"},
        {",\"acr\":\"high\"", "", "/actor/authentication/acr"},
        {"\"acr\":\"high\"", "\"acr\":\"\"", "/actor/authentication/acr"},
        {"1795166395", "1795166394", "/actor/authentication/auth_time"},
        {"1795166395", "\"1795166395\"", "/actor/authentication/auth_time"},
        {"[\"pwd\",\"hwk\"]", "[\"hwk\",\"pwd\"]", "/actor/authentication/amr"},
        {"[\"pwd\",\"hwk\"]", "[\"pwd\"]", "/actor/authentication/amr"},
        {"[\"pwd\",\"hwk\"]", "[\"pwd\",\"hwk\",\"mfa\"]", "/actor/authentication/amr"},
        {"[\"pwd\",\"hwk\"]", "\"pwd\"", "/actor/authentication/amr"},
        {"\"iat\":1795166396", "\"iat\":1795166397", "/token/iat"},
        {"\"exp\":1795166996", "\"exp\":1795166997", "/token/exp"},
        {JTI_HASH, DIGEST, "/token/jti_hash"},
        {"\"jti_hash\":\"" JTI_HASH "\",", "", "/token/jti_hash"},
    };
    struct problem problem;

    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        if (strcmp(judge(*state, CASES[i].from, CASES[i].to, &problem), "token-mismatch") != 0 ||
            strcmp(problem.path, CASES[i].path) != 0)
            fail_msg("%s: %s at %s", CASES[i].to, problem_code(problem.kind), problem.path);
        assert_string_equal(problem.rule, "AP17");
    }
}

/* A token for another action, or another request, approves nothing. */
static void sign_in_verify_another_decision(void **state)
{
    struct problem problem;

    assert_string_equal(judge(*state, DIGEST, EDITED, &problem), "token-nonce");
    assert_string_equal(judge(*state, NONCE, "oKGio6SlpqeoqaqrrK2usA", &problem), "token-nonce");
    assert_string_equal(judge(*state, "\"nonce\"", "\"edited_action_digest\":\"" EDITED
                                                   "\",\"nonce\"", &problem),
                        "token-nonce");
}

/* An edited approval is bound to the action as edited. */
static void sign_in_verify_edited_action(void **state)
{
    struct world *world = *state;
    struct buf old = world->token;
    struct buf edited = {0};
    struct problem problem;

    world->token = (struct buf){0};
    assert_true(text_parse_base64url(&edited, bytes_of_text(EDITED)));
    sign_token(world, bytes_of_buf(&edited));
    assert_string_equal(judge(world, "\"nonce\"", "\"edited_action_digest\":\"" EDITED
                                                  "\",\"nonce\"", &problem),
                        "");
    assert_string_equal(judge(world, "approval", "approval", &problem), "token-nonce");
    buf_cleanup(&edited);
    buf_cleanup(&world->token);
    world->token = old;
}

/* Without what binds token and approval there is nothing to verify. */
static void sign_in_verify_unbound(void **state)
{
    struct problem problem;

    assert_string_equal(judge(*state, "\"action_digest\":\"" DIGEST "\",", "", &problem), "record");
    assert_string_equal(problem.path, "/action_digest");
    assert_string_equal(judge(*state, NONCE, "AAAA", &problem), "record");
    assert_string_equal(problem.path, "/nonce");
    assert_string_equal(judge(*state, "\"nonce\"", "\"edited_action_digest\":\"AAAA\",\"nonce\"",
                              &problem),
                        "record");
    assert_string_equal(problem.path, "/edited_action_digest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_in_verify_good),
        cmocka_unit_test(sign_in_verify_every_difference),
        cmocka_unit_test(sign_in_verify_another_decision),
        cmocka_unit_test(sign_in_verify_edited_action),
        cmocka_unit_test(sign_in_verify_unbound),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
