#include "schemas/rules/vote.h"

struct vote vote_of(const struct rule_context *context)
{
    struct vote vote = {
        .outcome = approval_outcome_of(field_get(context->record, "outcome")),
        .who = field_text(field_at(context->record, "actor.id")),
    };

    vote.has_request = approval_of_vote(context, &vote.request);
    vote.is_cast = vote.has_request && approval_outcome_is_vote(vote.outcome);
    return vote;
}

bool vote_broken_for_actor(const struct rule_context *context, const char *want)
{
    return rule_broken_at(context, "/actor/id", field_at(context->record, "actor.id"), "%s", want);
}
