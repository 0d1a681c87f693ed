/* How the human behind a record signed in: an authentication-map read by RFC 8176. */
#ifndef VOUCH_SCHEMAS_RULES_SIGN_IN_H
#define VOUCH_SCHEMAS_RULES_SIGN_IN_H

#include "schemas/record_fields.h"

/* With more than one factor; NULL: not at all. */
bool sign_in_is_multi_factor(const struct field *authentication);

/* With more than one factor only thanks to a telephone. */
bool sign_in_is_weak(const struct field *authentication);

#endif
