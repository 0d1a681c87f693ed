#include "server/evidence/run_people.h"

#include "schemas/rules/approval_lists.h"
#include "schemas/rules/override_facts.h"
#include "schemas/map_members.h"

struct collector {
    struct run_people *out;
    struct run_scope *scope;
};

static struct bytes record_id_of(const struct run_record *record)
{
    return field_bytes(field_get(record->record, "record_id"));
}

static void put_votes(struct buf *out, const struct approval_request *request,
                      const struct run_scope *scope)
{
    struct dcbor_reader votes = approval_votes_of(request);
    struct approval_vote vote;
    struct buf rows = {0};
    uint64_t count = 0;

    while (approval_vote_next(&votes, &vote)) {
        uint64_t check_index;
        bool is_checked = approval_token_check_get(scope->facts, scope->tenant, vote.record_id,
                                                   &check_index);

        dcbor_put_map(&rows, is_checked ? 4 : 3);
        dcbor_put_literal(&rows, "outcome");
        dcbor_put_literal(&rows, approval_outcome_name(vote.outcome));
        dcbor_put_literal(&rows, "approver");
        dcbor_put_text(&rows, vote.approver);
        dcbor_put_literal(&rows, "record_id");
        dcbor_put_bytes(&rows, vote.record_id);
        if (is_checked) {
            dcbor_put_literal(&rows, "token_check_index");
            dcbor_put_uint(&rows, check_index);
        }
        count++;
    }
    dcbor_put_array(out, count);
    buf_append_bytes(out, bytes_of_buf(&rows));
    buf_cleanup(&rows);
}

/* Approved and used up, or what approval_state_at says. */
static const char *state_of(const struct approval_request *request, uint64_t at_ms)
{
    return request->used_by.len > 0 ? "used"
                                    : approval_state_name(approval_state_at(request, at_ms));
}

static bool put_approval(struct buf *out, const struct approval_request *request,
                         const struct run_scope *scope, struct err *err)
{
    struct dcbor_map_writer map = {0};
    struct bytes node = approval_subject_node(request);
    bool ok;

    member_put_bytes(&map, "record_id", request->record_id);
    member_put_uint(&map, "index", request->index);
    member_put_literal(&map, "state", state_of(request, scope->at_ms));
    member_put_literal(&map, "risk", risk_level_name(request->risk));
    member_put_text(&map, "requester", request->requester);
    member_put_text(&map, "subject_kind", approval_subject_kind(request));
    if (node.len > 0)
        member_put_text(&map, "node_id", node);
    member_put_uint(&map, "quorum", request->quorum);
    member_put_uint(&map, "approval_count", request->approval_count);
    member_put_uint(&map, "expires_at_ms", request->expires_at_ms);
    put_votes(member_begin(&map, "votes"), request, scope);
    ok = dcbor_map_writer_finish(&map, out, err);
    dcbor_map_writer_cleanup(&map);
    return ok;
}

static bool add_approval(void *context, const struct run_record *record, struct err *err)
{
    struct collector *collector = context;
    struct run_scope *scope = collector->scope;
    struct approval_request request;

    if (!approval_request_get(scope->facts, scope->tenant, record_id_of(record), &request))
        return true; /* the record_id is another record's: this one broke G5 and is flagged */
    collector->out->approval_count++;
    return put_approval(&collector->out->approvals, &request, scope, err);
}

static bool put_override(struct buf *out, const struct override *override, struct bytes kind,
                         uint64_t at_ms, struct err *err)
{
    struct dcbor_map_writer map = {0};
    bool is_reviewed = override->review.len > 0;
    bool is_in_force = override->begins_at_ms <= at_ms && at_ms < override->expires_at_ms;
    bool ok;

    member_put_bytes(&map, "record_id", override->record_id);
    member_put_uint(&map, "index", override->index);
    member_put_text(&map, "kind", kind);
    member_put_literal(&map, "state", is_in_force ? "in-force" : "expired");
    member_put_literal(&map, "review",
                       is_reviewed                          ? "done"
                       : at_ms > override->review_due_at_ms ? "overdue"
                                                            : "due");
    member_put_text(&map, "actor_id", override->actor);
    member_put_text(&map, "reviewer", override->reviewer);
    if (override->node_id.len > 0)
        member_put_text(&map, "node_id", override->node_id);
    member_put_uint(&map, "expires_at_ms", override->expires_at_ms);
    member_put_uint(&map, "review_due_at_ms", override->review_due_at_ms);
    ok = dcbor_map_writer_finish(&map, out, err);
    dcbor_map_writer_cleanup(&map);
    return ok;
}

static bool add_override(void *context, const struct run_record *record, struct err *err)
{
    struct collector *collector = context;
    struct run_scope *scope = collector->scope;
    struct bytes kind = field_text(field_get(record->record, "kind"));
    struct override override;

    if (!override_get(scope->facts, scope->tenant, record_id_of(record), &override))
        return true;
    collector->out->override_count++;
    collector->out->unreviewed_override_count += override.review.len == 0;
    return put_override(&collector->out->overrides, &override, kind, scope->at_ms, err);
}

bool run_people_collect(struct run_people *out, struct run_scope *scope, struct err *err)
{
    struct collector collector = {.out = out, .scope = scope};

    return run_scope_visit(scope, "approval-request", add_approval, &collector, err) &&
           run_scope_visit(scope, "override", add_override, &collector, err);
}

void run_people_cleanup(struct run_people *people)
{
    buf_cleanup(&people->approvals);
    buf_cleanup(&people->overrides);
}
