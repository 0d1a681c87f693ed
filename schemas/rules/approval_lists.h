/*
 * Where requests for approval are found again, and what is used once for ever: nonces and tokens.
 */
#ifndef VOUCH_SCHEMAS_RULES_APPROVAL_LISTS_H
#define VOUCH_SCHEMAS_RULES_APPROVAL_LISTS_H

#include "schemas/rules/approval_facts.h"

enum { APPROVAL_LIST_MAX = 16 }; /* the newest under one key; older ones are no longer found */

/* A list of requests, newest first: approvals_next until false. */
struct approvals {
    struct facts *facts;
    struct bytes tenant;
    struct bytes record_ids;
};
bool approvals_next(struct approvals *list, struct approval_request *out);

/* FACT_APPROVAL_ACTION (tenant, action digest): all requests for this action, in any state. */
struct approvals approvals_for_action(struct facts *facts, struct bytes tenant,
                                      struct bytes action_digest);

/* FACT_APPROVAL_OBJECT (tenant, subject kind, object id, object version): those approved. The
 * object's content is not compared: it is in the request's subject. */
struct approvals approvals_for_object(struct facts *facts, struct bytes tenant,
                                      struct bytes subject_kind, const struct field *versioned);

/* FACT_APPROVAL_RUN (tenant, run_id, node_id): those approved whose subject is this node of the run
 * or an action there; without a node_id, the run or any part of it. */
struct approvals approvals_for_run(struct facts *facts, struct bytes tenant, struct bytes run_id,
                                   struct bytes node_id);

/* FACT_APPROVAL_NONCE (nonce): record_id of the request or grant that used it, in any tenant. */
bool approval_nonce_is_used(struct facts *facts, struct bytes nonce);

/* FACT_TOKEN (jti_hash): record_id of the approval it was used for, in any tenant. */
bool approval_token_is_used(struct facts *facts, struct bytes jti_hash);

/* Whether the token with this jti was used for this approval. */
bool approval_token_is_of(struct facts *facts, struct bytes jti_hash, struct bytes record_id);

/*
 * FACT_TOKEN_CHECK (tenant, record_id of an approval): index of the entry, 8 bytes, big-endian, in
 * which the log says that it verified the approval's token. False when it does not.
 */
bool approval_token_check_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                              uint64_t *out_index);

/* FACT_APPROVER (tenant, approver): [hour since 1970, how many approvals were received in it] */
uint64_t approval_count_in_hour(struct facts *facts, struct bytes tenant, struct bytes approver,
                                uint64_t at_ms);

/* The effects write these. */
void approvals_add_for_action(struct facts *facts, struct bytes tenant, struct bytes action_digest,
                              struct bytes record_id);
void approvals_add_approved(struct facts *facts, struct bytes tenant,
                            const struct approval_request *request);
void approval_nonce_put(struct facts *facts, struct bytes nonce, struct bytes record_id);
void approval_token_put(struct facts *facts, struct bytes jti_hash, struct bytes record_id);
void approval_token_check_put(struct facts *facts, struct bytes tenant, struct bytes record_id,
                              uint64_t index);
void approval_count_put(struct facts *facts, struct bytes tenant, struct bytes approver,
                        uint64_t at_ms);

#endif
