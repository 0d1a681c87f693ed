/*
 * Requests whose answer waits for witnesses: they stay with their HTTP thread until a head that
 * covers their entry has met the witness quorum, or their time is over. One thread's business,
 * except where it says otherwise.
 */
#ifndef VOUCH_SERVER_HTTP_AWAITING_H
#define VOUCH_SERVER_HTTP_AWAITING_H

#include "schemas/problem.h"
#include "server/transport/request.h"

enum { AWAITING_DEFAULT_S = 10, AWAITING_MAX_S = 60 };

/* Part of the state of a request. */
struct awaiting {
    struct awaiting *next;
    struct request *request;
    uint64_t wait_s; /* 0: it does not wait */
    uint64_t deadline_ns;
    uint64_t index; /* of its entry */
    void (*done)(struct request *request);
};

/*
 * Reads wait=witnessed and wait_s from the request's query; other parameters are problems, as is a
 * log without a quorum to wait for.
 */
MUST_USE bool awaiting_parse(struct request *request, struct problem *problem);

/* Whether the entry is under the newest witnessed head. */
bool awaiting_is_witnessed(struct request *request, uint64_t index);

/*
 * Calls done now or later on this thread: when the entry is witnessed, or when the request has
 * waited long enough, which may be at once. awaiting_is_witnessed tells which.
 */
void awaiting_begin(struct request *request, uint64_t index, void (*done)(struct request *request));

/* Sends PROBLEM_NOT_WITNESSED, which says that the entry is logged. */
void awaiting_send_problem(struct request *request);

/* A head may have been witnessed; or some time has passed. */
void awaiting_tell(struct worker *worker, uint64_t now_ns);

/* Wakes the threads on which somebody waits. Any thread, after a head was witnessed. */
void awaiting_wake(const struct service *service);

#endif
