/*
 * Following a log and believing nothing of it: every head must extend all heads that were accepted
 * before, every entry must lead to a signed root, and in an evidence log every signature, schema,
 * flag and seal must be what the log's own rules give. What is wrong becomes an alert, once, and
 * another one when it is over. No threads and no time of its own: whoever owns a monitor polls it.
 */
#ifndef VOUCH_CLIENT_MONITOR_MONITOR_H
#define VOUCH_CLIENT_MONITOR_MONITOR_H

#include <stdatomic.h>

#include "base/clock.h"
#include "client/fetch/fetch.h"
#include "client/monitor/keeper.h"
#include "client/monitor/watch.h"
#include "client/verify/audit.h"
#include "client/verify/fork_proof.h"
#include "client/verify/policy.h"
#include "schemas/record_schema.h"

/* All borrowed, for as long as the monitor lives. */
struct monitor_options {
    const char *url;         /* of the log, as for fetch_open */
    const char *origin;      /* of the log; NULL: its first head says, if the policy has it */
    /*
     * Opened for it: heads and proofs; bundles have one of their own. NULL, like url: the log is
     * not looked at, and a poll tells only of the forks that others have found.
     */
    struct fetcher *fetcher;
    const struct policy *policy;
    const struct record_schema *schema; /* of an evidence log's records */
    struct keeper *keeper;
    struct clock *clock; /* for alerts and for what passed between two runs */
    const struct watch_list *watches;
    enum audit_kind kind;         /* AUDIT_UNKNOWN: the first entry says */
    uint64_t stale_after_ms;      /* without a new head; 0: never */
    unsigned rechecked_per_poll;  /* old bundles that are read again in each poll, at least 1 */
    unsigned sharers; /* how many monitors of the process share the memory for facts; 0 is 1 */
    /* Asked within a poll: true ends it early, with what it has verified. NULL: never. */
    bool (*is_over)(void *context);
    void *context;
    const atomic_bool *stop; /* the same, asked while entries are waited for. NULL: never */
};

enum { MONITOR_FORKS_MAX = 4 };

/* What a monitor has seen since it was opened, and how things stand. */
struct monitor_figures {
    uint64_t head_size;     /* of the newest accepted head */
    uint64_t verified_size; /* entries that lead to an accepted head */
    uint64_t head_age_ms;   /* since the last new one */
    uint64_t polls;
    uint64_t last_success_ms; /* Unix time of the last poll that found nothing wrong; 0: none */
    uint64_t consistent_heads;
    uint64_t inconsistent_heads;
    uint64_t entries_verified;
    uint64_t records_replayed;
    uint64_t bundles_rechecked;
    uint64_t acknowledged; /* findings, in all runs */
    uint64_t alerts[ALERT_KIND_COUNT];  /* begun or seen */
    bool is_open[ALERT_KIND_COUNT];     /* findings that are not over */
};

struct monitor;

/* Goes on where the keeper says. ERR_INVALID: it is of another log, or damaged. */
MUST_USE bool monitor_open(struct monitor **out, const struct monitor_options *options,
                           struct err *err);
void monitor_close(struct monitor *monitor); /* accepts NULL */

/*
 * Looks at the log once and takes in everything that is new; blocks as long as that takes. now_ms:
 * a clock that never goes back. False only for trouble of the monitor's own, such as a full disk:
 * then it must be closed. What is wrong with the log becomes alerts in the keeper.
 */
MUST_USE bool monitor_poll(struct monitor *monitor, uint64_t now_ms, struct err *err);

/*
 * Others have found two heads that convict this log: the next poll alerts, once for each number
 * (0..MONITOR_FORKS_MAX), in this run or any other. path: the file of the proof; NULL: it was not
 * kept. Whoever calls has checked that the proof convicts.
 */
void monitor_take_fork(struct monitor *monitor, unsigned number, const struct fork_proof *proof,
                       const char *path);

const struct monitor_figures *monitor_figures(const struct monitor *monitor);

/* The head that the log showed in the last poll, if the log signed it; else empty. Borrowed. */
struct bytes monitor_shown_note(const struct monitor *monitor);

/* Of the log, if it was given or a head was accepted; else "". */
const char *monitor_origin(const struct monitor *monitor);

#endif
