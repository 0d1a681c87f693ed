/* The issuers whose statements this log accepts, and their keys. Immutable; shared by threads. */
#ifndef VOUCH_SERVER_HTTP_ISSUERS_H
#define VOUCH_SERVER_HTTP_ISSUERS_H

#include "base/snapshot.h"
#include "schemas/key.h"
#include "server/store/store.h"

struct issuer {
    char *name; /* CWT iss */
    struct public_key *key;
};

struct issuers {
    struct snapshot snapshot;
    struct issuer *items; /* sorted by kid */
    size_t count;
    size_t capacity;
};

/*
 * All keys that the committed facts know, also those no longer in use: a rule says so to whoever
 * uses one. Held once by the caller.
 */
MUST_USE bool issuers_load(struct issuers **out, struct store *store, struct err *err);

/* The issuer with the key of this thumbprint, or NULL. Borrowed from the set. */
const struct issuer *issuers_find(const struct issuers *issuers, struct bytes kid);

#endif
