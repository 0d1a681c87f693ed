/*
 * What the log decided about its own rules: the newest log-metadata record "admission-rules". It
 * applies from the entry after it.
 */
#ifndef VOUCH_SCHEMAS_RULES_SETTINGS_H
#define VOUCH_SCHEMAS_RULES_SETTINGS_H

#include "schemas/record_fields.h"
#include "schemas/rules/facts.h"

enum profile {
    PROFILE_OBSERVE, /* only form, signature and false authority refuse; all else flags */
    PROFILE_STRICT,
};

/* One row of settings_thresholds: a number that a rule compares with. */
enum threshold {
    THRESHOLD_FUTURE_MS,             /* G7: how far ahead of the receive time a record may be */
    THRESHOLD_LATE_MS,               /* G7: how old before it is late */
    THRESHOLD_IMPORTED_MS,           /* G7: how old before only importers may bring it */
    THRESHOLD_LATE_APPROVAL_MS,      /* AP18 */
    THRESHOLD_RAPID_APPROVAL_MS,     /* AP27: a decision this soon after the request */
    THRESHOLD_APPROVALS_PER_HOUR,    /* AP27 */
    THRESHOLD_PUBLISH_QUORUM,        /* W2, PO4: approvals a publication needs */
    THRESHOLD_OVERRIDE_LIFETIME_MS,  /* O2, where no policy says otherwise */
    THRESHOLD_OVERRIDE_REVIEW_MS,    /* O2 */
    THRESHOLD_ERASURE_MS,            /* DL6 */
    THRESHOLD_RETENTION_FLOOR_S,     /* PO8 */
    THRESHOLD_CANARY_RISK,           /* W10: a risk_level; 0: no canary is asked for */
    THRESHOLD_RESTORATION_MS,        /* DL2 */
    THRESHOLD_RESTORE_APPROVAL,      /* DL1: 1 when restorations need an approval, else 0 */
    THRESHOLD_COUNT,
};

struct settings {
    enum profile profile;
    struct bytes rules_id;      /* of the rules in force, e.g. "vouch"; borrowed from the facts */
    struct bytes rules_version; /* e.g. "1" */
    struct bytes archive_digest; /* of what the rules are made of: version.h; empty at first */
    struct bytes schema_digest;  /* record_schema_digest; empty at first */
    uint64_t thresholds[THRESHOLD_COUNT];
};

/* The settings before anything is logged: rules "vouch" version "0", profile strict, thresholds
 * at their defaults. */
void settings_default(struct settings *out);

/* As the facts have them; the defaults when they say nothing. */
void settings_get(struct settings *out, struct facts *facts);

/* The effect of log-metadata "admission-rules". Unknown threshold names are kept out of it. */
void settings_put(struct facts *facts, const struct field *record);

const char *profile_name(enum profile profile); /* "observe", "strict" */

/* The name, under log-metadata's thresholds, and the default. */
const char *threshold_name(enum threshold threshold);
uint64_t threshold_default(enum threshold threshold);

#endif
