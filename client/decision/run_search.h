/* Finding the open request for approval of a run, without help of the log's own index. */
#ifndef VOUCH_CLIENT_DECISION_RUN_SEARCH_H
#define VOUCH_CLIENT_DECISION_RUN_SEARCH_H

#include "client/decision/log_view.h"

enum { RUN_SEARCH_FOUND_MAX = 16 };

/*
 * Looks through the last search_max entries for requests of a run (a UUID as text) that have not
 * expired and that no refusal ended. ERR_NOT_FOUND when there is none, ERR_INVALID with their
 * places when there are several.
 */
MUST_USE bool run_search_request(struct log_view *view, struct record_place *out, const char *run,
                                 uint64_t search_max, uint64_t now_ms, struct err *err);

#endif
