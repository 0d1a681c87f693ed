/* Whether a version of something was approved: as it is, by people who did not make it. */
#ifndef VOUCH_SCHEMAS_RULES_OBJECT_APPROVAL_H
#define VOUCH_SCHEMAS_RULES_OBJECT_APPROVAL_H

#include "schemas/rules/approval_lists.h"

/* Whether somebody's approval does not count; authors is what the asker put into the question. */
typedef bool (*object_author_fn)(const void *authors, struct bytes who);

struct object_question {
    const struct rule_context *context;
    const char *subject_kind;      /* of the requests: "workflow-version", ... */
    const struct field *object;    /* with id and version */
    struct bytes digest;           /* of its content; when empty nothing was approved */
    enum environment environment;  /* approvals for a less strict one do not count */
    bool unexpired;                /* the request's time has not run out */
    const char *role;              /* that approvers hold; NULL: any */
    object_author_fn is_author;
    const void *authors;
};

/*
 * The most people any one request has who approved exactly this content. A request in which an
 * author is among those who approved, or whose action was edited, counts for nothing. Automatic
 * approvals are nobody's.
 */
uint64_t object_approvals(const struct object_question *question);

#endif
