/* What the admission rules say of the records that run documents become. */
#include <stdio.h>
#include <string.h>

#include "schemas/run/run_document.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/run_rule_world.h"

#define NOW "1800000000000"
#define ONES "0101010101010101010101010101010101010101010101010101010101010101"
#define HEAD                                                                                       \
    "\"tenant\":\"acme\",\"workflow\":{\"id\":\"review\",\"version\":\"1\",\"content\":\"sha256:"  \
    ONES "\"},\"environment\":\"production\",\"risk\":\"medium\",\"mode\":\"live\","               \
    "\"trigger\":{\"kind\":\"user\",\"triggered_by\":\"usr_trigger\"},"                            \
    "\"environment_snapshot\":{\"container_image\":\"sha256:" ONES "\",\"dependencies\":\"sha256:" \
    ONES "\",\"endpoints\":[\"https://models.example\"],\"prompts\":[\"sum@9\"],\"corpora\":["     \
    "{\"id\":\"cases\",\"version\":\"4\",\"index_build\":\"sha256:" ONES "\"}]},"                  \
    "\"artifacts\":[{\"artifact_id\":\"a\",\"namespace\":\"cases\",\"name\":\"8841\","             \
    "\"version\":\"1\",\"fresh_at_ms\":" NOW ",\"validation_status\":\"ok\"}],"
#define FETCH                                                                                      \
    "{\"node_id\":\"fetch\",\"kind\":\"retrieval\",\"inputs\":[\"a\"],\"outputs\":["               \
    "{\"artifact_id\":\"raw\",\"content\":\"raw\",\"tags\":["                                      \
    "{\"data_classification\":\"confidential\",\"data_category\":\"pii\"}]}]},"
#define EVALUATION                                                                                 \
    "\"evaluation\":{\"policy\":\"pii@1\",\"decision\":\"redact\",\"remedy\":\"redact\"}"
#define GATE                                                                                       \
    "{\"node_id\":\"gate\",\"kind\":\"policy\",\"inputs\":[\"raw\"],\"outputs\":["                 \
    "{\"artifact_id\":\"clean\",\"content\":\"clean\"}]," EVALUATION "},"
#define MODEL "\"request_model\":\"example/reader@1\",\"prompt\":\"sum@9\""
#define STEP(members, model)                                                                       \
    "{\"node_id\":\"step\",\"kind\":\"model\",\"inputs\":[\"clean\"],\"outputs\":["                \
    "{\"artifact_id\":\"opinion\",\"content\":\"yes\"}]," members "\"model_call\":{" model "}},"
#define DONE                                                                                       \
    "{\"node_id\":\"done\",\"kind\":\"transform\",\"inputs\":[\"opinion\"],\"outputs\":["          \
    "{\"artifact_id\":\"decision\",\"content\":\"sign\"}]}],"                                      \
    "\"result\":{\"kind\":\"decision\",\"artifact_id\":\"decision\",\"score_bp\":8700,"            \
    "\"explanation\":\"because\",\"schema\":\"decision@1\",\"schema_valid\":true,"                 \
    "\"evidence_artifact_ids\":[\"clean\"],\"rules_applied\":[\"signing@3\"]}}"

static const char CLEAN[] = "{" HEAD "\"nodes\":[" FETCH GATE STEP("", MODEL) DONE;

static struct record_schema *schema;

static int load_schema(void **state)
{
    struct err err = {0};

    (void)state;
    return record_schema_load(&schema, NULL, 0, &err) ? 0 : -1;
}

static int free_schema(void **state)
{
    (void)state;
    record_schema_free(schema);
    return 0;
}

/* Says what the document says, as the engine. */
static bool say(struct rule_world *world, const char *json)
{
    struct run_document_options options = {
        .issuer = "engine", .now_ms = UINT64_C(1800000000000), .schema = schema};
    struct run_document document;
    struct problem problem;
    bool ok = true;

    if (!run_document_read(&document, bytes_of_text(json), &options, &problem))
        fail_msg("%s at %s: have %s, want %s", problem.detail, problem.path, problem.have,
                 problem.want);
    for (size_t i = 0; ok && i < document.payload_count; i++)
        ok = rule_world_submit_payload(world, "engine", bytes_of_buf(&document.payloads[i]));
    run_document_cleanup(&document);
    return ok;
}

