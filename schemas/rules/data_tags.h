/* What data tags say about how carefully something is to be handled. */
#ifndef VOUCH_SCHEMAS_RULES_DATA_TAGS_H
#define VOUCH_SCHEMAS_RULES_DATA_TAGS_H

#include "schemas/rules/words.h"

/* Whether one of an array of data-tags has at least this class, or names a kind of data that is
 * sensitive whatever its class: pii, phi, pan, secret, special-category. tags may be NULL. */
bool tags_are_sensitive(const struct field *tags, enum classification least);

#endif
