/*
 * Facts seen through a glass: a second overlay over another one, which knows afterwards what was
 * asked for. Whoever waits for another answer waits for one of these facts to change.
 */
#ifndef VOUCH_SCHEMAS_RULES_FACTS_SEEN_H
#define VOUCH_SCHEMAS_RULES_FACTS_SEEN_H

#include "schemas/rules/facts.h"

struct facts_seen {
    struct facts_base base;
    struct facts *below;
    struct facts *facts; /* to be read; what is put into it reaches nobody */
};

/* below: borrowed, and not changed while this is in use. */
void facts_seen_init(struct facts_seen *out, struct facts *below);
void facts_seen_cleanup(struct facts_seen *seen);

/* How many facts were asked for, there or not, and the short key of each. */
size_t facts_seen_count(const struct facts_seen *seen);
uint64_t facts_seen_key(const struct facts_seen *seen, size_t i);

#endif
