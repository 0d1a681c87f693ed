#include "tests/sim/author.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/rules/approval_lists.h"
#include "schemas/rules/gate.h"
#include "schemas/statement.h"
#include "server/tlog/own_record.h"
#include "tests/support/log_fixture.h"

#define ARGUMENTS \
    "{\"algorithm\": \"sha-256\", \"digest\": \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}"

static bool chance(struct rng *rng, unsigned percent)
{
    return rng_below(rng, 100) < percent;
}

/* ---- sayings ---- */

static struct saying *add(struct author *author)
{
    struct saying *saying = mem_alloc(sizeof(*saying));

    saying->number = author->count;
    author->sayings =
        mem_realloc_array(author->sayings, author->count + 1, sizeof(*author->sayings));
    author->sayings[author->count++] = saying;
    return saying;
}

/* What the log says of itself at first, as it was written. */
static bool make_written(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    (void)moment;
    buf_append_bytes(out, bytes_of_buf(&((struct saying *)own)->bytes));
    return true;
}

static void sign(struct buf *out, const struct admission_entry *entry, struct signer *signer,
                 uint64_t number)
{
    char *issuer = mem_format("%.*s", (int)entry->issuer.len, (const char *)entry->issuer.data);
    struct statement_claims claims = {.content_type = STATEMENT_TYPE_RECORDS,
                                      .issuer = issuer,
                                      .issued_at_s = 1700000000 + number};
    struct err err = {0};

    CHECK(statement_sign(out, signer, &claims, entry->payload, &err));
    free(issuer);
}

static void hear(void *context, const struct admission_entry *entry, struct signer *signer)
{
    struct saying *saying = add(context);

    if (entry->is_of_log) {
        buf_append_bytes(&saying->bytes, entry->payload);
        saying->own = (struct tlog_own){.subject = "log-metadata", .make = make_written};
        saying->submission.own = &saying->own;
    } else {
        sign(&saying->bytes, entry, signer, saying->number);
        log_submission_init(&saying->submission, LOG_EVIDENCE, bytes_of_buf(&saying->bytes));
    }
}

/* ---- the gate ---- */

static struct gate_question question_of(const struct saying *saying,
                                        const struct tlog_moment *moment)
{
    return (struct gate_question){
        .tenant = bytes_of_text("acme"),
        .run_id = bytes_of(APPROVAL_RUN_ID_BYTES, sizeof(APPROVAL_RUN_ID_BYTES)),
        .node_id = bytes_of_text("step"),
        .action_digest = hash_bytes(&saying->action_digest),
        .granted_to = bytes_of_text("engine"),
        .index = moment->index,
        .at_ms = moment->received_at_ms,
    };
}

/* As POST /v1/gate does: the same question, asked again, gets no second grant. */
static bool make_grant(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    const struct saying *saying = (const struct saying *)own;
    struct gate_question question = question_of(saying, moment);
    struct gate_grant_header header = {.nonce = bytes_of(saying->nonce, AUTHOR_NONCE_LEN)};
    struct gate_answer answer;
    struct settings settings;
    uint8_t record_id[LOG_RECORD_ID_LEN];

    if (approval_nonce_is_used(moment->facts, header.nonce))
        return false;
    settings_get(&settings, moment->facts);
    gate_evaluate(&answer, moment->facts, &settings, &question);
    if (answer.outcome != GATE_ALLOWS)
        return false;
    log_record_id(record_id, "sim", moment->index, 0);
    header.record_id = bytes_of(record_id, sizeof(record_id));
    gate_append_grant(out, moment->facts, &question, &answer, &header);
    return true;
}

static void ask(struct author *author, struct rng *rng)
{
    struct approval_request request = approval_world_get(author->world);
    struct saying *saying = add(author);

    memcpy(saying->action_digest.bytes, request.action_digest.data, HASH_LEN);
    rng_fill(rng, saying->nonce, sizeof(saying->nonce));
    saying->own = (struct tlog_own){.subject = "gate-grant", .make = make_grant};
    saying->submission.own = &saying->own;
}

/* ---- scenarios ---- */

static void say(struct author *author, const char *issuer, const char *type, const char *format,
                ...) PRINTF_LIKE(4, 5);

