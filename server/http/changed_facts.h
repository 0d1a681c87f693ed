/* The short keys of the facts that some commits changed: what parked jobs may wait for. */
#ifndef VOUCH_SERVER_HTTP_CHANGED_FACTS_H
#define VOUCH_SERVER_HTTP_CHANGED_FACTS_H

#include "server/tlog/tlog.h"

/* A zeroed struct has none. */
struct changed_facts {
    uint64_t *keys;
    size_t count;
    size_t capacity;
};

void changed_facts_clear(struct changed_facts *changed);

/* Adds those of the newest commit. */
void changed_facts_add(struct changed_facts *changed, const struct tlog *tlog);
void changed_facts_cleanup(struct changed_facts *changed);

#endif
