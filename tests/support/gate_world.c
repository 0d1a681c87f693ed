#include "tests/support/gate_world.h"

#include <string.h>

#include "schemas/view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/record_in_schema.h"

static struct bytes run_id(void)
{
    return bytes_of(APPROVAL_RUN_ID_BYTES, sizeof(APPROVAL_RUN_ID_BYTES));
}

static struct gate_question question_in(struct rule_world *world, struct bytes run)
{
    return (struct gate_question){
        .tenant = rule_world_tenant(world),
        .run_id = run,
        .node_id = bytes_of_text("step"),
        .granted_to = bytes_of_text("engine"),
        .index = rule_world_size(world),
        .at_ms = GATE_NOW_MS,
    };
}

void gate_world_ask_for_request(struct gate_asked *out, struct rule_world *world)
{
    struct approval_request request = approval_world_get(world);

    *out = (struct gate_asked){.question = question_in(world, run_id())};
    memcpy(out->digest.bytes, request.action_digest.data, HASH_LEN);
    out->question.action_digest = hash_bytes(&out->digest);
}

void gate_world_ask_for_action(struct gate_asked *out, struct rule_world *world,
                               struct bytes run, const char *json)
{
    struct buf subject = {0};
    struct err err = {0};

    *out = (struct gate_asked){.question = question_in(world, run)};
    assert_true(view_parse_json(&out->action, bytes_of_text(json), &err));
    assert_true(record_fields_read(&out->fields, bytes_of_buf(&out->action), &err));
    out->question.action = out->fields.fields;
    approval_append_plain_subject(&subject, run, out->question.node_id);
    approval_action_digest(&out->digest, bytes_of_buf(&out->action), bytes_of_buf(&subject));
    out->question.action_digest = hash_bytes(&out->digest);
    buf_cleanup(&subject);
}

void gate_asked_cleanup(struct gate_asked *asked)
{
    record_fields_cleanup(&asked->fields);
    buf_cleanup(&asked->action);
}

struct gate_answer gate_world_evaluate(struct rule_world *world, const struct gate_asked *asked)
{
    struct settings settings;
    struct gate_answer answer;

    settings_get(&settings, rule_world_facts(world));
    gate_evaluate(&answer, rule_world_facts(world), &settings, &asked->question);
    return answer;
}

void gate_assert_lack(const struct gate_answer *answer, enum gate_outcome outcome,
                      enum gate_lack_kind kind)
{
    if (answer->outcome != outcome || answer->lack_count == 0 || answer->lacks[0].kind != kind)
        fail_msg("expected %s %s, got %s %s", gate_outcome_name(outcome), gate_lack_name(kind),
                 gate_outcome_name(answer->outcome),
                 answer->lack_count == 0 ? "" : gate_lack_name(answer->lacks[0].kind));
}

struct gate_answer gate_world_answer(struct rule_world *world)
{
    struct gate_asked asked;
    struct gate_answer answer;

    gate_world_ask_for_request(&asked, world);
    answer = gate_world_evaluate(world, &asked);
    gate_asked_cleanup(&asked);
    return answer;
}

void gate_world_assert_lack(struct rule_world *world, enum gate_outcome outcome,
                            enum gate_lack_kind kind)
{
    struct gate_answer answer = gate_world_answer(world);

    gate_assert_lack(&answer, outcome, kind);
}

void gate_world_approve(struct rule_world *world)
{
    approval_world_request(world, "{}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
}

bool gate_world_grant(struct rule_world *world, const struct gate_asked *asked,
                      const struct gate_answer *answer, uint8_t number)
{
    uint8_t record_id[16] = {0xff, [15] = number};
    struct gate_grant_header header = {.record_id = bytes_of(record_id, sizeof(record_id)),
                                       .nonce = bytes_of(record_id, sizeof(record_id))};
    struct buf record = {0};
    struct buf json = {0};
    struct err err = {0};
    bool admitted;

    gate_append_grant(&record, rule_world_facts(world), &asked->question, answer, &header);
    assert_record_in_schema(&record, "gate-grant");
    assert_true(view_append_json(&json, bytes_of_buf(&record), false, &err));
    admitted = rule_world_say(world, NULL, "gate-grant", buf_text(&json));
    rule_world_name(world, "grant");
    buf_cleanup(&record);
    buf_cleanup(&json);
    return admitted;
}
