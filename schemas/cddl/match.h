/* What the validator asks about single items, and the words it reports with. */
#ifndef VOUCH_SCHEMAS_CDDL_MATCH_H
#define VOUCH_SCHEMAS_CDDL_MATCH_H

#include "schemas/cddl/table.h"
#include "schemas/dcbor.h"

/* Deterministic CBOR puts the shorter key first (RFC 8949, 4.2.1). */
int cddl_compare_keys(struct bytes a, struct bytes b);

bool cddl_match_text(const struct cddl *cddl, const struct cddl_type *type, struct bytes text);

/* Whether an item that is no array and no map may be of the type. */
bool cddl_match_scalar(const struct cddl *cddl, const struct cddl_type *type,
                       const struct dcbor_item *item);

/* Whether the type is literal texts and nothing else. */
bool cddl_is_literal(const struct cddl_type *type);

/*
 * The only map of the type that the coming pairs can be, told by their keys and literal texts; when
 * they fit none, the only one whose literal texts they have; NULL when that is none or several.
 */
const struct cddl_map *cddl_choose_map(const struct cddl *cddl, const struct cddl_type *type,
                                       const struct dcbor_reader *pairs, uint64_t count);

/* Position and path; clears the rest. */
void cddl_mismatch_at(struct cddl_mismatch *out, struct bytes input, size_t position);
void cddl_mismatch_add_key(struct cddl_mismatch *out, struct bytes key);
void cddl_mismatch_have(struct cddl_mismatch *out, const char *have);
void cddl_mismatch_have_item(struct cddl_mismatch *out, const struct dcbor_item *item);
void cddl_mismatch_have_count(struct cddl_mismatch *out, uint64_t count, const char *what);
void cddl_mismatch_want(struct cddl_mismatch *out, const char *want);
void cddl_mismatch_want_counts(struct cddl_mismatch *out, struct cddl_range counts,
                               const char *what);
/* A member that the map does not have; wants the one with the nearest name, if one is near. */
void cddl_mismatch_unknown(struct cddl_mismatch *out, const struct cddl *cddl,
                           const struct cddl_map *map, struct bytes key);

#endif
