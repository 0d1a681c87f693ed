/* What a verification found, rule by rule, and the one verdict that follows from it. */
#ifndef VOUCH_CLIENT_VERIFY_REPORT_H
#define VOUCH_CLIENT_VERIFY_REPORT_H

#include "base/bytes.h"

/* The values are the exit codes of `vouch verify`; a worse verdict has a larger value. */
enum verdict {
    VERDICT_VERIFIED = 0,    /* a head as the policy asks covers it */
    VERDICT_LOG_WORD = 10,   /* verified, but on the log's word alone */
    VERDICT_INCOMPLETE = 20, /* something that is needed to decide is missing */
    VERDICT_DIVERGES = 30,   /* two heads of one log contradict each other */
    VERDICT_INVALID = 40,    /* damaged, forged, or not what it says it is */
};

/* "verified", "log-word", "incomplete", "diverges", "invalid". */
const char *verdict_word(enum verdict verdict);

/* A sentence that explains the word. */
const char *verdict_sentence(enum verdict verdict);

/* Where the answer to a rule comes from. */
enum finding_source {
    FINDING_RECOMPUTED,  /* computed here from the bytes at hand */
    FINDING_TAKEN,       /* somebody's word, taken as it is; the detail says whose */
    FINDING_UNDECIDABLE, /* these files do not say */
    FINDING_FAILED,      /* computed here, and the rule does not hold */
};

const char *finding_source_text(enum finding_source source);

enum { REPORT_FINDINGS_MAX = 128, FINDING_DETAIL_MAX = 256 };

struct finding {
    const char *rule; /* a literal: "inclusion", "issuer-signature" … */
    enum finding_source source;
    char
        detail[FINDING_DETAIL_MAX]; /* a sentence; untrusted text in it has no control characters */
};

/* A zeroed report is empty and verified: every finding can only make the verdict worse. */
struct report {
    enum verdict verdict;
    struct finding findings[REPORT_FINDINGS_MAX];
    size_t count;
};

/*
 * Adds a finding and makes the verdict at least `verdict`. When the report is full the detail is
 * dropped, the verdict is not.
 */
void report_add(struct report *report, const char *rule, enum finding_source source,
                enum verdict verdict, const char *format, ...) PRINTF_LIKE(5, 6);

/* Makes the verdict at least this bad. */
void report_raise(struct report *report, enum verdict verdict);

/* The finding of this rule that was added last, or NULL. */
const struct finding *report_find(const struct report *report, const char *rule);

/* Appends the verdict word with its sentence, then the findings, for people. */
void report_append_text(struct buf *out, const struct report *report);

/* Appends a line for each finding. */
void report_append_findings(struct buf *out, const struct report *report);

/* Appends {"verdict": …, "exit_code": …, "findings": [{"rule", "source", "detail"} …]}. */
void report_append_json(struct buf *out, const struct report *report);

#endif