static struct rule_world *new_world(void)
{
    struct rule_world *world = rule_world_new(PROFILE_OBSERVE);

    run_rule_world_prepare(world);
    rule_world_must(world, "vendors", "supplier",
                    "{\"models\": [{\"provider\": \"example\", \"name\": \"reader\","
                    " \"version\": \"1\"}, {\"provider\": \"example\", \"name\": \"other\","
                    " \"version\": \"1\"}]}");
    return world;
}

/* A run that kept to everything has no flag, under all rules there are. */
static void admission_decide_clean_document(void **state)
{
    struct rule_world *world = new_world();

    (void)state;
    assert_true(say(world, CLEAN));
    assert_string_equal(rule_world_verdict(world), "");
    rule_world_free(world);
}

/* The document hides nothing: what a run did wrong is flagged as it is in an engine's records. */
static void admission_decide_faulty_documents(void **state)
{
#define SWAP                                                                                       \
    "\"degradation\":{\"kind\":\"model-swap\",\"planned\":false,\"reason\":{\"code\":\"down\"}},"
#define BLIND MODEL ",\"input\":\"i\""
#define OTHER MODEL ",\"response_model\":\"example/other@1\""
    static const struct {
        const char *json;
        const char *rule;
        const char *code;
        bool is_flagged;
    } rows[] = {
        {"{" HEAD "\"nodes\":[" FETCH GATE STEP("", OTHER) DONE, "EX6", "silent-fallback", true},
        {"{" HEAD "\"nodes\":[" FETCH GATE STEP("\"status\":\"fallback\"," SWAP, OTHER) DONE,
         "EX6", "silent-fallback", false},
        {"{" HEAD "\"nodes\":[" FETCH GATE STEP("\"status\":\"fallback\"," SWAP, OTHER) DONE,
         "EX5", "degradation-unlabelled", false},
        {"{" HEAD "\"nodes\":[" FETCH GATE STEP("\"status\":\"fallback\",", MODEL) DONE, "EX5",
         "degradation-unlabelled", true},
        {"{" HEAD "\"nodes\":[" FETCH GATE STEP("\"status\":\"skipped\",", MODEL) DONE, "EX10",
         "unexplained-skip", true},
        {"{" HEAD "\"nodes\":[" FETCH GATE STEP("\"status\":\"skipped\"," EVALUATION ",", MODEL)
             DONE,
         "EX10", "unexplained-skip", false},
        {"{" HEAD "\"nodes\":[" FETCH GATE
         "{\"node_id\":\"elsewhere\",\"kind\":\"tool\"}," STEP("", MODEL) DONE,
         "EX2", "node-not-in-dag", true},
        {"{" HEAD "\"nodes\":[" FETCH GATE STEP("\"status\":\"failed\",", MODEL) DONE, "M9",
         "degradation-unlabelled", true},
        {"{" HEAD "\"nodes\":[" FETCH GATE STEP("\"status\":\"failed\"," SWAP, MODEL) DONE, "M9",
         "degradation-unlabelled", false},
        {"{" HEAD "\"nodes\":[" FETCH STEP("", BLIND) DONE, "M3", "lineage-unresolved", true},
        {"{" HEAD "\"nodes\":[" FETCH STEP("", BLIND) DONE, "M6", "policy-not-evaluated", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rule_world *world = new_world();

        assert_true(say(world, rows[i].json));
        if (rule_world_is_flagged(world, rows[i].rule, rows[i].code) != rows[i].is_flagged)
            fail_msg("row %zu: %s", i, rule_world_verdict(world));
        rule_world_free(world);
    }
}

/* A second document about the same run is refused: its numbers are used. */
static void admission_decide_same_run_twice(void **state)
{
    static const char json[] = "{\"run_id\":\"0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b\"," HEAD
                               "\"nodes\":[" FETCH GATE STEP("", MODEL) DONE;
    struct rule_world *world = new_world();

    (void)state;
    assert_true(say(world, json));
    assert_false(say(world, json));
    rule_world_assert_refused(world, "G4", "seq-reuse", NULL);
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admission_decide_clean_document),
        cmocka_unit_test(admission_decide_faulty_documents),
        cmocka_unit_test(admission_decide_same_run_twice),
    };

    return cmocka_run_group_tests(tests, load_schema, free_schema);
}
