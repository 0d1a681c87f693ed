/* A manifest and its parts are one thing: random runs, told whole and told in parts. */
#include "schemas/rules/manifest_view.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/manifest_json.h"
#include "tests/support/rng.h"
#include "tests/support/run_rule_world.h"

enum { ROUNDS = 400, NODES = 6, ARTIFACTS = 5, PLACES = 3, LEN_MAX = 20000 };

/* Members of a manifest or part, by what they are: nodes, edges, artifacts. */
enum list { LIST_NODES, LIST_EDGES, LIST_ARTIFACTS, LIST_COUNT };

struct told {
    char lists[LIST_COUNT][LEN_MAX];
};

static void add(struct told *told, enum list list, const char *item)
{
    char *text = told->lists[list];
    size_t len = strlen(text);

    snprintf(text + len, LEN_MAX - len, "%s%s", len == 0 ? "" : ", ", item);
}

/* The whole, and one of three places of the run in parts: the manifest and two parts. */
struct run_told {
    struct told whole;
    struct told places[PLACES];
    struct rng rng;
};

static void tell(struct run_told *run, enum list list, const char *item)
{
    add(&run->whole, list, item);
    add(&run->places[rng_below(&run->rng, PLACES)], list, item);
}

static unsigned pick(struct run_told *run, unsigned limit)
{
    return (unsigned)rng_below(&run->rng, limit);
}

static void tell_node(struct run_told *run, unsigned n)
{
    static const char *const statuses[] = {"ok", "ok", "ok", "failed", "skipped", "blocked"};
    char item[1000];

    snprintf(item, sizeof(item),
             "{\"node_id\": \"n%u\", \"kind\": \"%s\", \"status\": \"%s\","
             " \"started_at_ms\": \"@now\", \"ended_at_ms\": \"@now\","
             " \"inputs\": [{\"artifact_id\": \"a%u\"}%s],"
             " \"outputs\": [{\"artifact_id\": \"a%u\"}]%s}",
             n, pick(run, 4) == 0 ? "retrieval" : "tool", statuses[pick(run, 6)],
             pick(run, ARTIFACTS), pick(run, 2) == 0 ? ", {\"artifact_id\": \"a0\"}" : "",
             pick(run, ARTIFACTS + 3),
             pick(run, 6) == 0 ? JSON_CALL("m", "m") : "");
    tell(run, LIST_NODES, item);
}

static void tell_edge(struct run_told *run)
{
    static const char *const kinds[] = {"data", "control", "retry", "fallback"};
    char item[200];

    snprintf(item, sizeof(item),
             "{\"from_node_id\": \"n%u\", \"to_node_id\": \"n%u\", \"kind\": \"%s\"}",
             pick(run, NODES), pick(run, NODES + (pick(run, 8) == 0)), kinds[pick(run, 4)]);
    tell(run, LIST_EDGES, item);
}

static void tell_artifact(struct run_told *run, unsigned n)
{
    static const char *const provenances[] = {"external", "run", "run", "prior-run"};
    static const char *const validations[] = {"ok", "ok", "ok", "failed"};
    char item[600];

    snprintf(item, sizeof(item),
             "{\"artifact_id\": \"a%u\", \"kind\": \"document\", \"provenance\": \"%s\","
             " \"validation_status\": \"%s\", \"tags\": [{\"data_classification\": \"%s\"}]%s}",
             n, provenances[pick(run, 4)], validations[pick(run, 4)],
             pick(run, 2) == 0 ? "internal" : "restricted",
             pick(run, 2) == 0 ? ", \"content\": {\"algorithm\": \"hmac-sha-256\", \"digest\":"
                                 " \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}"
                               : "");
    tell(run, LIST_ARTIFACTS, item);
}

static void tell_run(struct run_told *run)
{
    for (unsigned n = 0; n < NODES; n++)
        tell_node(run, n);
    for (unsigned i = pick(run, 2 * NODES); i > 0; i--)
        tell_edge(run);
    for (unsigned n = pick(run, 3); n < ARTIFACTS; n++)
        tell_artifact(run, n);
}

