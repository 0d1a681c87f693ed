/*
 * Requests for approval and what became of them: who voted, whether that was enough, what used the
 * approval up. An approval is used once, a nonce and a token are used once for ever.
 */
#ifndef VOUCH_SCHEMAS_RULES_APPROVAL_FACTS_H
#define VOUCH_SCHEMAS_RULES_APPROVAL_FACTS_H

#include "schemas/rules/risk_level.h"
#include "schemas/rules/rule.h"
#include "schemas/rules/words.h"

/* Numbers are stored: never change one. */
enum approval_state {
    APPROVAL_OPEN,
    APPROVAL_APPROVED, /* by a quorum with the roles asked for, or automatically */
    APPROVAL_REJECTED,
    APPROVAL_WITHDRAWN,
    APPROVAL_EXPIRED, /* a record says so; approval_state_at knows without one */
    APPROVAL_STATE_COUNT,
};

/* Numbers are stored: never change one. */
enum approval_outcome {
    OUTCOME_APPROVE,
    OUTCOME_REJECT,
    OUTCOME_APPROVE_EDITED,
    OUTCOME_ABSTAIN,
    OUTCOME_WITHDRAW,
    OUTCOME_AUTO_APPROVE,
    OUTCOME_EXPIRE,
    OUTCOME_COUNT, /* none of these */
};
enum approval_outcome approval_outcome_of(const struct field *field);
const char *approval_outcome_name(enum approval_outcome outcome);
const char *approval_state_name(enum approval_state state);

/* approve, approve-edited, reject or abstain: what a human says. */
bool approval_outcome_is_vote(enum approval_outcome outcome);
bool approval_outcome_is_yes(enum approval_outcome outcome); /* approve, -edited, auto-approve */

enum {
    APPROVAL_QUORUM_MAX = 16, /* of a request, in all and for each role */
    APPROVAL_ROLES_MAX = 16,  /* roles a request asks for */
    APPROVAL_VOTES_MAX = 64,  /* of one request; then it takes no more */
    APPROVAL_LIFETIME_S = 24 * 3600, /* of requests and tokens, where the matrix does not say */
};

/*
 * FACT_APPROVAL_REQUEST (tenant, record_id): [index, state, risk, environment, requested at, expires
 * at, requester, actor, on behalf of, run_id, nonce, action digest, bound digest, shown, quorum,
 * role quorum, role counts, approval count, subject, token lifetime, resolved index, approved at,
 * used by, votes]
 */
struct approval_request {
    struct bytes record_id; /* the asker's bytes, not part of the value */
    uint64_t index;         /* of its entry */
    enum approval_state state;
    enum risk_level risk;         /* the highest that the record, its node and its run name */
    enum environment environment; /* the strictest that the record, its action or its run names */
    uint64_t requested_at_ms;     /* when it occurred */
    uint64_t expires_at_ms;
    struct bytes requester;
    struct bytes actor;           /* who sent the request, */
    struct bytes on_behalf_of;    /* and for whom; may be empty */
    struct bytes run_id;          /* may be empty */
    struct bytes nonce;
    struct bytes action_digest;
    struct bytes bound_digest;    /* what the votes so far approve: that, or the edited action */
    struct bytes shown;           /* approval_digest_of what the approver sees */
    uint64_t quorum;
    struct bytes role_quorum;     /* encoded map, role -> approvers needed */
    struct bytes role_counts;     /* encoded array in the order of that map: approvers so far */
    uint64_t approval_count;      /* distinct approvers so far */
    struct bytes subject;         /* encoded approval-subject; read with fact_map */
    uint64_t token_lifetime_s;    /* of the approval matrix: how long a token may be good */
    uint64_t resolved_index;      /* entry of the vote that ended it; 0 while open */
    uint64_t approved_at_ms;      /* decided_at_ms of the latest approving vote; 0: none */
    struct bytes used_by;         /* record_id of the grant or event that used it; empty: unused */
    struct bytes votes;           /* see approval_vote_next */
};

bool approval_request_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                          struct approval_request *out);
void approval_request_put(struct facts *facts, struct bytes tenant,
                          const struct approval_request *request);

/* The state at a time: an open request is expired from expires_at_ms on. */
enum approval_state approval_state_at(const struct approval_request *request, uint64_t at_ms);

/* Approved, not used, and not expired: a request that was approved in time is good until then. */
bool approval_is_usable(const struct approval_request *request, uint64_t at_ms);

/* One vote of a request, in the order they were logged. */
struct approval_vote {
    struct bytes record_id; /* of the approval record */
    struct bytes approver;
    enum approval_outcome outcome;
};
struct dcbor_reader approval_votes_of(const struct approval_request *request);
bool approval_vote_next(struct dcbor_reader *votes, struct approval_vote *out);
bool approval_has_voted(const struct approval_request *request, struct bytes who);

/* Whether it has an approval each from quorum people, and from enough holders of every role. */
bool approval_is_satisfied(const struct approval_request *request);

/* One role that a request asks for. */
struct approval_role {
    struct bytes role;
    uint64_t need;
    uint64_t have;
};
struct approval_roles {
    struct dcbor_reader quorum;
    struct dcbor_reader counts;
    uint64_t left;
};
struct approval_roles approval_roles_of(const struct approval_request *request);
bool approval_role_next(struct approval_roles *roles, struct approval_role *out);

/* The subject's own words; empty when it does not say. */
struct bytes approval_subject_kind(const struct approval_request *request);
struct bytes approval_subject_node(const struct approval_request *request);

/*
 * FACT_APPROVAL_VOTE (tenant, record_id of an approval): record_id of its request.
 * A reference means the request of the approval it names, or the request it names. False when it
 * resolves to neither (record_fact_resolve).
 */
bool approval_resolve(const struct rule_context *context, const struct field *reference,
                      struct approval_request *out);

/* The request that the approval record of this context answers; false when it is not logged. */
bool approval_of_vote(const struct rule_context *context, struct approval_request *out);

/* SHA-256 over deterministic CBOR {"action": action, "subject": subject}, both encoded. */
void approval_action_digest(struct hash *out, struct bytes action, struct bytes subject);

/* Appends the subject of an action nobody requested approval of: {"kind": "action", …}. */
void approval_append_plain_subject(struct buf *out, struct bytes run_id, struct bytes node_id);

/* What makes two payload-digests the same: SHA-256 over algorithm and digest. */
void approval_digest_of(struct hash *out, const struct field *payload_digest);

/* The effects write these. */
void approval_vote_append(struct buf *votes, const struct approval_vote *vote);
void approval_vote_put(struct facts *facts, struct bytes tenant, struct bytes record_id,
                       struct bytes request_id);
/* Whoever comes second finds it used: the fact changes in the order of the entries. */
void approval_use(struct facts *facts, struct bytes tenant, const struct approval_request *request,
                  struct bytes used_by);

#endif
