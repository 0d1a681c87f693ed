/*
 * Trust policies (C2SP tlog-policy): which logs a verifier accepts, and which witnesses must have
 * cosigned a checkpoint before it is believed.
 */
#ifndef VOUCH_CLIENT_VERIFY_POLICY_H
#define VOUCH_CLIENT_VERIFY_POLICY_H

#include "schemas/checkpoint.h"

enum {
    POLICY_LEN_MAX = 65536,
    POLICY_LOGS_MAX = 256,
    POLICY_WITNESSES_MAX = 64,
    POLICY_GROUPS_MAX = 64,
    POLICY_NAMES_MAX = POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX,
};

struct policy_log {
    struct note_verifier verifier; /* its name is the log's origin */
    char *url;                     /* NULL: none given */
};

/* A name of the policy: a witness, or a group of names defined before it. */
struct policy_name {
    char *text;
    bool is_group;
    bool is_member;                /* listed in a group already; at most once is allowed */
    size_t parent;                 /* when is_member: the group it counts for */
    struct note_verifier verifier; /* witness */
    char *url;                     /* witness; NULL: none given */
    size_t member_count;           /* group */
    size_t threshold;              /* group: members needed, 1..member_count */
};

struct policy {
    struct policy_log logs[POLICY_LOGS_MAX];
    size_t log_count;
    struct policy_name names[POLICY_NAMES_MAX];
    size_t name_count;
    size_t witness_count;
    bool is_bare_key; /* made from a verifier key: nothing is known of witnesses */
    bool has_quorum;  /* false: `quorum none` */
    size_t quorum;    /* index of the name that must be satisfied */
};

/* Reads a policy file. ERR_INVALID names the line. out is cleaned up on failure. */
MUST_USE bool policy_parse(struct policy *out, struct bytes text, struct err *err);

/* The policy that trusts one log without any witness: what a bare verifier key means. */
MUST_USE bool policy_from_vkey(struct policy *out, struct bytes vkey, struct err *err);

void policy_cleanup(struct policy *policy);

/* What a checkpoint is worth under a policy. */
struct policy_result {
    const struct policy_log *log; /* the listed log that signed; NULL: none of them did */
    bool is_bad;                  /* carries a broken signature of a listed log or witness */
    bool quorum_met;              /* with a quorum of none: true */
    size_t cosigner_count;        /* listed witnesses with a valid cosignature */
    size_t unverifiable_count;    /* with one by a key that is not usable here (note.h): no votes */
    uint64_t oldest_time_s;       /* of those cosignatures; 0 without any */
    uint64_t newest_time_s;
};

/* Checks the signatures of a parsed checkpoint note whose first line is origin. */
void policy_evaluate(struct policy_result *out, const struct policy *policy,
                     const struct note *note, const char *origin);

/*
 * Whether the quorum would be met by all witnesses with a usable key. False with ERR_NOT_FOUND: it
 * needs keys that OpenSSL does not know.
 */
MUST_USE bool policy_check_quorum(const struct policy *policy, struct err *err);

#endif