/* A run-manifest, or a part (of which no list may be empty); more: members besides the lists. */
static void say(struct rule_world *world, const char *type, const struct told *told,
                const char *more)
{
    static const char *const names[] = {"nodes", "edges", "artifacts"};
    bool is_part = strcmp(type, "manifest-part") == 0;
    static char json[LIST_COUNT * LEN_MAX + 1000];
    size_t len = (size_t)snprintf(json, sizeof(json), "{%s", more);

    for (int i = 0; i < LIST_COUNT; i++) {
        if (told->lists[i][0] != 0 || !is_part)
            len += (size_t)snprintf(json + len, sizeof(json) - len, ", \"%s\": [%s]", names[i],
                                    told->lists[i]);
    }
    snprintf(json + len, sizeof(json) - len, "}");
    rule_world_must(world, "engine", type, json);
}

/* Policies decided something at some nodes. */
static void evaluate(struct rule_world *world, const char *run_id, uint64_t choice)
{
    char json[300];

    for (unsigned n = 0; n < NODES; n++) {
        if ((choice >> (2 * n) & 3) < 2)
            continue;
        snprintf(json, sizeof(json),
                 "{\"run_id\": \"%s\", \"node_id\": \"n%u\", \"decision\": \"%s\","
                 " \"remedy\": \"stop\"}",
                 run_id, n, (choice >> (2 * n) & 3) == 2 ? "allow" : "deny");
        rule_world_must(world, "engine", "policy-evaluation", json);
    }
}

static void say_whole(struct rule_world *world, const struct run_told *run, const char *run_id,
                      char verdict[1024])
{
    char more[200];

    snprintf(more, sizeof(more), "\"run_id\": \"%s\"", run_id);
    say(world, "run-manifest", &run->whole, more);
    snprintf(verdict, 1024, "%s", rule_world_verdict(world));
}

static void say_in_parts(struct rule_world *world, const struct run_told *run,
                         const char *run_id, char verdict[1024])
{
    static unsigned parts; /* each has a name of its own */
    char more[200];
    char names[2][32];

    for (unsigned i = 0; i < 2; i++) {
        snprintf(more, sizeof(more), "\"run_id\": \"%s\", \"part_number\": %u", run_id, i);
        say(world, "manifest-part", &run->places[1 + i], more);
        snprintf(names[i], sizeof(names[i]), "part-%u", parts++ % 60);
        rule_world_name(world, names[i]);
    }
    snprintf(more, sizeof(more),
             "\"run_id\": \"%s\", \"part_digests\": [\"@%s/digest\", \"@%s/digest\"]", run_id,
             names[0], names[1]);
    say(world, "run-manifest", &run->places[0], more);
    snprintf(verdict, 1024, "%s", rule_world_verdict(world));
}

/* Whatever a run is like, its manifest has the same flags whole and in parts. */
static void rule_manifest_parts_random(void **state)
{
    struct rng rng = rng_seeded("rule_manifest_parts_random");
    unsigned cyclic = 0;

    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        static struct run_told run;
        struct rule_world *world = rule_world_new(PROFILE_OBSERVE);
        uint64_t choice = rng_next(&rng);
        char verdicts[2][1024];

        run = (struct run_told){.rng = rng_of(rng_next(&rng))};
        rule_world_issuer(world, "engine", "engine");
        tell_run(&run);
        evaluate(world, "AZpAAAAAAAAAAAAAAAAAAQ", choice);
        evaluate(world, "AZpAAAAAAAAAAAAAAAAAAg", choice);
        say_whole(world, &run, "AZpAAAAAAAAAAAAAAAAAAQ", verdicts[0]);
        say_in_parts(world, &run, "AZpAAAAAAAAAAAAAAAAAAg", verdicts[1]);
        cyclic += strstr(verdicts[0], "dag-cycle") != NULL;
        assert_string_equal(verdicts[0], verdicts[1]);
        rule_world_free(world);
    }
    assert_true(cyclic > ROUNDS / 20 && cyclic < ROUNDS); /* not all alike */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_manifest_parts_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
