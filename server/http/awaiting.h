/*
 * Requests whose answer waits for witnesses: they stay with their HTTP thread until a head that
 * covers their entry has met the witness quorum, or their time is over. One thread's business,
 * except where it says otherwise.
 */
#ifndef VOUCH_SERVER_HTTP_AWAITING_H
#define VOUCH_SERVER_HTTP_AWAITING_H

#include "schemas/problem.h"
#include "server/transport/query.h"
#include "server/transport/request.h"

struct witnessed_view;

enum {
    AWAITING_DEFAULT_S = 10,
    AWAITING_MAX_S = 60,
    AWAITING_LEN_MAX = 64 * 1024 * 1024, /* kept on one thread for all who wait there */
};

/* Part of the state of a request. */
struct awaiting {
    struct awaiting *next;
    struct request *request;
    bool is_wanted;  /* the answer is to be of a witnessed head */
    uint64_t wait_s; /* how long that may take; 0: it must be there */
    uint64_t deadline_ns;
    uint64_t index; /* of its entry, the last one of several */
    size_t kept_len; /* bytes that the endpoint keeps meanwhile, about; 0: hardly any */
    void (*done)(struct request *request);
    /* While done is called: what covers the entry; NULL: it is not wanted, or not there in time. */
    const struct witnessed_view *witnessed;
};

/*
 * Reads wait=witnessed and wait_s from the request's query; other parameters are problems, as is a
 * log without a quorum to wait for.
 */
MUST_USE bool awaiting_parse(struct request *request, struct problem *problem);

/* The same of a query in which more may be said. */
MUST_USE bool awaiting_take(struct request *request, struct query *query, struct problem *problem);

/*
 * Calls done on this thread: at once, unless the answer is to be of a witnessed head; then when the
 * entry is witnessed, when wait_s have passed since now, when the client closes its side of the
 * connection, or when the daemon stops; at once too when more than AWAITING_LEN_MAX would be kept.
 * Until then the request has no body: what the endpoint keeps must not borrow from it.
 */
void awaiting_begin(struct request *request, uint64_t index, void (*done)(struct request *request));

/*
 * For done: whether the answer can be what was asked for. False, with PROBLEM_NOT_WITNESSED sent,
 * which says that the entry is logged, when witnesses were wanted and not there in time.
 */
MUST_USE bool awaiting_check(struct request *request);

/* The same without an answer, for those that have a better one. */
bool awaiting_is_met(struct request *request);

/* A head may have been witnessed; or some time has passed. */
void awaiting_tell(struct worker *worker, uint64_t now_ns);

/* Wakes the threads on which somebody waits. Any thread, after a head was witnessed. */
void awaiting_wake(const struct service *service);

#endif
