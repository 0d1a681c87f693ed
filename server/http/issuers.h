/* The issuers whose statements this log accepts, and their keys. Immutable; shared by threads. */
#ifndef VOUCH_SERVER_HTTP_ISSUERS_H
#define VOUCH_SERVER_HTTP_ISSUERS_H

#include "base/snapshot.h"
#include "schemas/key.h"

enum { ISSUERS_MAX = 4096 };

struct issuer {
    char *name; /* CWT iss */
    struct public_key *key;
};

struct issuers {
    struct snapshot snapshot;
    struct issuer *items; /* sorted by kid once finished */
    size_t count;
};

/* An empty set, held once by the caller. */
struct issuers *issuers_new(void);

/*
 * Adds one key of an issuer; the key is taken on success. ERR_INVALID when a key is there already
 * or the set is full. Only before issuers_finish.
 */
MUST_USE bool issuers_add_take(struct issuers *issuers, const char *name, struct public_key *key,
                               struct err *err);

/* Makes the set ready for issuers_find. */
void issuers_finish(struct issuers *issuers);

/* The issuer with the key of this thumbprint, or NULL. Borrowed from the set. */
const struct issuer *issuers_find(const struct issuers *issuers, struct bytes kid);

#endif
