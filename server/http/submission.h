/* From the bytes a client sent to a verified submission, on the HTTP thread. */
#ifndef VOUCH_SERVER_HTTP_SUBMISSION_H
#define VOUCH_SERVER_HTTP_SUBMISSION_H

#include "server/http/service.h"
#include "server/http/token_check.h"

/*
 * Everything about a statement that needs no look at the log: its form, its issuer's key and
 * signature, the form of its records. out->entry borrows from message, or from entry_storage when
 * the entry differs from the message (its unprotected header was not empty).
 */
MUST_USE bool submission_from_statement(struct tlog_submission *out, struct buf *entry_storage,
                                        struct request *request, struct bytes message,
                                        struct problem *problem);

/*
 * The ID token in the request's header, if there is one: the statement in the request's body, which
 * submission_from_statement has taken, must hold one approval with a token, and that must be it.
 * What is logged already passes, with whatever token. *out becomes what the log has to say of it,
 * which borrows from the body; NULL when nothing was verified.
 */
MUST_USE bool submission_check_id_token(struct request *request, struct token_check **out,
                                        struct problem *problem);

/* Counts a statement that is refused before the writer has seen it. submission: NULL when nobody's
 * signature was verified; then the statement may be anybody's. Evidence logs. */
void submission_count_refused(struct request *request, const struct tlog_submission *submission,
                              enum problem_kind kind);

/* An opaque entry: any bytes. */
void submission_from_bytes(struct tlog_submission *out, struct bytes entry);

/*
 * The leaf hash of the entry a finished submission led to: its own when it was added, that of the
 * entry logged first when it is a duplicate.
 */
MUST_USE bool submission_leaf_hash(struct hash *out, struct store *store,
                                   const struct tlog_submission *submission, struct err *err);

#endif
