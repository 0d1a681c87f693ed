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

/* A number that a rule compares with; threshold_is says which, and for what. Numbers are places in
 * the stored settings: new ones go to the end. */
enum threshold {
    THRESHOLD_FUTURE_MS,
    THRESHOLD_LATE_MS,
    THRESHOLD_IMPORTED_MS,
    THRESHOLD_LATE_APPROVAL_MS,
    THRESHOLD_RAPID_APPROVAL_MS,
    THRESHOLD_APPROVALS_PER_HOUR,
    THRESHOLD_PUBLISH_QUORUM,
    THRESHOLD_OVERRIDE_LIFETIME_MS,
    THRESHOLD_OVERRIDE_REVIEW_MS,
    THRESHOLD_ERASURE_MS,
    THRESHOLD_RETENTION_FLOOR_S,
    THRESHOLD_CANARY_RISK,
    THRESHOLD_RESTORATION_MS,
    THRESHOLD_RESTORE_APPROVAL,
    THRESHOLD_GRANT_LIFETIME_MS,
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

/* The name, under log-metadata's thresholds; what it is, after the rules that use it; the default. */
const char *threshold_name(enum threshold threshold);
const char *threshold_is(enum threshold threshold);
uint64_t threshold_default(enum threshold threshold);

#endif
