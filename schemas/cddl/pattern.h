/*
 * The regular expressions of .regexp (XSD's, as RFC 8610, 3.8.3 says) that can be matched by
 * walking forward once: a sequence of characters and classes of ASCII characters, each with a
 * count. Where one may end must be plain from its next character.
 */
#ifndef VOUCH_SCHEMAS_CDDL_PATTERN_H
#define VOUCH_SCHEMAS_CDDL_PATTERN_H

#include "base/bytes.h"
#include "base/err.h"

enum { CDDL_PATTERN_PARTS_MAX = 32 };

struct cddl_pattern_part {
    uint64_t set[2]; /* a bit for each of the 128 characters */
    uint32_t min;
    uint32_t max; /* UINT32_MAX for no limit */
};

struct cddl_pattern {
    struct cddl_pattern_part parts[CDDL_PATTERN_PARTS_MAX];
    uint32_t count;
};

/* ERR_INVALID says what is not supported; the text has no place in front. */
MUST_USE bool cddl_pattern_compile(struct cddl_pattern *out, struct bytes text, struct err *err);

/* Whether the whole text matches. */
bool cddl_pattern_match(const struct cddl_pattern *pattern, struct bytes text);

#endif
