/* One member name has one type in all records, and JSON can carry it: whether a schema says so. */
#ifndef VOUCH_SCHEMAS_RECORD_NAMES_H
#define VOUCH_SCHEMAS_RECORD_NAMES_H

#include "schemas/cddl/table.h"

/*
 * ERR_INVALID, with file, line and column of the later place: a name with two types; one that is
 * not in snake_case; byte strings where JSON cannot tell them from text; integers beyond 63 bits;
 * free keys without a limit.
 */
MUST_USE bool record_names_check(const struct cddl *cddl, struct err *err);

#endif
