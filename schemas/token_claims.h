/* The claims of a token: one JSON object, read member by member (RFC 7519, 4). */
#ifndef VOUCH_SCHEMAS_TOKEN_CLAIMS_H
#define VOUCH_SCHEMAS_TOKEN_CLAIMS_H

#include "base/bytes.h"
#include "base/err.h"

struct token_claims;

/* ERR_INVALID unless it is a JSON object without repeated members. */
MUST_USE bool token_claims_parse(struct token_claims **out, struct bytes json, struct err *err);
void token_claims_free(struct token_claims *claims); /* accepts NULL */

bool token_claims_has(const struct token_claims *claims, const char *name);

/* The text of a claim, borrowed; NULL unless it is text of 1 to len_max bytes. */
const char *token_claims_text(const struct token_claims *claims, const char *name, size_t len_max);

/* A NumericDate in whole seconds, cut; false unless it is one from 1970 to the year 9999. */
MUST_USE bool token_claims_time(const struct token_claims *claims, const char *name,
                                uint64_t *out_s);

/*
 * A claim that is one text or a list of texts: text `index` of it, borrowed, NULL when there is
 * none or it is no text of 1 to len_max bytes.
 */
size_t token_claims_list_count(const struct token_claims *claims, const char *name);
const char *token_claims_list_text(const struct token_claims *claims, const char *name,
                                   size_t index, size_t len_max);

/* Whether a claim is a list, not one text. */
bool token_claims_is_list(const struct token_claims *claims, const char *name);

#endif
