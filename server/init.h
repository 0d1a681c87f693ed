/* vouchd init: a new log in a new directory. */
#ifndef VOUCH_SERVER_INIT_H
#define VOUCH_SERVER_INIT_H

#include "schemas/rules/settings.h"
#include "server/issuer_argument.h"
#include "server/store/store.h"

enum { INIT_ISSUERS_MAX = 64 };

struct init_options {
    const char *directory; /* must not exist */
    const char *origin;
    const char *listen;
    enum log_kind kind;
    enum profile profile; /* evidence logs, like the issuers */
    struct issuer_argument issuers[INIT_ISSUERS_MAX]; /* init_run loads their keys */
    size_t issuer_count;
};

/*
 * Creates directory with keys, store, head file and vouchd.json, the latter last: without it the log
 * is not complete. In an evidence log the first entry says which rules apply, what each key of the
 * log is for and whom the log trusts. Appends what to do next to out_next_steps.
 */
MUST_USE bool init_run(struct buf *out_next_steps, struct init_options *options,
                       struct err *err);

#endif
