/*
 * CDDL (RFC 8610), as much of it as records need: the texts are compiled once into tables that
 * never change, then CBOR is held against them item by item, without allocation and without ever
 * going back. docs/decisions/0011 says what is understood; everything else is refused by name.
 */
#ifndef VOUCH_SCHEMAS_CDDL_CDDL_H
#define VOUCH_SCHEMAS_CDDL_CDDL_H

#include "base/bytes.h"
#include "base/err.h"

enum {
    CDDL_SOURCES_MAX = 128,
    CDDL_TEXT_LEN_MAX = 1 << 20, /* of all sources together */
};

/* One file. The name is for messages. */
struct cddl_source {
    const char *name;
    struct bytes text;
};

/* Compiled rules. Immutable: threads may share it. */
struct cddl;

/* What a rule allows an item to be. Lives as long as its struct cddl. */
struct cddl_type;

/*
 * Compiles all sources as one text; rules may be used before and outside of where they are
 * defined. Keeps nothing of the sources. ERR_INVALID begins with "name:line:column: " and says what
 * is not CDDL, not supported, not defined or defined twice.
 */
MUST_USE bool cddl_compile(struct cddl **out, const struct cddl_source *sources, size_t count,
                           struct err *err);

/* Accepts NULL. */
void cddl_free(struct cddl *cddl);

/* The rule of this name, NULL when there is none or it is a group. */
const struct cddl_type *cddl_find(const struct cddl *cddl, const char *rule);

/* Where and why an item is not what the schema wants. Texts are UTF-8, cut where they are long. */
struct cddl_mismatch {
    size_t position; /* in the input: of the item, key or map meant */
    char path[128];  /* JSON pointer (RFC 6901); "" for the outermost item */
    char have[128];  /* what is there, e.g. "text of 3 bytes", "nothing" */
    char want[128];  /* what the schema wants there, e.g. "uuid: bytes .size 16" */
};

/*
 * Whether one item, which dcbor_check has accepted, is what the rule allows. Input that was not
 * checked gives some answer or other, nothing worse. out is written on failure only.
 */
MUST_USE bool cddl_check(const struct cddl *cddl, const struct cddl_type *type, struct bytes item,
                         struct cddl_mismatch *out);

#endif
