/*
 * How many records a second one core can admit: statements of 64 execution events with model calls,
 * all rules asked. Signatures, schema and store are left out.
 *
 * usage: admission_bench [--mentions] [--seconds N] [--without RULE]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "schemas/record.h"
#include "schemas/rules/item_set.h"
#include "schemas/view.h"
#include "tests/support/facts_below.h"
#include "tests/support/run_rule_world.h"

enum { STATEMENTS = 64, EVENTS = 64 }; /* statements a batch, records a statement */

#define DIGEST \
    "{\"algorithm\": \"hmac-sha-256\", \"digest\": \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}"
#define MODEL \
    "{\"provider\": \"p\", \"name\": \"m\", \"version\": \"2026-09-01\", \"region\": \"eu\"}"

static void prepare(struct rule_world *world)
{
    run_rule_world_prepare(world);
    rule_world_must(world, "vendors", "supplier",
                    "{\"models\": [" MODEL "], \"regions\": [\"eu\"]}");
    rule_world_must(world, "engine", "run-start",
                    "{" RULE_LIVE ", \"trigger\": {\"kind\": \"user\", \"triggered_by\":"
                    " \"usr_trigger\"}}");
}

/* Three of four events are small; the fourth says which model was called with what. */
static void append_event(struct buf *out, unsigned statement, unsigned event)
{
    static const char *const names[] = {"start", "wait", "resume", "end"};
    char json[2000];
    struct err err = {0};
    bool calls = event % 4 == 3;

    snprintf(json, sizeof(json),
             "{\"type\": \"execution-event\", \"schema_version\": 1,"
             " \"record_id\": \"AZqkAAAAAAAAA%03uAA%03ug\", \"tenant\": \"acme\","
             " \"occurred_at_ms\": 1800000000000, \"sequence_number\": %u, \"stream\": \"w%u\","
             " \"actor\": {\"kind\": \"service\", \"id\": \"engine\"}, " RULE_RUN_1 ","
             " \"node_id\": \"step\", \"attempt\": %u, \"event\": \"%s\", \"duration_ms\": 812"
             "%s}",
             statement, event, event, statement, statement * EVENTS + event / 4, names[event % 4],
             calls ? ", \"inputs\": [{\"artifact_id\": \"contract\", \"content\": " DIGEST
                     ", \"tags\": [{\"data_classification\": \"confidential\"}]}],"
                     " \"outputs\": [{\"artifact_id\": \"summary\", \"content\": " DIGEST "}],"
                     " \"model_call\": {\"request_model\": " MODEL ","
                     " \"response_model\": " MODEL ","
                     " \"operation_name\": \"chat\", \"input\": " DIGEST ", \"output\": " DIGEST ","
                     " \"prompt\": {\"id\": \"sum\", \"version\": \"9\"}, \"input_tokens\": 812,"
                     " \"output_tokens\": 92, \"finish_reasons\": [\"stop\"]}"
                   : "");
    if (!view_parse_json(out, bytes_of_text(json), &err)) {
        fprintf(stderr, "%s in %s\n", err.text, json);
        exit(1);
    }
}

static void make_payloads(struct buf payloads[STATEMENTS])
{
    for (unsigned statement = 0; statement < STATEMENTS; statement++) {
        dcbor_put_array(&payloads[statement], EVENTS);
        for (unsigned event = 0; event < EVENTS; event++)
            append_event(&payloads[statement], statement, event);
    }
}

/* Of every statement: admitted, and without a flag. */
static void decide(struct admission *admission, const struct buf *payload, struct bytes kid,
                   uint64_t index)
{
    struct admission_entry entry = {
        .issuer = bytes_of_text("engine"),
        .kid = kid,
        .payload = bytes_of_buf(payload),
        .index = index,
        .received_at_ms = UINT64_C(1800000000000),
    };
    struct admission_verdict verdict;
    struct err err = {0};

    if (!admission_decide(admission, &entry, &verdict, &err) || verdict.refused_by != NULL ||
        verdict.flag_count > 0) {
        const struct rule *rule =
            verdict.refused_by != NULL ? verdict.refused_by : verdict.flags[0].rule;

        fprintf(stderr, "%s %s: have %s, want %s\n", rule->name, rule->code,
                verdict.finding.have, verdict.finding.want);
        exit(1);
    }
}

static struct bytes key_of_engine(struct rule_world *world)
{
    struct principal engine;
    struct bytes kid = {0};
    uint64_t position = 0;

    if (!principal_get(rule_world_facts(world), bytes_of_text("engine"), &engine) ||
        !item_set_next(engine.kids, &position, &kid))
        exit(1);
    return kid;
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(struct rule_world *world, struct admission *admission, struct facts *facts,
                    double seconds)
{
    struct buf payloads[STATEMENTS] = {{0}};
    double begin = seconds_now();
    uint64_t records = 0;
    size_t bytes = 0;
    size_t puts = 0;
    size_t value_bytes = 0;
    const struct fact_change *changes;
    struct bytes kid = key_of_engine(world);
    double took;

    make_payloads(payloads);
    for (unsigned i = 0; i < STATEMENTS; i++)
        bytes += payloads[i].len;
    begin = seconds_now();
    do {
        for (unsigned i = 0; i < STATEMENTS; i++)
            decide(admission, &payloads[i], kid, rule_world_size(world) + i);
        records += STATEMENTS * EVENTS;
        changes = facts_changes(facts, &puts);
        value_bytes = 0;
        for (size_t i = 0; i < puts; i++)
            value_bytes += changes[i].value.len + changes[i].key.len;
        facts_reset(facts);
        took = seconds_now() - begin;
    } while (took < seconds);
    printf("records_per_s=%.0f us_per_record=%.2f record_bytes=%zu facts_per_record=%.2f "
           "fact_bytes_per_record=%zu\n",
           (double)records / took, took * 1e6 / (double)records, bytes / (STATEMENTS * EVENTS),
           (double)puts / (STATEMENTS * EVENTS), value_bytes / (STATEMENTS * EVENTS));
    for (unsigned i = 0; i < STATEMENTS; i++)
        buf_cleanup(&payloads[i]);
}

int main(int argc, char **argv)
{
    struct rule_world *world = rule_world_new(PROFILE_OBSERVE);
    struct facts_below below;
    struct facts *facts;
    struct admission *admission;
    double seconds = 3;

    facts_below_init(&below, rule_world_facts(world));
    facts = facts_new(&below.base);
    admission = admission_new(facts);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--mentions") == 0)
            admission_keep_mentions(admission);
        else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = atof(argv[++i]);
        else
            return 64;
    }
    prepare(world);
    measure(world, admission, facts, seconds);
    admission_free(admission);
    facts_free(facts);
    rule_world_free(world);
    return 0;
}
