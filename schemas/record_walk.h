/* Holding a record against its type item by item, while its form is checked. */
#ifndef VOUCH_SCHEMAS_RECORD_WALK_H
#define VOUCH_SCHEMAS_RECORD_WALK_H

#include "schemas/cddl/walk.h"
#include "schemas/record_schema.h"

/* As cddl_walk_begin. */
void record_walk_begin(struct cddl_walk *walk, const struct record_schema *schema,
                       const struct record_schema_type *type, struct bytes input,
                       struct cddl_mismatch *mismatch);

#endif
