/* What a submitter is told of the verdict of the admission rules. */
#ifndef VOUCH_SERVER_HTTP_VERDICT_H
#define VOUCH_SERVER_HTTP_VERDICT_H

#include "schemas/problem.h"
#include "server/http/service.h"
#include "server/tlog/tlog.h"

/* The problem for a refusal: rule, code and what the rule saw. */
void verdict_describe(struct problem *out, const struct tlog_refusal *refusal);

/*
 * The problem for a submission with TLOG_REFUSED: rule, code and what the rule saw, with the log's
 * signed refusal. Signs, so it belongs on an HTTP thread. False when that failed.
 */
MUST_USE bool verdict_to_problem(struct problem *out, const struct service *service,
                                 const struct tlog_submission *submission, struct err *err);

/* How many rules flagged the submission, and "RULE/code" of each, after one another. */
size_t verdict_flag_count(const struct tlog_submission *submission);
bool verdict_next_flag(const struct tlog_submission *submission, size_t *position, struct buf *out);

#endif
