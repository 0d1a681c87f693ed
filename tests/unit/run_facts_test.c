/* What records of runs leave behind. */
#include "schemas/rules/run_facts.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "schemas/rules/record_facts.h"
#include "schemas/rules/run_lists.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_world.h"

/* The run_id of the templates. */
static const uint8_t RUN_ID[16] = {0x01, 0x9a, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

static struct rule_world *new_world(void)
{
    struct rule_world *world = rule_world_new(PROFILE_STRICT);

    rule_world_issuer(world, "engine", "engine");
    return world;
}

static bool get(struct rule_world *world, struct run *out)
{
    return run_get(rule_world_facts(world), bytes_of_text("acme"), bytes_of(RUN_ID, 16), out);
}

static void say(struct rule_world *world, const char *type, const char *json)
{
    if (!rule_world_say(world, "engine", type, json))
        fail_msg("%s", rule_world_verdict(world));
}

/* A run nobody mentioned is not known; its run-start makes it known with all it says. */
static void run_get_started(void **state)
{
    struct rule_world *world = new_world();
    struct run run;

    (void)state;
    assert_false(get(world, &run));
    say(world, "run-start", "{\"risk\": \"high\", \"side_effect_key\": \"k\"}");
    assert_true(get(world, &run));
    assert_true(run_is_started(&run) && !run_is_closed(&run));
    assert_int_equal(run.risk, RISK_HIGH);
    assert_int_equal(run.mode, RUN_LIVE);
    assert_int_equal(run.status, RUN_OPEN);
    assert_true(bytes_equal_text(run.workflow_id, "review"));
    assert_true(bytes_equal_text(run.issuer, "engine"));
    assert_true(bytes_equal_text(run.triggered_by, "usr_trigger"));
    assert_true(bytes_equal_text(run.side_effect_key, "k"));
    assert_int_equal(run.started_at_ms, UINT64_C(1800000000000));
    rule_world_free(world);
}

/* Of two run-starts the first counts. */
static void run_get_second_start(void **state)
{
    struct rule_world *world = new_world();
    struct run run;

    (void)state;
    say(world, "run-start", "{}");
    say(world, "run-start", "{\"risk\": \"high\"}");
    assert_true(get(world, &run));
    assert_int_equal(run.risk, RISK_LOW);
    rule_world_free(world);
}

/* Events are counted before the run-start as after it, and within one statement. */
static void run_get_counts(void **state)
{
    struct rule_world *world = new_world();
    struct run run;

    (void)state;
    say(world, "execution-event", "{}");
    assert_true(get(world, &run));
    assert_false(run_is_started(&run));
    assert_false(run.has_fallback);
    rule_world_add(world, "engine", "run-start", "{}");
    rule_world_add(world, "engine", "execution-event", "{\"event\": \"fallback\"}");
    rule_world_add(world, "engine", "policy-evaluation", "{}");
    rule_world_add(world, "engine", "execution-event", "{\"event\": \"end\"}");
    assert_true(rule_world_submit(world, "engine"));
    assert_true(get(world, &run));
    assert_true(run_is_started(&run) && run.has_fallback);
    assert_int_equal(run.event_count, 3);
    assert_int_equal(run.evaluation_count, 1);
    rule_world_free(world);
}

/* What a refused statement said of a run is forgotten, even by the next statement. */
static void run_get_refused(void **state)
{
    struct rule_world *world = new_world();
    struct run run;

    (void)state;
    rule_world_add(world, "engine", "run-start", "{}");
    rule_world_add(world, "engine", "execution-event", "{}");
    rule_world_add(world, "engine", "run-start", "{\"sequence_number\": 99}");
    assert_false(rule_world_submit(world, "engine"));
    assert_false(get(world, &run));
    say(world, "execution-event", "{}");
    assert_true(get(world, &run));
    assert_int_equal(run.event_count, 1);
    rule_world_free(world);
}

/* A manifest closes the run and says how; a second one changes nothing. */
static void run_get_closed(void **state)
{
    struct rule_world *world = new_world();
    struct run run;

    (void)state;
    say(world, "run-start", "{}");
    say(world, "run-manifest", "{\"status\": \"failed\", \"ended_at_ms\": 5}");
    say(world, "run-manifest", "{}");
    assert_true(get(world, &run));
    assert_true(run_is_closed(&run));
    assert_int_equal(run.status, RUN_FAILED);
    assert_int_equal(run.ended_at_ms, 5);
    assert_true(run.manifest_index > run.start_index);
    rule_world_free(world);
}

/* A manifest alone tells what the run was. */
static void run_get_manifest_only(void **state)
{
    struct rule_world *world = new_world();
    struct run run;

    (void)state;
    say(world, "run-manifest", "{\"risk\": \"critical\"}");
    assert_true(get(world, &run));
    assert_true(run_is_closed(&run) && !run_is_started(&run));
    assert_int_equal(run.risk, RISK_CRITICAL);
    rule_world_free(world);
}

/* Artifacts of a closed run can be looked up by later runs, those of its parts too. */
static void run_artifact_get_closed(void **state)
{
    struct rule_world *world = new_world();
    struct bytes tenant = bytes_of_text("acme");
    struct bytes run_id = bytes_of(RUN_ID, 16);
    struct bytes content;

    (void)state;
    say(world, "manifest-part",
        "{\"artifacts\": [{\"artifact_id\": \"a\", \"kind\": \"output\","
        " \"provenance\": \"run\"}]}");
    say(world, "run-manifest",
        "{\"artifacts\": [{\"artifact_id\": \"b\", \"kind\": \"output\", \"provenance\": \"run\","
        " \"content\": {\"algorithm\": \"sha-256\", \"digest\": "
        "\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}}]}");
    assert_true(run_artifact_get(rule_world_facts(world), tenant, run_id, bytes_of_text("a"),
                                 &content));
    assert_int_equal(content.len, 0);
    assert_true(run_artifact_get(rule_world_facts(world), tenant, run_id, bytes_of_text("b"),
                                 &content));
    assert_true(content.len > 32);
    assert_false(run_artifact_get(rule_world_facts(world), tenant, run_id, bytes_of_text("c"),
                                  &content));
    rule_world_free(world);
}

/* SHA-256 over the record digests of the records called "0", "1", ..., sorted: as an engine makes
 * its tally, without the log. Returns base64url in text. */
static void tally_digest(struct rule_world *world, unsigned count, struct buf *text)
{
    struct buf sorted = {0};
    struct hash digest;

    for (unsigned i = 0; i < count; i++) {
        struct record_fact fact;
        size_t at = 0;
        char name[16];

        snprintf(name, sizeof(name), "%u", i);
        assert_true(record_fact_get(rule_world_facts(world), bytes_of_text("acme"),
                                    rule_world_named_id(world, name), &fact));
        while (at < sorted.len && memcmp(sorted.data + at, fact.digest.data, HASH_LEN) < 0)
            at += HASH_LEN;
        buf_extend(&sorted, HASH_LEN);
        memmove(sorted.data + at + HASH_LEN, sorted.data + at, sorted.len - HASH_LEN - at);
        memcpy(sorted.data + at, fact.digest.data, HASH_LEN);
    }
    hash_sha256(&digest, bytes_of_buf(&sorted));
    text_append_base64url(text, hash_bytes(&digest));
    buf_cleanup(&sorted);
}

/* Whether a manifest with this tally of events is flagged. */
static bool is_mismatch(struct rule_world *world, unsigned count, const char *digest)
{
    char json[400];

    snprintf(json, sizeof(json),
             "{\"tally\": {\"event_count\": %u, \"events_digest\": \"%s\","
             " \"evaluation_count\": 0, \"evaluations_digest\":"
             " \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}}",
             count, digest);
    say(world, "run-manifest", json);
    return rule_world_is_flagged(world, "M5", "tally-mismatch");
}

/* The tally an engine makes of its events matches, over chunks and statements; one event more or
 * less does not. */
static void tally_matches(void **state)
{
    static const unsigned counts[] = {1, 15, 16, 17, 40};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (unsigned missing = 0; missing < 2; missing++) {
            struct rule_world *world = new_world();
            struct buf text = {0};

            for (unsigned n = 0; n < counts[i]; n++) {
                char name[16];

                snprintf(name, sizeof(name), "%u", n);
                rule_world_add(world, "engine", "execution-event", "{\"event\": \"wait\"}");
                rule_world_name(world, name);
                if (n % 3 == 0)
                    assert_true(rule_world_submit(world, "engine"));
            }
            if (counts[i] % 3 != 1)
                assert_true(rule_world_submit(world, "engine"));
            tally_digest(world, counts[i] - missing, &text);
            assert_int_equal(is_mismatch(world, counts[i], buf_text(&text)), missing);
            buf_cleanup(&text);
            rule_world_free(world);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_get_started),
        cmocka_unit_test(run_get_second_start),
        cmocka_unit_test(run_get_counts),
        cmocka_unit_test(run_get_refused),
        cmocka_unit_test(run_get_closed),
        cmocka_unit_test(run_get_manifest_only),
        cmocka_unit_test(run_artifact_get_closed),
        cmocka_unit_test(tally_matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
