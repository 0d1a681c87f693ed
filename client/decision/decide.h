/* Deciding on a request for approval: vouch approve and vouch reject. */
#ifndef VOUCH_CLIENT_DECISION_DECIDE_H
#define VOUCH_CLIENT_DECISION_DECIDE_H

#include "client/command.h"

/* One of the two. */
struct decision_kind {
    const char *outcome;   /* of the approval record */
    const char *done;      /* "approved" */
    const char *question;  /* before the code is asked for */
    bool needs_description; /* a refusal says why in words */
};

enum { DECISION_OPTION_COUNT = 23 };

/* Both commands have the same. */
extern const struct option DECISION_OPTIONS[DECISION_OPTION_COUNT];

/* The run function of both. */
int decision_run(const struct command *command, const struct args *args,
                 const struct decision_kind *kind);

#endif
