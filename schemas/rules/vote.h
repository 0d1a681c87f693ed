/* What the rules for approvals ask of one: the context's record is an approval. */
#ifndef VOUCH_SCHEMAS_RULES_VOTE_H
#define VOUCH_SCHEMAS_RULES_VOTE_H

#include "schemas/rules/approval_facts.h"

struct vote {
    enum approval_outcome outcome;
    struct bytes who;
    bool has_request; /* the request it answers is logged; else request is zero */
    bool is_cast;     /* a human's vote on a request that is logged */
    struct approval_request request;
};

struct vote vote_of(const struct rule_context *context);

/* As rule_broken_at, about who acts. */
bool vote_broken_for_actor(const struct rule_context *context, const char *want);

#endif
