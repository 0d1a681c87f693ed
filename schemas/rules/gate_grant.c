/* The record of a grant: how the gate's answer "allow" is made, and what it leaves behind. */
#include "schemas/rules/gate.h"

#include "schemas/record_maker.h"
#include "schemas/rules/gate_facts.h"
#include "schemas/rules/record_facts.h"

static void append_reference(struct buf *out, struct facts *facts, struct bytes tenant,
                             struct bytes record_id)
{
    struct record_maker map = {0};
    struct record_fact record;

    record_maker_put_bytes(&map, "record_id", record_id);
    if (record_fact_get(facts, tenant, record_id, &record)) {
        record_maker_put_text(&map, "iss", record.issuer);
        record_maker_put_bytes(&map, "record_digest", record.digest);
        record_maker_put_uint(&map, "index", record.index);
    }
    record_maker_finish(&map, out);
}

/* The votes that made up the approval. */
static void append_approvals(struct buf *out, struct facts *facts, struct bytes tenant,
                             const struct gate_answer *answer)
{
    struct dcbor_reader votes = approval_votes_of(&answer->request);
    struct approval_vote vote;
    struct buf items = {0};
    uint64_t count = 0;

    while (answer->has_request && approval_vote_next(&votes, &vote)) {
        if (!approval_outcome_is_yes(vote.outcome))
            continue;
        append_reference(&items, facts, tenant, vote.record_id);
        count++;
    }
    dcbor_put_array(out, count);
    buf_append_bytes(out, bytes_of_buf(&items));
    buf_cleanup(&items);
}

void gate_append_grant(struct buf *out, struct facts *facts, const struct gate_question *question,
                       const struct gate_answer *answer, const struct gate_grant_header *header)
{
    struct record_maker maker = {0};
    struct buf references = {0};

    CHECK(answer->outcome == GATE_ALLOWS);
    record_maker_put_literal(&maker, "type", "gate-grant");
    record_maker_put_uint(&maker, "schema_version", 1);
    record_maker_put_bytes(&maker, "record_id", header->record_id);
    record_maker_put_text(&maker, "tenant", question->tenant);
    record_maker_put_uint(&maker, "received_at_ms", question->at_ms);
    record_maker_put_bytes(&maker, "run_id", question->run_id);
    record_maker_put_text(&maker, "node_id", question->node_id);
    record_maker_put_bytes(&maker, "action_digest", question->action_digest);
    record_maker_put_text(&maker, "granted_to", question->granted_to);
    record_maker_put_uint(&maker, "expires_at_ms", answer->expires_at_ms);
    record_maker_put_bytes(&maker, "nonce", header->nonce);
    append_approvals(&references, facts, question->tenant, answer);
    record_maker_put_encoded(&maker, "approvals", bytes_of_buf(&references));
    buf_clear(&references);
    if (answer->has_override) {
        dcbor_put_array(&references, 1);
        append_reference(&references, facts, question->tenant, answer->override_id);
        record_maker_put_encoded(&maker, "overrides", bytes_of_buf(&references));
    }
    record_maker_put_field(&maker, "action", question->action);
    buf_cleanup(&references);
    record_maker_finish(&maker, out);
}
