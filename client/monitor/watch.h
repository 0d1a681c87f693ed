/*
 * Watch lists: entries that somebody wants to know of, whatever the rules say of them.
 *
 *   approver=ID        every approval, or rejection, by this person
 *   workflow=ID[@VERSION]  every record of a run of this workflow, and every change of it
 *   override           every override
 *   flag=RULE | flag=CODE | flag=RULE/CODE | flag=*   every flag of this rule, code, or any
 */
#ifndef VOUCH_CLIENT_MONITOR_WATCH_H
#define VOUCH_CLIENT_MONITOR_WATCH_H

#include "client/monitor/alert.h"
#include "schemas/record_fields.h"
#include "schemas/rules/admission.h"

enum { WATCHES_MAX = 64, WATCH_VALUE_LEN_MAX = 256 };

struct watch {
    enum alert_kind kind; /* ALERT_WATCH_… */
    char value[WATCH_VALUE_LEN_MAX + 1]; /* empty: any */
};

/* A zeroed struct is empty. */
struct watch_list {
    struct watch items[WATCHES_MAX];
    size_t count;
};

/* ERR_INVALID for what is none of the above. */
MUST_USE bool watch_list_add(struct watch_list *list, const char *text, struct err *err);

/* Whether this record is one of those, with a sentence that says why; flags are not looked at. */
bool watch_matches_record(const struct watch *watch, const struct field *record,
                          struct buf *out_why);

/* Whether this flag is one of those, with a sentence. */
bool watch_matches_flag(const struct watch *watch, const struct admission_flag *flag,
                        struct buf *out_why);

#endif
