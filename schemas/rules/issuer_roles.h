/* Which role of an issuer permits which record types (rule G3). One row per role. */
#ifndef VOUCH_SCHEMAS_RULES_ISSUER_ROLES_H
#define VOUCH_SCHEMAS_RULES_ISSUER_ROLES_H

#include "schemas/rules/principals.h"
#include "schemas/rules/record_type.h"

struct issuer_role {
    const char *name;
    uint32_t types; /* set of TYPE_BIT */
    const char *is; /* who that is, in a few words */
};

extern const struct issuer_role issuer_roles[];
extern const size_t issuer_role_count;

/* Whether any of the principal's roles permits the type; name is the record's own word for it,
 * which for a user's own type is also the name of the role that permits it. */
bool issuer_may_write(const struct principal *signer, enum record_type type, struct bytes name);

#endif
