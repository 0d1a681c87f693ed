/* Which admission rules this program carries. */
#ifndef VOUCH_SCHEMAS_RULES_VERSION_H
#define VOUCH_SCHEMAS_RULES_VERSION_H

#include "merkle/hash.h"

#define RULES_ID "vouch"
#define RULES_VERSION "1" /* raised when a rule decides differently */

/*
 * What the rules are made of: SHA-256 over the lines that `sha256sum` prints for the files of
 * schemas/rules, the CDDL in schemas and the tests of the rules, sorted by their paths from the
 * root of the source tree in the order of their bytes. tools/rules-digest prints it too.
 */
void rules_archive_digest(struct hash *out);

#endif
