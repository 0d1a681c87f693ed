/* A time-stamp authority (RFC 3161) and its CA, in memory, with OpenSSL's other half of the API. */
#ifndef VOUCH_TESTS_SUPPORT_AUTHORITY_H
#define VOUCH_TESTS_SUPPORT_AUTHORITY_H

#include "base/bytes.h"

struct authority;

struct authority_options {
    const char *ca_name;  /* NULL: "Example CA" */
    uint64_t at_s;        /* the time it gives */
    uint64_t begins_at_s; /* of its certificate */
    uint64_t ends_at_s;
    unsigned accuracy_s;  /* 0: it says none */
};

struct authority *authority_new(const struct authority_options *options);
void authority_free(struct authority *authority);

/* The certificate of its CA, PEM. */
void authority_append_ca(struct buf *out, const struct authority *authority);

/* Appends its reply to a query; what is no query is refused in a reply. */
void authority_answer(struct buf *out, struct authority *authority, struct bytes query);

#endif
