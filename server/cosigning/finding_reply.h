/* How an add-checkpoint request that is not taken is answered (C2SP tlog-witness). */
#ifndef VOUCH_SERVER_COSIGNING_FINDING_REPLY_H
#define VOUCH_SERVER_COSIGNING_FINDING_REPLY_H

#include "server/cosigning/examine.h"
#include "server/transport/request.h"

/* "Not <what>: …"; false. For all findings but a conflict, which has an answer of its own: */
bool finding_refuse(struct problem *problem, enum examine_finding finding, const char *what,
                    const struct err *err);

/* 409, with the size that the next request shall begin from. */
void finding_send_size(struct request *request, uint64_t size);

#endif
