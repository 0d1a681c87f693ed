/*
 * What the manifest of a run costs all rules, by the size of the run: a chain of nodes, each taking
 * what the one before made, in a manifest and as many parts as it takes. The largest is the largest
 * graph that is checked.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "schemas/rules/run_graph.h"
#include "tests/support/run_rule_world.h"

enum { NODES_PER_PART = 64 };

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void append_node(struct buf *json, unsigned n)
{
    buf_append_format(json,
                      "%s{\"node_id\": \"n%u\", \"kind\": \"tool\", \"status\": \"ok\","
                      " \"started_at_ms\": 1800000000000, \"ended_at_ms\": 1800000000000,"
                      " \"inputs\": [",
                      n % NODES_PER_PART == 0 ? "" : ", ", n);
    if (n > 0)
        buf_append_format(json, "{\"artifact_id\": \"a%u\"}", n - 1);
    buf_append_format(json, "], \"outputs\": [{\"artifact_id\": \"a%u\"}]}", n);
}

/* Nodes [begin, end) and the edges that lead to them. */
static void append_nodes(struct buf *json, unsigned begin, unsigned end)
{
    bool is_first = true;

    buf_append_text(json, "\"nodes\": [");
    for (unsigned n = begin; n < end; n++)
        append_node(json, n);
    buf_append_text(json, "], \"edges\": [");
    for (unsigned n = begin; n < end; n++) {
        if (n == 0)
            continue;
        buf_append_format(json, "%s{\"from_node_id\": \"n%u\", \"to_node_id\": \"n%u\"}",
                          is_first ? "" : ", ", n - 1, n);
        is_first = false;
    }
    buf_append_text(json, "]");
}

static void append_part(struct rule_world *world, struct buf *digests, unsigned begin)
{
    struct buf json = {0};
    char name[32];

    buf_append_format(&json, "{\"part_number\": %u, ", begin / NODES_PER_PART);
    append_nodes(&json, begin, begin + NODES_PER_PART);
    buf_append_text(&json, "}");
    rule_world_must(world, "engine", "manifest-part", buf_text(&json));
    snprintf(name, sizeof(name), "part-%u", begin);
    rule_world_name(world, name);
    buf_append_format(digests, "%s\"@%s/digest\"", digests->len == 0 ? "" : ", ", name);
    buf_cleanup(&json);
}

/* The time to say the manifest, its JSON included, less that of one that is not looked at. */
static double measure(unsigned nodes)
{
    struct rule_world *world = rule_world_new(PROFILE_OBSERVE);
    struct buf digests = {0};
    struct buf json = {0};
    double begin;
    double first;

    run_rule_world_prepare(world);
    rule_world_must(world, "engine", "run-start", "{}");
    for (unsigned n = NODES_PER_PART; n < nodes; n += NODES_PER_PART)
        append_part(world, &digests, n);
    buf_append_text(&json, "{");
    append_nodes(&json, 0, nodes < NODES_PER_PART ? nodes : NODES_PER_PART);
    if (digests.len > 0)
        buf_append_format(&json, ", \"part_digests\": [%s]", buf_text(&digests));
    buf_append_text(&json, "}");
    begin = seconds_now();
    rule_world_must(world, "engine", "run-manifest", buf_text(&json));
    first = seconds_now() - begin;
    printf("nodes=%u verdict=\"%s\" ", nodes, rule_world_verdict(world));
    begin = seconds_now();
    rule_world_must(world, "engine", "run-manifest", buf_text(&json));
    first -= seconds_now() - begin;
    buf_cleanup(&digests);
    buf_cleanup(&json);
    rule_world_free(world);
    return first;
}

int main(void)
{
    static const unsigned sizes[] = {512, 1024, 2048, RUN_GRAPH_NODES_MAX};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        printf("ms=%.3f\n", 1e3 * measure(sizes[i]));
    return 0;
}
