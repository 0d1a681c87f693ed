/*
 * POST /v1/gate: may this node of this run do this action now? Decided by the writer, in order: the
 * answer "allow" is a gate-grant, an entry of the log like any other, which uses up the approvals it
 * names. Other answers say what is missing or who denied, and may be waited for.
 */
#include "server/http/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "schemas/dcbor.h"
#include "schemas/record_maker.h"
#include "schemas/rules/approval_lists.h"
#include "schemas/rules/facts_seen.h"
#include "schemas/rules/gate.h"
#include "schemas/rules/gate_facts.h"
#include "schemas/view.h"
#include "server/http/parked.h"
#include "server/http/receipts.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/reply.h"

enum {
    GRANT_ID_LEN = 16,
    NONCE_LEN_MIN = 16,
    NONCE_LEN_MAX = 32,
    WAIT_S_MAX = 300,
};

/* One question, from its request to its reply. */
struct asking {
    struct tlog_own own;
    struct wait wait;
    struct buf body; /* the question as CBOR; what follows borrows from it */
    struct record_fields fields;
    struct gate_question question;
    uint8_t grant_id[GRANT_ID_LEN];
    uint8_t nonce[NONCE_LEN_MAX];
    size_t nonce_len;
    /* What the writer found, last. */
    enum gate_outcome outcome;
    bool has_grant; /* an earlier answer to the same question allowed it: at grant_index */
    bool is_nonce_used; /* for another question: no answer */
    uint64_t grant_index;
    uint64_t expires_at_ms;
    uint64_t size; /* of the tree it speaks of */
    struct buf lacks; /* encoded array */
};

static void asking_free(struct asking *asking)
{
    wait_cleanup(&asking->wait);
    buf_cleanup(&asking->body);
    record_fields_cleanup(&asking->fields);
    buf_cleanup(&asking->lacks);
    free(asking);
}

/* ---- the question ---- */

/* One member of the question. */
static const struct member {
    const char *name;
    enum dcbor_type type;
    size_t len_min; /* of texts and byte strings */
    size_t len_max;
    bool is_required;
    const char *want;
} members[] = {
    {"tenant", DCBOR_TEXT, 1, 200, true, "the tenant of the run, text"},
    {"run_id", DCBOR_BYTES, 16, 16, true, "the 16 bytes of the run's id"},
    {"node_id", DCBOR_TEXT, 1, 200, true, "the node that will act, text"},
    {"action_digest", DCBOR_BYTES, HASH_LEN, HASH_LEN, true, "32 bytes: SHA-256 of the action"},
    {"granted_to", DCBOR_TEXT, 1, 200, true, "the principal that will act, text"},
    {"action", DCBOR_MAP, 0, 0, false, "the action-map that action_digest is of"},
    {"nonce", DCBOR_BYTES, NONCE_LEN_MIN, NONCE_LEN_MAX, false,
     "16 to 32 random bytes, the same when the question is asked again"},
    {"wait_s", DCBOR_UINT, 0, 0, false, "seconds to wait for another answer, at most 300"},
};

enum { MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

static bool refuse(struct problem *problem, const char *name, const char *want)
{
    char path[64];

    snprintf(path, sizeof(path), "/%s", name);
    problem_set(problem, PROBLEM_PARAMETER, "The question to the gate is not complete and exact.");
    return problem_add(problem, path, NULL, want);
}

static const struct member *find_member(struct bytes name)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (bytes_equal_text(name, members[i].name))
            return &members[i];
    }
    return NULL;
}

static bool check_member(const struct field *field, struct problem *problem)
{
    const struct member *member = find_member(field->key);
    bool has_len;

    if (member == NULL)
        return refuse(problem, "", "only members that the gate knows");
    has_len = member->type == DCBOR_TEXT || member->type == DCBOR_BYTES;
    if (field->type != member->type ||
        (has_len &&
         (field->string.len < member->len_min || field->string.len > member->len_max)) ||
        (member->type == DCBOR_UINT && field->value > WAIT_S_MAX))
        return refuse(problem, member->name, member->want);
    return true;
}

