/*
 * What binds a sign-in to one action: the nonce of the ID token commits to the action and to the
 * request for its approval, so that a token signed for one decision serves no other.
 */
#ifndef VOUCH_SCHEMAS_APPROVAL_NONCE_H
#define VOUCH_SCHEMAS_APPROVAL_NONCE_H

#include "merkle/hash.h"

enum { APPROVAL_NONCE_LEN = 43 };

/*
 * base64url, without padding, of SHA-256("vouch/approval/v1" 0x00 || action_digest ||
 * request_nonce), with a terminating zero. action_digest is that of the action the approver says
 * yes or no to; request_nonce is the member nonce of the approval-request.
 */
void approval_nonce_derive(char out[APPROVAL_NONCE_LEN + 1], const struct hash *action_digest,
                           struct bytes request_nonce);

#endif
