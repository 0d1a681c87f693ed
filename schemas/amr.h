/*
 * How an acting human signed in: the authentication methods of RFC 8176 and whether they amount to
 * more than one factor.
 */
#ifndef VOUCH_SCHEMAS_AMR_H
#define VOUCH_SCHEMAS_AMR_H

#include <stdbool.h>

#include "base/bytes.h"

/* The values of one claim amr, seen so far. A zeroed struct has seen none. */
struct amr {
    unsigned seen; /* bits of amr.c */
};

/*
 * Adds one value of the claim. Values that RFC 8176 does not register, and those that name no
 * factor (geo, mca, rba, user, wia), count for nothing.
 */
void amr_add(struct amr *amr, struct bytes value);

/*
 * Whether they are more than one factor: "mfa" itself, or two of knowledge (kba, pin, pwd),
 * possession (hwk, otp, pop, sc, sms, swk, tel) and inherence (face, fpt, iris, retina, vbm).
 */
bool amr_is_multi_factor(const struct amr *amr);

/*
 * Whether they are more than one factor only thanks to a text message or a telephone call, which
 * whoever takes over the number receives too.
 */
bool amr_is_weak(const struct amr *amr);

#endif
