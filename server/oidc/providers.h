/*
 * The OpenID providers whose ID tokens this log takes, and their keys. Keys are loaded by a thread
 * of its own, so that no request waits for somebody else's server; what is in use is an immutable
 * snapshot.
 */
#ifndef VOUCH_SERVER_OIDC_PROVIDERS_H
#define VOUCH_SERVER_OIDC_PROVIDERS_H

#include "base/err.h"
#include "server/oidc/jose.h"

enum { PROVIDERS_MAX = 16, PROVIDER_ACR_MAX = 16 };

/* What the operator says of one provider. */
struct provider_options {
    char *issuer;      /* exactly as in the claim iss */
    char *audience;    /* client id at the provider, for the claims aud and azp */
    char *keys;        /* JWK Set: absolute path or URL */
    char *actor_claim; /* which claim is the id of the actor */
    char **acr_values; /* one of them must be the claim acr; none: any or no acr */
    size_t acr_count;
    uint32_t algs;            /* bits of enum jose_alg */
    uint64_t clock_skew_s;    /* how far its clock may be off */
    uint64_t keys_lifetime_s; /* keys of this age are loaded anew */
    uint64_t keys_refetch_s;  /* at least, between two loads */
};

struct providers;
struct provider;

/*
 * Loads the keys that lie in files; ERR_INVALID and others when one cannot be used. Keys behind
 * URLs are not there yet. Options are borrowed as long as the providers are open.
 */
MUST_USE bool providers_open(struct providers **out, const struct provider_options *options,
                             size_t count, struct err *err);
/* Ends the thread, at once even when it waits for a reply. Accepts NULL. */
void providers_close(struct providers *providers);

/* Starts the thread that keeps keys fresh. */
MUST_USE bool providers_start(struct providers *providers, struct err *err);

/* What that thread does: every load that is due, one after the other. For one thread. */
void providers_load_due(struct providers *providers);

/* Loads every provider's keys as soon as the interval between two loads allows. Any thread. */
void providers_reload(struct providers *providers);

/* The provider with this issuer, or NULL. Any thread. */
struct provider *providers_find(struct providers *providers, const char *issuer);
const struct provider_options *provider_options(const struct provider *provider);

/* The keys in use, which the caller releases; NULL when there are none, or too old ones. */
struct jose_keys *provider_hold_keys(struct provider *provider);

/* A token names a key that is not there: true when it may be soon, false when it does not exist. */
bool provider_want_key(struct provider *provider);

#endif
