/* What a request or an override is about, from options that both have. */
#ifndef VOUCH_CLIENT_DECISION_SUBJECT_H
#define VOUCH_CLIENT_DECISION_SUBJECT_H

#include "client/command.h"
#include "client/decision/overlay.h"

/* Options of whatever may be about a run. */
#define SUBJECT_OPTIONS                                                                            \
    {"--tenant", "ID", "whose records these are", false, false},                                   \
        {"--run", "UUID", "the run it is about", false, false},                                    \
        {"--workflow", "ID@VERSION", "the run's workflow", false, false},                          \
        {"--environment", "NAME", "development, test, staging or production", false, false},       \
        {"--node", "ID", "the node of the run", false, false}

/* Puts tenant, run_id, workflow and environment. */
MUST_USE bool subject_put_place(struct overlay *record, const struct args *args, struct err *err);

/* Appends the subject: what the record's base says of it, run and node, and the kind "action". */
MUST_USE bool subject_append(struct buf *out, const struct overlay *record,
                             const struct args *args, struct err *err);

#endif
