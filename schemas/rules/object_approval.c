#include "schemas/rules/object_approval.h"

#include "schemas/rules/version_facts.h"

/* Whether the request is about this content. */
static bool has_content(struct record_fields *memory, const struct approval_request *request,
                        struct bytes digest)
{
    const struct field *subject = fact_map(memory, request->subject);

    return bytes_equal(field_bytes(field_at(subject, "object.content.digest")), digest);
}

/* Roles count as they were when the last vote was logged. */
static bool has_role(const struct object_question *question,
                     const struct approval_request *request, struct bytes approver)
{
    struct principal person;

    return question->role == NULL ||
           (principal_get_at(question->context->facts, approver, request->resolved_index,
                             &person) &&
            principal_has_role(&person, question->role));
}

static uint64_t count_votes(const struct object_question *question,
                            const struct approval_request *request)
{
    struct dcbor_reader votes = approval_votes_of(request);
    struct approval_vote vote;
    uint64_t count = 0;

    while (approval_vote_next(&votes, &vote)) {
        if (vote.outcome != OUTCOME_APPROVE)
            continue;
        if (question->is_author(question->authors, vote.approver))
            return 0;
        count += has_role(question, request, vote.approver);
    }
    return count;
}

static bool counts(const struct object_question *question, const struct approval_request *request)
{
    uint64_t now_ms = question->context->statement->received_at_ms;

    return request->state == APPROVAL_APPROVED &&
           request->environment >= question->environment &&
           bytes_equal(request->bound_digest, request->action_digest) &&
           (!question->unexpired || approval_is_usable(request, now_ms));
}

uint64_t object_approvals(const struct object_question *question)
{
    struct approvals list =
        approvals_for_object(question->context->facts, rule_tenant(question->context),
                             bytes_of_text(question->subject_kind), question->object);
    struct record_fields memory = {0};
    struct approval_request request;
    uint64_t most = 0;

    while (question->digest.len > 0 && approvals_next(&list, &request)) {
        uint64_t count = 0;

        if (counts(question, &request) && has_content(&memory, &request, question->digest))
            count = count_votes(question, &request);
        most = count > most ? count : most;
    }
    record_fields_cleanup(&memory);
    return most;
}
