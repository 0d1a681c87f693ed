/* How often one client may ask for signatures, whichever. */
#ifndef VOUCH_SERVER_ROLE_WITNESS_CLIENT_RATE_H
#define VOUCH_SERVER_ROLE_WITNESS_CLIENT_RATE_H

#include "server/role/witness/service.h"

/* Counts a request, before any signature is checked: that is what requests cost. False with a
 * problem when its address has had its share. */
MUST_USE bool client_rate_check(struct request *request, struct problem *problem);

/* The problem of who has to wait, counted; false. */
bool client_rate_refuse(const struct request *request, const char *whose, unsigned wait_s,
                        struct problem *problem);

#endif
