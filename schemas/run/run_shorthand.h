/*
 * What a person may write shorter in a run document than a record has it. The first step of
 * reading one: every shorthand is replaced by what it stands for.
 *
 *   "id@version"              where a versioned thing is wanted ("workflow", "policy", …)
 *   "provider/name@version"   where a model-reference is wanted
 *   "issuer/uuid"             where a record-reference is wanted ("approval", "override", …)
 *   a UUID as 8-4-4-4-12 digits  where a run_id is wanted, which is base64url otherwise
 *   "artifact"                where a port is wanted (an item of "inputs" or "outputs")
 *   "sha256:hex"              where a payload-digest is wanted: that plain digest
 *   "some text"               where a payload-digest is wanted: a commitment to the text, or
 *   {"text": "…", "media_type": "…"}  likewise
 */
#ifndef VOUCH_SCHEMAS_RUN_RUN_SHORTHAND_H
#define VOUCH_SCHEMAS_RUN_RUN_SHORTHAND_H

#include "schemas/problem.h"
#include "schemas/run/openings.h"

/*
 * Appends the document (deterministic CBOR) without shorthands. Texts that are committed to become
 * openings, in order. The problem says where and what is wrong with a shorthand.
 */
MUST_USE bool run_shorthand_expand(struct buf *out, struct openings *openings,
                                   struct run_random *random, struct bytes document,
                                   struct problem *problem);

#endif
