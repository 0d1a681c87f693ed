/* What the log holds on a request so far: who approved or refused, and whether it is decided. */
#ifndef VOUCH_CLIENT_DECISION_VOTES_H
#define VOUCH_CLIENT_DECISION_VOTES_H

#include "client/decision/log_view.h"

enum { VOTES_MAX = 64, VOTE_WORD_LEN_MAX = 200 };

struct vote {
    uint64_t index; /* of its entry, which is proven */
    char outcome[32];
    char actor[VOTE_WORD_LEN_MAX + 1];
    char role[VOTE_WORD_LEN_MAX + 1]; /* as the record says it; may be empty */
};

/* A zeroed struct has none. */
struct votes {
    struct vote items[VOTES_MAX]; /* in the order of the log */
    size_t count;
    bool is_partial; /* there are more votes, or entries that were not looked at */
};

/* Reads the approvals among the search_max entries that follow the request. */
MUST_USE bool votes_read(struct log_view *view, struct votes *out,
                         const struct proven_record *request, uint64_t search_max,
                         struct err *err);

/* How many different people approved; role NULL: whatever their role. */
uint64_t votes_count_approvers(const struct votes *votes, const char *role);

/* The vote that ended it without approval: a refusal, or the request is withdrawn or expired. */
const struct vote *votes_find_end(const struct votes *votes);

/* Whether as many approve as the request, a record of that type, asks for. */
bool votes_satisfy(const struct votes *votes, const struct field *request);

#endif
