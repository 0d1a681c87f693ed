#include "server/http/refusals.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "schemas/log_metadata.h"
#include "schemas/statement.h"
#include "server/tlog/own_record.h"
#include "server/transport/metrics.h"

/* Its issuer, rule and code never change. */
struct row {
    uint8_t issuer[ISSUER_LEN_MAX];
    size_t issuer_len;
    const char *rule;
    const char *code;
    /* under lock */
    uint64_t total;    /* since the start */
    uint64_t unlogged; /* of these, what the log has not said */
    struct hash first; /* of the unlogged; zeros: none to name */
};

/* What the log says, while it does. */
struct saying {
    struct tlog_own own;
    const char *origin;
    struct log_refusal_count counts[REFUSALS_ROWS_MAX + 1];
    struct row *rows[REFUSALS_ROWS_MAX + 1];
    size_t count;
};

struct refusals {
    uint64_t interval_ns;
    pthread_mutex_t lock;
    struct row rows[REFUSALS_ROWS_MAX + 1]; /* the last place is for OTHER */
    size_t row_count;
    /* the writer's */
    uint64_t said_ns;
    struct saying saying;
};

static bool make_saying(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    const struct saying *saying = (const struct saying *)own;
    struct log_record_header header = own_record_header(moment, saying->origin, 0);

    log_metadata_append_refused(out, &header, saying->counts, saying->count);
    return true;
}

struct refusals *refusals_new(const char *origin, uint64_t interval_ms)
{
    struct refusals *refusals = mem_alloc(sizeof(*refusals));

    refusals->interval_ns = interval_ms * 1000000;
    refusals->said_ns = clock_monotonic_ns();
    refusals->saying.own = (struct tlog_own){.subject = "log-metadata", .make = make_saying};
    refusals->saying.origin = origin;
    CHECK(pthread_mutex_init(&refusals->lock, NULL) == 0);
    return refusals;
}

void refusals_free(struct refusals *refusals)
{
    if (refusals == NULL)
        return;
    pthread_mutex_destroy(&refusals->lock);
    free(refusals);
}

/* ---- counting ---- */

static struct bytes row_issuer(const struct row *row)
{
    return bytes_of(row->issuer, row->issuer_len);
}

static bool is_row_of(const struct row *row, const struct refusals_seen *seen)
{
    return strcmp(row->rule, seen->rule) == 0 && strcmp(row->code, seen->code) == 0 &&
           bytes_equal(row_issuer(row), seen->issuer);
}

/* Under lock, like what follows. The row may be a new one. */
static struct row *find_row(struct refusals *refusals, const struct refusals_seen *seen)
{
    struct row *row;

    for (size_t i = 0; i < refusals->row_count; i++) {
        if (is_row_of(&refusals->rows[i], seen))
            return &refusals->rows[i];
    }
    row = &refusals->rows[refusals->row_count];
    if (refusals->row_count < REFUSALS_ROWS_MAX && seen->issuer.len <= ISSUER_LEN_MAX) {
        if (seen->issuer.len > 0)
            memcpy(row->issuer, seen->issuer.data, seen->issuer.len);
        row->issuer_len = seen->issuer.len;
        row->rule = seen->rule;
        row->code = seen->code;
        refusals->row_count++;
        return row;
    }
    row = &refusals->rows[REFUSALS_ROWS_MAX];
    row->rule = REFUSALS_OTHER;
    row->code = REFUSALS_OTHER;
    return row;
}

void refusals_add(struct refusals *refusals, const struct refusals_seen *seen)
{
    struct row *row;

    pthread_mutex_lock(&refusals->lock);
    row = find_row(refusals, seen);
    row->total++;
    if (row->unlogged++ == 0 && seen->identity != NULL)
        row->first = *seen->identity;
    pthread_mutex_unlock(&refusals->lock);
}

