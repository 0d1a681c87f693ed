/*
 * The gate: may this node of this run do this action now? Answered from the facts alone. The writer
 * asks, and says the grant, in one place of a batch: whatever a grant consumes is consumed before
 * anybody else is answered, so that no approval allows two actions.
 */
#ifndef VOUCH_SCHEMAS_RULES_GATE_H
#define VOUCH_SCHEMAS_RULES_GATE_H

#include "schemas/rules/approval_facts.h"

/* All borrowed. */
struct gate_question {
    struct bytes tenant;
    struct bytes run_id;
    struct bytes node_id;
    struct bytes action_digest;
    /* The action-map, as action_digest has it. NULL: the gate cannot see what would be done, and
     * allows nothing without an approval. */
    const struct field *action;
    struct bytes granted_to; /* the principal that will act */
    uint64_t index;          /* of the entry the grant would be in */
    uint64_t at_ms;          /* receive time of its batch */
};

enum gate_outcome {
    GATE_ALLOWS,
    GATE_WAITS,  /* for what lacks say; a later record may change it */
    GATE_DENIES, /* lacks[0] says why; asking again is of no use while that stands */
};

enum gate_lack_kind {
    LACK_RUN_UNKNOWN,    /* no run-start */
    LACK_RUN_CLOSED,     /* denies. what: its status */
    LACK_NODE,           /* denies. The workflow version's graph has no such node */
    LACK_PRINCIPAL,      /* denies. granted_to is not registered for the tenant, or suspended */
    LACK_STOPPED,        /* denies. what: record_id of the kill switch, who: who pulled it */
    LACK_POLICY,         /* denies. what: the policy whose newest evaluation there is deny or error;
                            empty when there are too many to name */
    LACK_ACTION_DIGEST,  /* denies. the action is another than action_digest says */
    LACK_REQUEST,        /* nobody requested approval of this action here */
    LACK_QUORUM,         /* what: the request; have of need approvers */
    LACK_ROLE,           /* what: the request, who: the role; have of need approvers */
    LACK_EXPIRED,        /* what: the request or approval that ran out; a new request is needed */
    LACK_WITHDRAWN,      /* what: the request; a new one is needed */
    LACK_USED,           /* what: the request, who: empty; its approval allowed another action */
    LACK_EDITED,         /* what: the request; what was approved is another action */
    LACK_UNFIT,          /* what: the request; it asked for less than is demanded here, or who
                            approved may not for this run: approval_serves */
    LACK_REJECTED,       /* denies. what: the request, who: who rejected it */
    LACK_KIND_COUNT,
};
const char *gate_lack_name(enum gate_lack_kind kind); /* "run-unknown", "quorum", ... */
const char *gate_outcome_name(enum gate_outcome outcome); /* "allow", "wait", "deny" */

struct gate_lack {
    enum gate_lack_kind kind;
    struct bytes what; /* a record_id, an id or a word, see above; may be empty */
    struct bytes who;
    uint64_t have;
    uint64_t need;
};

enum { GATE_LACKS_MAX = 1 + APPROVAL_ROLES_MAX };

/* Borrows from the facts. */
struct gate_answer {
    enum gate_outcome outcome;
    struct gate_lack lacks[GATE_LACKS_MAX]; /* none where it allows */
    size_t lack_count;
    /* Where it allows: why, and until when. Neither a request nor an override: nothing was needed. */
    bool has_request;
    struct approval_request request; /* the grant consumes it; its approving votes are named */
    bool has_override;
    struct bytes override_id; /* record_id of the override in force */
    uint64_t expires_at_ms;
};

/* In this order: the run and who acts, the action, kill switches, policies, approvals; an override
 * takes the place of the last two. */
void gate_evaluate(struct gate_answer *out, struct facts *facts, const struct settings *settings,
                   const struct gate_question *question);

/* What a grant says beyond its question and answer. */
struct gate_grant_header {
    struct bytes record_id; /* 16 bytes */
    struct bytes nonce;     /* 16..32 bytes, never used before */
};

/* Appends the gate-grant record of an answer that allows. */
void gate_append_grant(struct buf *out, struct facts *facts, const struct gate_question *question,
                       const struct gate_answer *answer, const struct gate_grant_header *header);

#endif