static bool check_members(const struct field *map, struct problem *problem)
{
    if (map->type != DCBOR_MAP)
        return refuse(problem, "", "a map");
    for (const struct field *field = field_first(map); field != NULL;
         field = field_next(map, field)) {
        if (!check_member(field, problem))
            return false;
    }
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (members[i].is_required && field_get(map, members[i].name) == NULL)
            return refuse(problem, members[i].name, members[i].want);
    }
    return true;
}

/* Thousands of questions may wait: none keeps more than it needs. */
static bool read_body(struct asking *asking, struct request *request,
                      struct problem *problem)
{
    struct err err = {0};
    bool is_json = media_is(request->headers.content_type, MEDIA_JSON);

    if (!is_json && !media_is(request->headers.content_type, MEDIA_CBOR)) {
        problem_set(problem, PROBLEM_MEDIA_TYPE, "The question must be CBOR or JSON.");
        return problem_add(problem, NULL, NULL, media_name(MEDIA_CBOR));
    }
    if (is_json && !view_parse_json(&asking->body, request->body, &err))
        return problem_set(problem, PROBLEM_PARAMETER, "The question cannot be read: %s.",
                           err.text);
    if (!is_json)
        buf_append_bytes(&asking->body, request->body);
    if (!dcbor_check(bytes_of_buf(&asking->body), &err) ||
        !record_fields_read(&asking->fields, bytes_of_buf(&asking->body), &err))
        return problem_set(problem, PROBLEM_CBOR, "The question is not deterministic CBOR: %s.",
                           err.text);
    record_fields_trim(&asking->fields);
    request_drop_body(request);
    return check_members(asking->fields.fields, problem);
}

/*
 * The grant's id follows from the question and its nonce, so that whoever asks again after a lost
 * answer gets the same grant and not a second one.
 */
static bool name_grant(struct asking *asking, struct err *err)
{
    const struct gate_question *question = &asking->question;
    struct bytes given = field_bytes(field_get(asking->fields.fields, "nonce"));
    struct bytes parts[] = {question->tenant,        question->run_id,    question->node_id,
                            question->action_digest, question->granted_to, {0}};
    struct fact_key hash;

    asking->nonce_len = given.len > 0 ? given.len : NONCE_LEN_MAX;
    if (given.len > 0)
        memcpy(asking->nonce, given.data, given.len);
    else if (!random_fill(asking->nonce, NONCE_LEN_MAX, err))
        return false;
    parts[5] = bytes_of(asking->nonce, asking->nonce_len);
    hash = fact_key_of(FACT_GATE_GRANT, parts, sizeof(parts) / sizeof(parts[0]));
    memcpy(asking->grant_id, hash.bytes + 1, GRANT_ID_LEN);
    asking->grant_id[6] = (uint8_t)((asking->grant_id[6] & 0x0f) | 0x80); /* UUIDv8 */
    asking->grant_id[8] = (uint8_t)((asking->grant_id[8] & 0x3f) | 0x80);
    return true;
}

/* Whoever gets no witnessed grant in time must be able to ask for the very same again. */
static bool check_nonce(const struct asking *asking, const struct request *request,
                        struct problem *problem)
{
    if (!request->state->awaiting.is_wanted ||
        field_get(asking->fields.fields, "nonce") != NULL)
        return true;
    problem_set(problem, PROBLEM_PARAMETER, "A question that waits for witnesses needs a nonce.");
    return problem_add(problem, "/nonce", NULL, find_member(bytes_of_text("nonce"))->want);
}

static bool read_question(struct asking *asking, struct request *request,
                          struct problem *problem)
{
    const struct field *map;
    struct err err = {0};

    if (!awaiting_parse(request, problem) || !read_body(asking, request, problem) ||
        !check_nonce(asking, request, problem))
        return false;
    map = asking->fields.fields;
    asking->question = (struct gate_question){
        .tenant = field_text(field_get(map, "tenant")),
        .run_id = field_bytes(field_get(map, "run_id")),
        .node_id = field_text(field_get(map, "node_id")),
        .action_digest = field_bytes(field_get(map, "action_digest")),
        .action = field_get(map, "action"),
        .granted_to = field_text(field_get(map, "granted_to")),
    };
    asking->wait.deadline_ns =
        request->received_ns + field_uint(field_get(map, "wait_s"), 0) * 1000000000;
    return name_grant(asking, &err) || problem_from_err(problem, &err);
}

