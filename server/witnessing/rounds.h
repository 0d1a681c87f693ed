/*
 * Which head the witnesses are asked for, and what they have signed. Everybody is asked for the
 * same head, the target, so that cosignatures come together on one: were each asked for whatever is
 * newest when it gets free, a busy log would have many heads with one cosignature each. The target
 * moves on to the newest head as soon as it has the quorum, or when it has waited too long; whoever
 * comes late with a cosignature for an older head is still counted. No network and no clock here.
 */
#ifndef VOUCH_SERVER_WITNESSING_ROUNDS_H
#define VOUCH_SERVER_WITNESSING_ROUNDS_H

#include "client/verify/policy.h"
#include "server/store/store.h"

enum {
    ROUNDS_MAX = 16, /* heads beyond the witnessed one whose cosignatures are kept */
    ROUND_WAIT_MS = 1000, /* then the target moves on without a quorum */
};

/* A head and the cosignatures that it has. */
struct round {
    struct store_head head;
    uint64_t published_ns;  /* monotonic */
    uint64_t begin_ns;      /* when it became the target */
    uint64_t witnessed_at_ms; /* Unix time of the cosignature that completed the quorum; 0: none */
    size_t cosigner_count;
    struct buf signed_checkpoint; /* by the log alone */
    struct buf note;              /* and with all cosignatures */
};

struct rounds {
    const struct policy *policy; /* borrowed */
    uint64_t interval_ns;        /* between two targets */
    struct round newest;         /* published, not necessarily asked for */
    struct round rounds[ROUNDS_MAX]; /* by rising size: the witnessed one, if any, comes first */
    size_t count;                    /* 0 before the first target */
    bool has_witnessed;              /* rounds[0] has the quorum */
};

void rounds_init(struct rounds *rounds, const struct policy *policy, uint64_t interval_ms);
void rounds_cleanup(struct rounds *rounds);

/* A head was published, with its checkpoint as the log signed it. */
void rounds_publish(struct rounds *rounds, const struct store_head *head, struct bytes checkpoint,
                    uint64_t now_ns);

/*
 * A head that had met the quorum before, not newer than any other: kept when it still does, without
 * the signatures of witnesses that are not in the policy.
 * checkpoint: as the log signed it; note: with its cosignatures.
 */
void rounds_restore(struct rounds *rounds, const struct store_head *head, struct bytes checkpoint,
                    struct bytes note);

/*
 * What to ask for now: the newest head if it is time to move on, else the one that is being asked
 * for. NULL before anything was published. must_move: a witness is beyond the target.
 */
const struct round *rounds_target(struct rounds *rounds, uint64_t now_ns, bool must_move);

/* When the target would move on though nothing else happens; UINT64_MAX: never. */
uint64_t rounds_wake_ns(const struct rounds *rounds);

/*
 * A witness of the policy has signed the head of this size: its verified note signature line, which
 * takes the place of an older one. True when the newest witnessed head changed, or got a further or
 * newer cosignature.
 */
bool rounds_add(struct rounds *rounds, uint64_t size, const struct note_verifier *witness,
                struct bytes line);

/* The newest head with a quorum; without a quorum to meet, the newest with any cosignature. NULL:
 * there is none. */
const struct round *rounds_witnessed(const struct rounds *rounds);

#endif
