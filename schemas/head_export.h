/*
 * A head of a log as another evidence log holds it: a record "export" whose tree is the head and
 * whose evidence_bundle is the digest of the signed head. Its identifiers are made from what it
 * says and it has a stream of its own, so that who sends it has nothing to remember: the same head
 * is the same record, however often it is sent.
 */
#ifndef VOUCH_SCHEMAS_HEAD_EXPORT_H
#define VOUCH_SCHEMAS_HEAD_EXPORT_H

#include "schemas/checkpoint.h"

/* All borrowed. */
struct head_export {
    const char *issuer;    /* who sends it, also the actor */
    const char *tenant;    /* of the other log */
    const char *recipient; /* origin of the other log */
    uint64_t at_ms;        /* Unix time that it occurred at */
    const struct checkpoint *head;
    struct bytes note; /* the head, signed */
};

/* Appends the record. */
void head_export_append(struct buf *out, const struct head_export *said);

/* Whether entry is a statement of exactly one such record, of this head. Whose it is is not asked. */
bool head_export_is_entry(struct bytes entry, const struct checkpoint *head, struct bytes note);

#endif
