/* How often one client may ask for signatures, whichever. */
#ifndef VOUCH_SERVER_ROLE_WITNESS_CLIENT_RATE_H
#define VOUCH_SERVER_ROLE_WITNESS_CLIENT_RATE_H

#include "server/role/witness/service.h"

/* Counts a request, before any signature is checked: that is what requests cost. False with a
 * problem when its address has had its share. */
MUST_USE bool client_rate_check(struct request *request, struct problem *problem);

/*
 * The problem of who has to wait, counted; false. whose is "address" or "log", name which: the
 * operator is told of one a minute.
 */
bool client_rate_refuse(const struct request *request, const char *whose, const char *name,
                        unsigned wait_s, struct problem *problem);

/* Whether to tell the operator of something that anyone can cause by sending the same again: some
 * of it is enough. */
bool client_rate_may_say(const struct request *request);

#endif
