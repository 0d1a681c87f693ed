/*
 * What allowed an action that an execution event says was executed (rule EX4): asked by several
 * rules and by the effect, so it is found once for each record.
 */
#ifndef VOUCH_SCHEMAS_RULES_ACTION_JUDGEMENT_H
#define VOUCH_SCHEMAS_RULES_ACTION_JUDGEMENT_H

#include "schemas/rules/approval_facts.h"
#include "schemas/rules/gate_facts.h"

enum action_verdict {
    ACTION_NOT_ASKED,  /* no action was executed, or it needed no approval and names no grant */
    ACTION_GRANTED,    /* by grant, which it uses */
    ACTION_APPROVED,   /* by request, which it uses, without a grant */
    ACTION_OVERRIDDEN, /* by an override in force, or a grant that rests on one */
    ACTION_UNAPPROVED, /* by nobody */
    ACTION_TOO_EARLY,  /* by request, but after it happened */
    ACTION_REUSED,     /* by a grant or a request that allowed another action before */
    ACTION_BAD_GRANT,  /* it names a grant that is not one for it */
};

struct action_judgement {
    bool is_filled;
    enum action_verdict verdict;
    bool is_blocking; /* the contract has a gate of tier "block" at the node */
    struct gate_grant grant;
    struct approval_request request;
};

/* Of the execution-event of this context, by what was logged before it. */
const struct action_judgement *rule_action_judgement(const struct rule_context *context);

#endif