void refusals_add_batch(struct refusals *refusals, struct tlog_submission *const *submissions,
                        size_t count)
{
    size_t member = 0;

    for (size_t i = 0; i < count; i++) {
        const struct tlog_submission *submission = submissions[i];
        const struct tlog_refusal *refusal = &submission->refusal;

        if (submission->outcome == TLOG_REFUSED && submission->own == NULL &&
            refusal->group_member == member)
            refusals_add(refusals, &(struct refusals_seen){submission->issuer, refusal->rule->name,
                                                           refusal->rule->code,
                                                           &submission->identity});
        member = submission->with_next ? member + 1 : 0;
    }
}

/* ---- saying it ---- */

bool refusals_are_due(struct refusals *refusals, uint64_t now_ns)
{
    return now_ns - refusals->said_ns >= refusals->interval_ns;
}

/* What is being said counts as said, so that what comes meanwhile is the next time's. */
static void begin_saying(struct refusals *refusals)
{
    struct saying *saying = &refusals->saying;

    saying->count = 0;
    pthread_mutex_lock(&refusals->lock);
    for (size_t i = 0; i <= REFUSALS_ROWS_MAX; i++) {
        struct row *row = &refusals->rows[i];

        if (row->unlogged == 0)
            continue;
        saying->rows[saying->count] = row;
        saying->counts[saying->count++] = (struct log_refusal_count){
            row_issuer(row), row->rule, row->code, row->unlogged, row->first};
        row->unlogged = 0;
        row->first = (struct hash){0};
    }
    pthread_mutex_unlock(&refusals->lock);
}

static void take_back(struct refusals *refusals)
{
    const struct saying *saying = &refusals->saying;

    pthread_mutex_lock(&refusals->lock);
    for (size_t i = 0; i < saying->count; i++) {
        saying->rows[i]->unlogged += saying->counts[i].count;
        saying->rows[i]->first = saying->counts[i].first;
    }
    pthread_mutex_unlock(&refusals->lock);
}

bool refusals_commit(struct refusals *refusals, struct tlog *tlog, bool *out_said,
                     struct err *err)
{
    struct tlog_submission submission = {.own = &refusals->saying.own};
    struct tlog_submission *batch[] = {&submission};
    bool ok = true;

    refusals->said_ns = clock_monotonic_ns();
    begin_saying(refusals);
    *out_said = refusals->saying.count > 0;
    if (*out_said)
        ok = tlog_commit(tlog, batch, 1, err);
    if (ok && submission.outcome == TLOG_REFUSED)
        ok = err_set(err, ERR_CORRUPT, "rule %s refuses what the log says of refusals",
                     submission.refusal.rule->name);
    if (!ok)
        take_back(refusals);
    return ok;
}

/* ---- metrics ---- */

static void append_label(struct buf *out, const char *name, struct bytes value)
{
    buf_append_format(out, "%s%s=\"", out->len == 0 ? "" : ",", name);
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\')
            buf_append_byte(out, '\\');
        buf_append_byte(out, value.data[i] == '\n' ? ' ' : value.data[i]);
    }
    buf_append_byte(out, '"');
}

void refusals_append_metrics(struct buf *out, struct refusals *refusals)
{
    struct buf labels = {0};

    metrics_append_head(out, "vouch_refusals_total", "counter",
                        "Statements refused, by issuer and rule.");
    pthread_mutex_lock(&refusals->lock);
    for (size_t i = 0; i <= REFUSALS_ROWS_MAX; i++) {
        const struct row *row = &refusals->rows[i];

        if (row->total == 0)
            continue;
        buf_clear(&labels);
        append_label(&labels, "issuer", row_issuer(row));
        append_label(&labels, "rule", bytes_of_text(row->rule));
        append_label(&labels, "code", bytes_of_text(row->code));
        metrics_append_uint(out, "vouch_refusals_total", buf_text(&labels), row->total);
    }
    pthread_mutex_unlock(&refusals->lock);
    buf_cleanup(&labels);
}