/* ---- the writer's part ---- */

/* Whether what is lacking is named by a record's id, and not by a word. */
static bool names_record(enum gate_lack_kind kind)
{
    return kind == LACK_STOPPED || kind >= LACK_QUORUM;
}

static void append_lack(struct buf *out, const struct gate_lack *lack)
{
    struct record_maker maker = {0};

    record_maker_put_literal(&maker, "lack", gate_lack_name(lack->kind));
    if (lack->what.len > 0 && names_record(lack->kind))
        record_maker_put_bytes(&maker, "record_id", lack->what);
    else if (lack->what.len > 0)
        record_maker_put_text(&maker, "what", lack->what);
    if (lack->who.len > 0)
        record_maker_put_text(&maker, "who", lack->who);
    if (lack->need > 0) {
        record_maker_put_uint(&maker, "have", lack->have);
        record_maker_put_uint(&maker, "need", lack->need);
    }
    record_maker_finish(&maker, out);
}

static void keep_answer(struct asking *asking, const struct gate_answer *answer,
                        const struct tlog_moment *moment)
{
    asking->outcome = answer->outcome;
    asking->expires_at_ms = answer->expires_at_ms;
    asking->size = moment->index;
    asking->wait.is_wanted = answer->outcome == GATE_WAITS;
    buf_clear(&asking->lacks);
    dcbor_put_array(&asking->lacks, answer->lack_count);
    for (size_t i = 0; i < answer->lack_count; i++)
        append_lack(&asking->lacks, &answer->lacks[i]);
}

static void keep_seen(struct asking *asking, const struct facts_seen *seen)
{
    size_t count = facts_seen_count(seen);

    asking->wait.keys =
        mem_realloc_array(asking->wait.keys, count, sizeof(*asking->wait.keys));
    asking->wait.key_count = count;
    for (size_t i = 0; i < count; i++)
        asking->wait.keys[i] = facts_seen_key(seen, i);
}

static bool find_earlier_grant(struct asking *asking, struct facts *facts)
{
    struct gate_grant grant;

    asking->has_grant = gate_grant_get(facts, asking->question.tenant,
                                       bytes_of(asking->grant_id, GRANT_ID_LEN), &grant);
    if (asking->has_grant) {
        asking->outcome = GATE_ALLOWS;
        asking->wait.is_wanted = false;
        asking->grant_index = grant.index;
        asking->expires_at_ms = grant.expires_at_ms;
    }
    return asking->has_grant;
}

/* A grant with this nonce would break rule GG2, now and later. */
static bool find_used_nonce(struct asking *asking, struct facts *facts)
{
    asking->is_nonce_used =
        approval_nonce_is_used(facts, bytes_of(asking->nonce, asking->nonce_len));
    if (asking->is_nonce_used)
        asking->wait.is_wanted = false;
    return asking->is_nonce_used;
}

static bool decide(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    struct asking *asking = (struct asking *)own;
    struct gate_grant_header header = {
        .record_id = bytes_of(asking->grant_id, GRANT_ID_LEN),
        .nonce = bytes_of(asking->nonce, asking->nonce_len),
    };
    struct settings settings;
    struct gate_answer answer;
    struct facts_seen seen;

    if (find_earlier_grant(asking, moment->facts) || find_used_nonce(asking, moment->facts))
        return false;
    asking->question.index = moment->index;
    asking->question.at_ms = moment->received_at_ms;
    facts_seen_init(&seen, moment->facts);
    settings_get(&settings, seen.facts);
    gate_evaluate(&answer, seen.facts, &settings, &asking->question);
    keep_answer(asking, &answer, moment);
    if (answer.outcome == GATE_ALLOWS)
        gate_append_grant(out, seen.facts, &asking->question, &answer, &header);
    else
        keep_seen(asking, &seen);
    facts_seen_cleanup(&seen);
    return answer.outcome == GATE_ALLOWS;
}