static void say(struct author *author, const char *issuer, const char *type, const char *format,
                ...)
{
    char json[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(json, sizeof(json), format, args);
    va_end(args);
    rule_world_say(author->world, issuer, type, json);
}

/* Asked for, voted on by those who may and those who may not, then used, perhaps more than once. */
static void write_approval(struct author *author, struct rng *rng)
{
    struct rule_world *world = author->world;
    unsigned quorum = chance(rng, 30) ? 2 : 1;
    char json[512];
    bool approved;

    snprintf(json, sizeof(json),
             "{\"action\": {\"operation\": \"payment.send\", \"resource\": \"invoice-%" PRIu64
             "\", \"arguments\": " ARGUMENTS ", \"reversibility\": \"irreversible\"},"
             " \"quorum\": %u, \"role_quorum\": {\"approver\": %u}}",
             author->scenario, quorum, quorum);
    if (!rule_world_say(world, "engine", "approval-request", json))
        return;
    rule_world_name(world, "request");
    author->has_request = true;
    if (chance(rng, 20))
        approval_world_vote(world, "usr_requester", NULL);
    if (chance(rng, 20))
        ask(author, rng);
    approved = approval_world_vote(world, "usr_approver", NULL);
    if (chance(rng, 30))
        approval_world_vote(world, "usr_approver", NULL);
    if (approved && chance(rng, 30))
        approval_world_vote(world, "usr_second", "{\"token\": \"@approval.token\"}");
    if (quorum == 2 || chance(rng, 20))
        approval_world_vote(world, "usr_second", NULL);
    for (uint64_t i = rng_below(rng, 4); i > 0; i--)
        ask(author, rng);
    for (uint64_t i = rng_below(rng, 3); i > 0; i--)
        say(author, "engine", "execution-event",
            "{\"event\": \"action-executed\", \"action\": \"@request.action\"}");
}

/* A run of its own, which perhaps nobody says has begun. */
static void write_run(struct author *author, struct rng *rng)
{
    uint8_t id[16] = {0x01, 0x9a, 0x41, [8] = (uint8_t)(author->scenario >> 8),
                      [15] = (uint8_t)author->scenario};
    struct buf run_id = {0};

    text_append_base64url(&run_id, bytes_of(id, sizeof(id)));
    if (chance(rng, 80))
        say(author, "engine", "run-start", "{\"run_id\": \"%s\"}", buf_text(&run_id));
    for (uint64_t i = rng_below(rng, 4); i > 0; i--)
        say(author, "engine", "execution-event", "{\"run_id\": \"%s\", \"attempt\": %u}",
            buf_text(&run_id), (unsigned)(1 + rng_below(rng, 2)));
    if (chance(rng, 70))
        say(author, "engine", "run-manifest", "{\"run_id\": \"%s\"}", buf_text(&run_id));
    buf_cleanup(&run_id);
}

/* Several records in one statement; when one has the id of another record, none is to enter. */
static void write_together(struct author *author, struct rng *rng)
{
    rule_world_add(author->world, "engine", "run-start",
                   "{\"run_id\": \"AZpCAAAAAAAAAAAAAAAAAQ\"}");
    rule_world_add(author->world, "engine", "execution-event",
                   "{\"run_id\": \"AZpCAAAAAAAAAAAAAAAAAQ\"}");
    rule_world_add(author->world, "engine", "execution-event",
                   author->has_request && chance(rng, 50) ? "{\"record_id\": \"@request/id\"}"
                                                          : "{}");
    rule_world_submit(author->world, "engine");
}

static void write_person(struct author *author, struct rng *rng)
{
    if (chance(rng, 60))
        say(author, "idp", "identity",
            "{\"roles\": [\"approver\"], \"principal\": {\"kind\": \"human\", \"id\": \"usr_%" PRIu64
            "\"}}", author->scenario);
    else
        say(author, "idp", "identity",
            "{\"operation\": \"%s\", \"roles\": [\"approver\"], \"principal\":"
            " {\"kind\": \"human\", \"id\": \"usr_second\"}}",
            chance(rng, 50) ? "revoke" : "grant");
}

static void write_conflict(struct author *author, struct rng *rng)
{
    say(author, "engine", "execution-event", "{\"idempotency_key\": \"key-%u\", \"attempt\": %u}",
        (unsigned)rng_below(rng, 4), (unsigned)(1 + rng_below(rng, 9)));
}

void author_write(struct author *author, uint64_t now_ms, struct rng *rng)
{
    static void (*const kinds[])(struct author *author, struct rng *rng) = {
        write_approval, write_run, write_approval, write_together, write_person, write_conflict,
    };

    if (now_ms > author->now_ms) {
        rule_world_advance(author->world, now_ms - author->now_ms);
        author->now_ms = now_ms;
    }
    author->scenario++;
    kinds[author->scenario == 1 ? 0 : rng_below(rng, sizeof(kinds) / sizeof(kinds[0]))](author, rng);
}

/* ---- */

void author_init(struct author *author, enum profile profile)
{
    *author = (struct author){.world = rule_world_new_empty(),
                              .now_ms = UINT64_C(1800000000000)};
    rule_world_listen(author->world, hear, author);
    rule_world_must(author->world, NULL, "log-metadata",
                    profile == PROFILE_STRICT ? "{\"profile\": \"strict\"}"
                                              : "{\"profile\": \"observe\"}");
    approval_world_prepare(author->world);
    author->prepared_count = author->count;
}

void author_cleanup(struct author *author)
{
    for (size_t i = 0; i < author->count; i++) {
        buf_cleanup(&author->sayings[i]->bytes);
        free(author->sayings[i]);
    }
    free(author->sayings);
    rule_world_free(author->world);
}
