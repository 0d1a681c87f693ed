#include "client/decision/request_card.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/decision/card.h"
#include "schemas/rules/approval_facts.h"

bool open_request_bind(struct open_request *request, struct err *err)
{
    const struct field *record = request->record.fields.fields;
    const struct field *action = field_get(record, "action");
    const struct field *subject = field_get(record, "subject");
    struct bytes nonce = field_bytes(field_get(record, "nonce"));

    if (action == NULL || subject == NULL || nonce.len == 0)
        return err_set(err, ERR_CORRUPT, "the request lacks its action, subject or nonce");
    approval_action_digest(&request->action_digest, action->encoded, subject->encoded);
    if (!bytes_equal(field_bytes(field_get(record, "action_digest")),
                     hash_bytes(&request->action_digest)))
        return err_set(err, ERR_CORRUPT,
                       "the request's action digest is not that of its action and subject");
    approval_nonce_derive(request->sign_in_nonce, &request->action_digest, nonce);
    short_code_make(request->code, &request->record.digest);
    request->expires_at_ms = field_uint(field_get(record, "expires_at_ms"), 0);
    return true;
}

bool open_request_read(struct log_view *view, struct open_request *out,
                       const struct record_place *place, uint64_t search_max, struct err *err)
{
    return proven_record_read(view, &out->record, place, "approval-request", err) &&
           open_request_bind(out, err) &&
           votes_read(view, &out->votes, &out->record, search_max, err);
}

void open_request_cleanup(struct open_request *request)
{
    proven_record_cleanup(&request->record);
}

bool open_request_check(const struct open_request *request, uint64_t now_ms, struct err *err)
{
    const struct vote *end = votes_find_end(&request->votes);

    if (now_ms >= request->expires_at_ms)
        return err_set(err, ERR_INVALID, "the request expired %" PRIu64 " s ago",
                       (now_ms - request->expires_at_ms) / 1000);
    if (end != NULL)
        return err_set(err, ERR_INVALID,
                       "the request is decided: %s by %s in entry %" PRIu64, end->outcome,
                       end->actor, end->index);
    if (votes_satisfy(&request->votes, request->record.fields.fields))
        return err_set(err, ERR_INVALID, "the request is decided: as many as it asks for approved");
    return true;
}

/* ---- the card ---- */

static void append_actor(struct buf *out, const struct field *record,
                         const struct statement *statement)
{
    const struct field *actor = field_get(record, "actor");
    struct buf text = {0};

    buf_append_bytes(&text, field_text(field_get(actor, "kind")));
    buf_append_text(&text, " ");
    buf_append_bytes(&text, field_text(field_get(actor, "id")));
    if (field_get(actor, "on_behalf_of") != NULL) {
        buf_append_text(&text, " for ");
        buf_append_bytes(&text, field_text(field_get(actor, "on_behalf_of")));
    }
    card_line(out, "sent by", bytes_of_buf(&text));
    card_line(out, "issuer", statement->issuer);
    buf_cleanup(&text);
}

static void append_action(struct buf *out, const struct field *action)
{
    card_field(out, "operation", field_get(action, "operation"));
    card_field(out, "resource", field_get(action, "resource"));
    card_digest(out, "arguments", field_get(action, "arguments"));
    card_field(out, "extent", field_get(action, "extent"));
    card_field(out, "reversibility", field_get(action, "reversibility"));
    card_field(out, "environment", field_get(action, "environment"));
}

static void append_roles(struct buf *out, const struct open_request *request)
{
    const struct field *roles = field_get(request->record.fields.fields, "role_quorum");

    for (const struct field *role = field_first(roles); role != NULL;
         role = field_next(roles, role)) {
        struct buf text = {0};

        buf_append_bytes(&text, role->key);
        card_format(out, "  in role", "%s: %" PRIu64 " of %" PRIu64, buf_text(&text),
                    votes_count_approvers(&request->votes, buf_text(&text)), field_uint(role, 0));
        buf_cleanup(&text);
    }
}

static void append_votes(struct buf *out, const struct open_request *request)
{
    const struct votes *votes = &request->votes;

    card_format(out, "approved by", "%" PRIu64 " of %" PRIu64 "%s",
                votes_count_approvers(votes, NULL),
                field_uint(field_get(request->record.fields.fields, "quorum"), 0),
                votes->is_partial ? ", as far as the log was searched (--search)" : "");
    append_roles(out, request);
    for (size_t i = 0; i < votes->count; i++)
        card_format(out, "  so far", "%s: %s%s%s, entry %" PRIu64, votes->items[i].outcome,
                    votes->items[i].actor, votes->items[i].role[0] != '\0' ? " as " : "",
                    votes->items[i].role, votes->items[i].index);
}

static void append_proof(struct buf *out, const struct open_request *request,
                         const struct log_view *view)
{
    card_format(out, "proof", "in the tree of size %" PRIu64 " of %s, signed by the log%s",
                view->head.checkpoint.size, view->head.checkpoint.origin,
                view->trust.policy->is_bare_key ? "" : " and cosigned as the policy asks");
    card_text(out, "signature",
              request->record.signature_checked
                  ? "the issuer's, verified with the key given"
                  : "not checked here (--issuer-key): the issuer's, by the log's word");
}

void request_card_append(struct buf *out, const struct open_request *request,
                         const struct log_view *view, uint64_t now_ms)
{
    const struct field *record = request->record.fields.fields;

    buf_append_format(out, "Request for approval %s, entry %" PRIu64 "\n", request->code,
                      request->record.index);
    card_field(out, "requester", field_get(record, "requester"));
    append_actor(out, record, &request->record.statement);
    card_field(out, "tenant", field_get(record, "tenant"));
    card_run(out, "run", field_get(record, "run_id"));
    card_versioned(out, "workflow", field_get(record, "workflow"));
    card_field(out, "run in", field_get(record, "environment"));
    card_subject(out, field_get(record, "subject"));
    append_action(out, field_get(record, "action"));
    card_field(out, "risk", field_get(record, "risk"));
    card_versioned(out, "matrix", field_get(record, "approval_matrix"));
    card_reference(out, "evaluation", field_get(record, "policy_evaluation"));
    append_votes(out, request);
    card_time(out, "asked at", field_uint(field_get(record, "occurred_at_ms"), 0), now_ms);
    card_time(out, "expires", request->expires_at_ms, now_ms);
    card_digest(out, "shown", field_get(record, "shown"));
    card_hex(out, "action digest", hash_bytes(&request->action_digest));
    append_proof(out, request, view);
}
