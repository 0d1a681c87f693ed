/* Who stands behind an agent or a service: the owner it was registered with, and that one's owner. */
#ifndef VOUCH_SCHEMAS_RULES_OWNERS_H
#define VOUCH_SCHEMAS_RULES_OWNERS_H

#include "schemas/rules/principals.h"

enum { OWNERS_DEPTH_MAX = 8 }; /* beyond it nobody stands behind anybody */

/* As it was for an entry at index: who is `id` itself or one of its owners. */
bool owners_include(struct facts *facts, uint64_t index, struct bytes id, struct bytes who);

/* As it was for an entry at index: a human, not suspended, is `id` or one of its owners. */
bool owners_have_human(struct facts *facts, uint64_t index, struct bytes id);

#endif
