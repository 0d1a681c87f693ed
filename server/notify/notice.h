/*
 * What a webhook is told when somebody asks for an approval: who asks for what, until when, and how
 * to answer. Made from the logged record alone.
 */
#ifndef VOUCH_SERVER_NOTIFY_NOTICE_H
#define VOUCH_SERVER_NOTIFY_NOTICE_H

#include "merkle/hash.h"
#include "schemas/record_fields.h"

/* What the receiver understands. */
enum notice_form {
    NOTICE_JSON,  /* ours: the record and where it is (docs/PROTOCOL.md) */
    NOTICE_SLACK, /* an incoming webhook of Slack */
    NOTICE_TEAMS, /* a workflow of Microsoft Teams that takes an Adaptive Card */
    NOTICE_FORM_COUNT,
};

bool notice_form_find(enum notice_form *out, const char *name);
const char *notice_form_name(enum notice_form form); /* "json", "slack", "teams" */

struct notice {
    const char *origin;         /* of the log */
    uint64_t index;             /* of the entry */
    struct hash entry_id;       /* its leaf hash */
    const struct field *record; /* the approval-request */
};

/* Appends the body of the POST, JSON. */
MUST_USE bool notice_append(struct buf *out, const struct notice *notice, enum notice_form form,
                            struct err *err);

/* Something about the log itself that somebody should look at. */
struct alert {
    const char *event;  /* "anchor-stale" */
    const char *origin; /* of the log */
    const char *text;   /* a sentence */
};

/* Appends the body of the POST that tells it. */
MUST_USE bool notice_append_alert(struct buf *out, const struct alert *alert,
                                  enum notice_form form, struct err *err);

#endif
