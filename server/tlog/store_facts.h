/* The store as the base of a facts overlay: what is committed. Any thread, one overlay each. */
#ifndef VOUCH_SERVER_TLOG_STORE_FACTS_H
#define VOUCH_SERVER_TLOG_STORE_FACTS_H

#include "schemas/rules/facts.h"
#include "server/store/store.h"

struct store_facts {
    struct facts_base base; /* for facts_new; the overlay must not outlive this struct */
    struct store *store;    /* borrowed */
};

void store_facts_init(struct store_facts *out, struct store *store);

#endif
