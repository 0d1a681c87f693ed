/*
 * What one witness is asked next: a state machine without network, clock or randomness, which are
 * handed in. There is never more than one request to a witness under way.
 */
#ifndef VOUCH_SERVER_WITNESSING_ASKING_H
#define VOUCH_SERVER_WITNESSING_ASKING_H

#include <stdbool.h>
#include <stdint.h>

#include "client/fetch/backoff.h"

enum asking_step {
    ASKING_REST, /* nothing now: it is busy, pausing, or has cosigned the target not long ago */
    ASKING_POST, /* add-checkpoint of the target */
    ASKING_LOOK, /* get the checkpoint that it holds of this log: it may be of another tree */
};

/* A zeroed struct has never asked. */
struct asking {
    bool is_busy;
    bool has_cosigned;
    bool must_look;
    uint64_t cosigned_size; /* of the newest head that it cosigned for us, when has_cosigned */
    uint64_t renew_ns;      /* when it is asked for that head again, monotonic */
    uint64_t held_size;     /* of the head it holds, as far as is known: what a proof starts at */
    uint64_t sent_old_size; /* of the request under way, like asked_size */
    uint64_t asked_size;
    unsigned conflicts; /* replies 409 since the last good one */
    uint64_t wake_ns;   /* no request before that, monotonic */
    struct backoff backoff;
};

/* When a reply came, and what a pause is made from. */
struct asking_moment {
    uint64_t now_ns;
    unsigned retry_after_s; /* 0: the witness did not say */
    uint32_t random;
};

/* The next step for a target of this size; sets out_old_size for ASKING_POST. */
enum asking_step asking_next(const struct asking *asking, uint64_t target_size, uint64_t now_ns,
                             uint64_t *out_old_size);

/* When asking_next may say something else though nothing happens; UINT64_MAX: never. */
uint64_t asking_wake_ns(const struct asking *asking, uint64_t target_size);

/* A request is under way; the next call is one of those that follow. */
void asking_begin_post(struct asking *asking, uint64_t old_size, uint64_t target_size);
void asking_begin_look(struct asking *asking);

/* The reply was a valid cosignature. renew_ns: when it will be old; UINT64_MAX: never. */
void asking_cosigned(struct asking *asking, uint64_t renew_ns);

/*
 * It says that it holds a head of held_size (409). newest_size: of what we have published. The
 * first such reply is followed at once; whoever keeps saying so waits longer and longer.
 */
void asking_conflict(struct asking *asking, uint64_t held_size, uint64_t newest_size,
                     const struct asking_moment *moment);

/* It refuses our proof (422): what it holds is to be looked at. */
void asking_disputed(struct asking *asking, const struct asking_moment *moment);

/* No reply, or none of use. */
void asking_failed(struct asking *asking, const struct asking_moment *moment);

/* What it holds was looked at, or could not be, and does not speak against us. */
void asking_looked(struct asking *asking, const struct asking_moment *moment);

/* Whether a witness that says so holds less than it cosigned for us: it lost its memory. */
bool asking_went_back(const struct asking *asking, uint64_t held_size);

#endif
