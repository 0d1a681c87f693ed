/*
 * How often which issuer's statements were refused by which rule: shown in /metrics, and said by
 * the log itself about once an hour, so that "self-approval was refused" is evidence too. A bounded
 * number of rows; what finds no row is counted in one more, OTHER. Any thread, but for what is
 * marked as the writer's.
 */
#ifndef VOUCH_SERVER_HTTP_REFUSALS_H
#define VOUCH_SERVER_HTTP_REFUSALS_H

#include "server/tlog/tlog.h"

enum { REFUSALS_ROWS_MAX = 128 };

/* Rule names of what no admission rule refused: nobody's signature was verified, or the issuer's
 * was and a record or ID token is wrong. The code is then the problem's. */
#define REFUSALS_UNAUTHENTICATED "unauthenticated"
#define REFUSALS_FORM "form"
#define REFUSALS_ID_TOKEN "id-token"
#define REFUSALS_OTHER "other" /* rule and code of the row for all that is beyond the others */

struct refusals;

/* origin: of the log, borrowed. interval_ms: how often the log says it. */
struct refusals *refusals_new(const char *origin, uint64_t interval_ms);
void refusals_free(struct refusals *refusals); /* accepts NULL */

struct refusals_seen {
    struct bytes issuer; /* whose signature was verified; empty: nobody's */
    const char *rule;    /* lives for ever, as does code */
    const char *code;
    const struct hash *identity; /* of the statement; NULL: not to be named */
};

void refusals_add(struct refusals *refusals, const struct refusals_seen *seen);

/* Adds those of a batch that admission rules refused, the one on whose account in each group. */
void refusals_add_batch(struct refusals *refusals, struct tlog_submission *const *submissions,
                        size_t count);

/* The writer's. Whether it is time to say what was counted; now_ns is monotonic. */
bool refusals_are_due(struct refusals *refusals, uint64_t now_ns);

/*
 * The writer's. The log says what was counted since it said so last; *out_said is false when that
 * is nothing. After a failure, which is tlog_commit's, it is counted as before.
 */
MUST_USE bool refusals_commit(struct refusals *refusals, struct tlog *tlog, bool *out_said,
                              struct err *err);

/* Appends the total of each row since the start, in the format of /metrics. */
void refusals_append_metrics(struct buf *out, struct refusals *refusals);

#endif
