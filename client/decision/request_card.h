/* An approval-request as its approver sees it: everything that an approval of it is bound to. */
#ifndef VOUCH_CLIENT_DECISION_REQUEST_CARD_H
#define VOUCH_CLIENT_DECISION_REQUEST_CARD_H

#include "client/decision/question.h"
#include "client/decision/votes.h"
#include "schemas/approval_nonce.h"

/* A request and what is known of it. */
struct open_request {
    struct proven_record record;
    struct votes votes;
    struct hash action_digest;
    char code[SHORT_CODE_LEN + 1];           /* of the record's digest */
    char sign_in_nonce[APPROVAL_NONCE_LEN + 1]; /* what an ID token for this decision has */
    uint64_t expires_at_ms;
};

/*
 * Fills in what follows from the record: action digest, sign-in nonce, short code, expiry.
 * ERR_CORRUPT when the record's action digest is not that of its action and subject.
 */
MUST_USE bool open_request_bind(struct open_request *request, struct err *err);

/* Reads the request at a place, binds it, and reads the votes on it. */
MUST_USE bool open_request_read(struct log_view *view, struct open_request *out,
                                const struct record_place *place, uint64_t search_max,
                                struct err *err);
void open_request_cleanup(struct open_request *request);

/* Whether it can still be decided at this time: neither expired nor decided. */
MUST_USE bool open_request_check(const struct open_request *request, uint64_t now_ms,
                                 struct err *err);

/* Appends what is asked, by whom, until when, and where the proof of it ends. */
void request_card_append(struct buf *out, const struct open_request *request,
                         const struct log_view *view, uint64_t now_ms);

#endif
