/*
 * The witnesses of one policy at work: every one gets its requests, one at a time and independent
 * of the others, and what they sign comes together in rounds. One thread's business; no files but
 * the policy, which is read when the panel is made.
 */
#ifndef VOUCH_SERVER_WITNESSING_PANEL_H
#define VOUCH_SERVER_WITNESSING_PANEL_H

#include <stdatomic.h>

#include "client/fetch/fetch.h"
#include "server/witnessing/asking.h"
#include "server/witnessing/conflict.h"
#include "server/witnessing/exchange.h"
#include "server/witnessing/rounds.h"
#include "server/witnessing/witnessing.h"

struct panel;

/* What is wrong with a witness, as far as it was told to the operator. */
enum panel_trouble {
    TROUBLE_NONE,
    TROUBLE_FAILED,    /* no reply or a status that the protocol does not have here */
    TROUBLE_BAD,       /* a reply or cosignature that does not hold */
    TROUBLE_WENT_BACK, /* it holds less than it cosigned */
    TROUBLE_AHEAD,     /* it claims a size that we do not have, and shows no signed head for it */
    TROUBLE_CONFLICT,  /* it says again and again that it holds another size */
    TROUBLE_DISPUTE,   /* it refuses our proofs, and shows no signed head that explains it */
};

struct panel_witness {
    struct panel *panel;
    const struct policy_name *name;
    const char *look_url; /* where it shows what it holds */
    struct asking asking;
    struct buf body;          /* of the request under way */
    struct buf checkpoint;    /* that it asks to cosign, as the log signed it */
    enum panel_trouble told;
    _Atomic uint64_t results[WITNESSING_RESULTS]; /* read by any thread */
};

struct panel_options {
    struct conflict_log log; /* borrowed, like all that follows */
    const char *origin;
    const struct witness_monitoring *monitoring;
    size_t monitoring_count;
    uint64_t interval_ms;
    uint64_t renew_ms; /* a head that stays so long is cosigned again; 0: it is not */
    unsigned timeout_ms;
    /* A round has changed rounds_witnessed. May be NULL. */
    void (*witnessed)(void *context);
    /* A head signed by this log speaks against the store. May be NULL. */
    void (*conflict)(void *context, const struct note_verifier *witness, const char *reason,
                     struct bytes note);
    void *context;
};

struct panel {
    struct panel_options options;
    struct policy policy;
    struct rounds rounds;
    struct fetcher *fetcher;
    char look_path[EXCHANGE_PATH_LEN];
    bool must_move; /* a witness is beyond the target */
    struct panel_witness witnesses[WITNESSING_WITNESSES_MAX];
    size_t count;
};

/* policy_file NULL: a panel without witnesses. */
MUST_USE bool panel_new(struct panel **out, const struct panel_options *options,
                        const char *policy_file, struct err *err);
void panel_free(struct panel *panel); /* accepts NULL; drops requests under way */

/* Takes over what an older panel, which stays the caller's, knows of the same witnesses. */
void panel_inherit(struct panel *panel, const struct panel *old);

/* A head was published, with its checkpoint as the log signed it. */
void panel_publish(struct panel *panel, const struct store_head *head, struct bytes checkpoint);

/*
 * Sends what is due, and waits for replies until wake_fd can be read or the time is over. False
 * when libcurl or the store fails.
 */
MUST_USE bool panel_run(struct panel *panel, int wake_fd, unsigned timeout_ms, struct err *err);

#endif
