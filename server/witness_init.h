/* vouchd init --role witness: a new witness in a new directory. */
#ifndef VOUCH_SERVER_WITNESS_INIT_H
#define VOUCH_SERVER_WITNESS_INIT_H

#include "server/init_cosigner.h"

/* Has a database of what it cosigned and, beside it, the mark of its newest commit. */
extern const struct init_cosigner_role witness_init_role;

#endif
