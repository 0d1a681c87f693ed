/* What a request wants entries to mention: kinds and values as people write them. */
#ifndef VOUCH_SERVER_EVIDENCE_MENTION_FILTER_H
#define VOUCH_SERVER_EVIDENCE_MENTION_FILTER_H

#include "schemas/problem.h"
#include "server/evidence/mention_search.h"
#include "server/transport/query.h"

/* Adds a term; a problem when there is no such kind or the value cannot be one of it. */
MUST_USE bool mention_filter_add(struct mention_search *search, struct bytes kind,
                                 struct bytes value, struct problem *problem);

/* Adds a term for each parameter that is named after a kind. */
MUST_USE bool mention_filter_take(struct mention_search *search, struct query *query,
                                  struct problem *problem);

#endif
