/* Made when the program is built, by cmake/rules_digest.cmake. */
#ifndef VOUCH_SCHEMAS_RULES_ARCHIVE_DIGEST_H
#define VOUCH_SCHEMAS_RULES_ARCHIVE_DIGEST_H

#include "merkle/hash.h"

extern const uint8_t rules_archive_digest_bytes[HASH_LEN];

#endif
