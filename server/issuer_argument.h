/* An issuer as it is named on the command line: NAME=FILE[:ROLE,ROLE…]. */
#ifndef VOUCH_SERVER_ISSUER_ARGUMENT_H
#define VOUCH_SERVER_ISSUER_ARGUMENT_H

#include "base/err.h"
#include "schemas/key.h"
#include "schemas/log_metadata.h"

enum { ISSUER_ROLES_MAX = 16 };

struct issuer_argument {
    struct bytes name; /* borrowed from the command line */
    char *key_file;    /* of a public key */
    char *role_text;   /* what roles points into; NULL: the default */
    struct bytes roles[ISSUER_ROLES_MAX]; /* "engine" when none is named */
    size_t role_count;
    struct public_key *key; /* once it is loaded */
    struct buf cose_key;
};

/*
 * Takes the text apart. The name ends at the first '=', roles begin after the last ':' that no '/'
 * follows. ERR_INVALID says what is wrong; for a role that looks misspelt, what was meant.
 */
MUST_USE bool issuer_argument_parse(struct issuer_argument *out, const char *text,
                                    struct err *err);
void issuer_argument_cleanup(struct issuer_argument *argument); /* accepts a zeroed struct */

/* Reads the key. */
MUST_USE bool issuer_argument_load(struct issuer_argument *argument, struct err *err);

/* What the log says of a loaded one; borrowed from it. */
struct log_trusted_issuer issuer_argument_trusted(const struct issuer_argument *argument);

#endif
