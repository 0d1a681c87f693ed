/*
 * Asking witnesses: a thread that shows published heads to the witnesses of a policy, all at once
 * and each on its own, and publishes the newest one that met the quorum. The log never waits for
 * it. Should a witness hold a head that this log signed and does not have, the log must sign
 * nothing more; whoever listens is told.
 */
#ifndef VOUCH_SERVER_WITNESSING_WITNESSING_H
#define VOUCH_SERVER_WITNESSING_WITNESSING_H

#include "server/witnessing/witnessed.h"

enum {
    WITNESSING_WITNESSES_MAX = 15, /* with the log's own 16 signatures, which any verifier takes */
    WITNESSING_LATE_MS = 10000,    /* a head without a quorum for so long is told to the operator */
};

/* What became of requests to a witness. */
enum witnessing_result {
    WITNESSING_COSIGNED,
    WITNESSING_CONFLICT, /* it holds a head of another size */
    WITNESSING_DISPUTED, /* it takes no proof from the head it holds */
    WITNESSING_BAD,      /* a reply that is not what the protocol says, or a wrong signature */
    WITNESSING_FAILED,   /* no reply, or another status */
    WITNESSING_RESULTS,
};

/* "cosigned", "conflict", ... */
const char *witnessing_result_name(enum witnessing_result result);

/* Where a witness serves the checkpoints that it holds, when that is not where it takes them. */
struct witness_monitoring {
    char *name; /* of the policy */
    char *url;
};

struct witnessing_options {
    struct store *store; /* borrowed, like all that follows; not used by witnessing_check */
    const char *origin;
    const struct public_key *checkpoint_key;
    const char *directory;   /* of the two files that outlive the process; made when missing */
    const char *policy_file; /* NULL: there are no witnesses */
    const struct witness_monitoring *monitoring;
    size_t monitoring_count;
    uint64_t interval_ms;    /* between two heads that witnesses are asked for */
    uint64_t renew_ms;       /* a head that stays so long is cosigned again; 0: it is not */
    uint64_t timeout_ms;     /* of a request */
};

struct witnessing;

/* Whether the policy file can be used: it names a URL for each witness, and this log if any. */
MUST_USE bool witnessing_check(const struct witnessing_options *options, struct err *err);

/*
 * What the files that are kept say against the store; out_reason stays ERR_NONE, or says why the
 * log must not sign. To be called before anything is signed.
 */
void witnessing_recall(struct err *out_reason, const struct witnessing_options *options);

/* head: published now. Starts the thread. */
MUST_USE bool witnessing_start(struct witnessing **out, const struct witnessing_options *options,
                               const struct store_head *head, struct err *err);

/* This head is published. Any thread; never blocks. */
void witnessing_advance(struct witnessing *witnessing, const struct store_head *head);

/*
 * Reads the policy file again, or another one; what cannot be used changes nothing. The newest
 * witnessed head stays if its cosignatures are enough for the new policy.
 */
MUST_USE bool witnessing_reload(struct witnessing *witnessing, const char *policy_file,
                                struct err *err);

/* Where struct witnessed_view lies; there is always one. */
struct snapshot_cell *witnessing_cell(struct witnessing *witnessing);

/* Called on the thread of the witnessing. */
struct witnessing_listener {
    void (*witnessed)(void *context, uint64_t delay_ns); /* since it was published; 0: not new */
    void (*conflict)(void *context, const char *reason);
    void *context;
};

/* From now on this one is told, NULL: nobody. Waits for a call under way. */
void witnessing_listen(struct witnessing *witnessing, const struct witnessing_listener *listener);

/* The names of the witnesses, and how often each result was had since the start. */
struct witnessing_stats {
    size_t count;
    struct {
        char name[64]; /* of the policy file, cut to fit */
        uint64_t results[WITNESSING_RESULTS];
    } witnesses[WITNESSING_WITNESSES_MAX];
};

void witnessing_get_stats(struct witnessing *witnessing, struct witnessing_stats *out);

/* Ends at once; accepts NULL. */
void witnessing_stop(struct witnessing *witnessing);

#endif
