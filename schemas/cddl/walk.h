/*
 * The validator as a machine that is handed one item after the other, so that one pass over the
 * CBOR can check its form and hold it against a schema.
 */
#ifndef VOUCH_SCHEMAS_CDDL_WALK_H
#define VOUCH_SCHEMAS_CDDL_WALK_H

#include "schemas/cddl/cddl.h"
#include "schemas/dcbor.h"

/* A map or array that is not complete yet. */
struct cddl_level {
    const struct cddl_map *map;     /* NULL for an array */
    const struct cddl_array *array; /* NULL for a map */
    uint64_t left;                  /* pairs or items still to come */
    uint64_t free_count;            /* keys that were none of the map's names */
    uint32_t at; /* the first member not passed; in an array the items seen, while they are named */
    size_t position;
};

/* Its fields are the validator's own. */
struct cddl_walk {
    const struct cddl *cddl;
    const struct cddl_type *type; /* of the next item; NULL: a key comes next, or nothing */
    struct bytes input;
    unsigned depth;
    struct cddl_mismatch *mismatch;
    struct cddl_level levels[DCBOR_DEPTH_MAX];
};

/* input: what positions count in, for paths. Everything is borrowed. */
void cddl_walk_begin(struct cddl_walk *walk, const struct cddl *cddl, const struct cddl_type *type,
                     struct bytes input, struct cddl_mismatch *mismatch);

/*
 * Takes the next item, or the head of the next map or array; rest is what follows it. False, with
 * the mismatch written, when it is not what the type allows: the walk is over then.
 */
MUST_USE bool cddl_walk_take(struct cddl_walk *walk, const struct dcbor_item *item, size_t position,
                             const struct dcbor_reader *rest);

/* Whether the item that the walk began with is complete. */
bool cddl_walk_is_complete(const struct cddl_walk *walk);

#endif
