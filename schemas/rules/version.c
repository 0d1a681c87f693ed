#include "schemas/rules/version.h"

#include <string.h>

#include "schemas/rules/archive_digest.h"

void rules_archive_digest(struct hash *out)
{
    memcpy(out->bytes, rules_archive_digest_bytes, HASH_LEN);
}