/* ---- the reply ---- */

/* The grant as it is logged and its receipt: all that an enforcement point needs. */
static bool put_grant(struct record_maker *maker, struct request *request, uint64_t index,
                      struct err *err)
{
    struct buf *scratch = request_body_buf(request);
    struct buf statement = {0};
    bool ok = tlog_read_entry(request->service->store, &statement, NULL, index, err) &&
              receipts_build_newest(request, index, err);

    if (ok) {
        record_maker_put_uint(maker, "index", index);
        record_maker_put_bytes(maker, "grant", bytes_of_buf(&statement));
        record_maker_put_bytes(maker, "receipt", bytes_of_buf(scratch));
    }
    buf_clear(scratch);
    buf_cleanup(&statement);
    return ok;
}

static uint64_t grant_index(const struct request *request)
{
    const struct asking *asking = request->endpoint_state;

    return asking->has_grant ? asking->grant_index : request->state->submission.index;
}

static bool build_answer(struct buf *out, struct request *request, struct err *err)
{
    const struct asking *asking = request->endpoint_state;
    struct record_maker maker = {0};
    bool ok = true;

    record_maker_put_literal(&maker, "outcome", gate_outcome_name(asking->outcome));
    if (asking->outcome == GATE_ALLOWS) {
        record_maker_put_uint(&maker, "expires_at_ms", asking->expires_at_ms);
        ok = put_grant(&maker, request, grant_index(request), err);
    } else {
        record_maker_put_uint(&maker, "size", asking->size);
        record_maker_put_encoded(&maker, "lacks", bytes_of_buf(&asking->lacks));
    }
    record_maker_finish(&maker, out);
    return ok;
}

static void send_nonce_used(struct request *request)
{
    struct problem problem = {0};

    problem_set(&problem, PROBLEM_CONFLICT, "The nonce was used before, for something else.");
    problem_add(&problem, "/nonce", NULL, "16 to 32 bytes made at random for this question");
    reply_send_problem(request, &problem);
}

static void send_answer(struct request *request)
{
    struct buf item = {0};
    struct err err = {0};
    bool ok = request->state->submission.outcome != TLOG_REFUSED
                  ? build_answer(&item, request, &err)
                  : err_set(&err, ERR_CORRUPT, "a rule refuses the log's own grant: %s",
                            request->state->submission.refusal.rule->name);

    if (ok)
        reply_send_item(request, bytes_of_buf(&item), CACHE_NONE);
    else
        reply_send_error(request, &err);
    buf_cleanup(&item);
}

/* The reply ends the request, so what belongs to the question is taken from it first. */
static void awaited(struct request *request)
{
    struct asking *asking = request->endpoint_state;

    if (awaiting_check(request))
        send_answer(request);
    asking_free(asking);
}

/* Only a grant is an entry: other answers wait for no witness. */
static void finish(struct request *request, const struct asking *asking)
{
    if (asking->outcome != GATE_ALLOWS || request->state->submission.outcome == TLOG_REFUSED)
        request->state->awaiting.is_wanted = false;
    awaiting_begin(request, grant_index(request), awaited);
}

static void gate_done(struct job *job)
{
    struct request *request = request_of_job(job);
    struct asking *asking = request->endpoint_state;

    if (request_check_committed(request)) {
        if (!asking->is_nonce_used) {
            finish(request, asking);
            return;
        }
        send_nonce_used(request);
    }
    asking_free(asking);
}

bool gate_post(struct request *request, struct problem *problem)
{
    struct asking *asking = mem_alloc(sizeof(*asking));

    asking->own = (struct tlog_own){.subject = "gate-grant", .make = decide};
    request->endpoint_state = asking;
    request->state->submission = (struct tlog_submission){.own = &asking->own};
    request->state->wait = &asking->wait;
    if (read_question(asking, request, problem) &&
        request_submit(request, &request->state->submission, 1, 0, gate_done, problem)) {
        return true;
    }
    asking_free(asking);
    return false;
}
