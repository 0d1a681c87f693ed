#include "client/run/state_card.h"

#include <inttypes.h>
#include <string.h>

#include "client/decision/card.h"
#include "client/query/flag_legend.h"
#include "client/run/state_words.h"

/* A short label for a long word. */
static const char *item_state_label(const char *item_state)
{
    return strcmp(item_state, "not-applicable") == 0 ? "n/a" : item_state;
}

static bool is_item_state(struct bytes word)
{
    for (size_t i = 0; i < ITEM_STATE_COUNT; i++) {
        if (bytes_equal_text(word, ITEM_STATES[i]))
            return true;
    }
    return false;
}

static uint64_t number_of(const struct field *map, const char *name)
{
    return field_uint(field_get(map, name), 0);
}

static void add_text(struct buf *text, const struct field *map, const char *name)
{
    buf_append_bytes(text, field_text(field_get(map, name)));
}

/* Appends the line and empties it. */
static void put_line(struct buf *out, const char *label, struct buf *text)
{
    card_line(out, label, bytes_of_buf(text));
    buf_clear(text);
}

/* A word of the log with what it means. */
static void put_word(struct buf *out, const char *label, struct bytes word, const char *meaning)
{
    struct buf text = {0};

    buf_append_bytes(&text, word);
    if (meaning[0] != '\0')
        buf_append_format(&text, ": %s", meaning);
    put_line(out, label, &text);
    buf_cleanup(&text);
}

/* ---- the run ---- */

static void put_completeness_score(struct buf *out, const struct field *state)
{
    const struct field *completeness = field_get(state, "completeness");
    const struct field *items = field_get(completeness, "items");
    uint64_t score_bp = number_of(completeness, "score_bp");
    size_t met = 0;

    if (completeness == NULL)
        return;
    for (const struct field *item = field_first(items); item != NULL;
         item = field_next(items, item))
        met += field_is_text(field_get(item, "state"), "met");
    card_format(out, "completeness", "%" PRIu64 ".%02" PRIu64 " %%: %zu of %zu questions are met",
                score_bp / 100, score_bp % 100, met, field_count(items));
}

static void put_recorder(struct buf *out, const struct field *state)
{
    struct buf text = {0};

    if (field_get(state, "recorder") == NULL)
        return;
    add_text(&text, state, "recorder");
    if (field_get(state, "fail_mode") != NULL) {
        buf_append_text(&text, ", fail mode ");
        add_text(&text, state, "fail_mode");
    }
    put_line(out, "recorder", &text);
    buf_cleanup(&text);
}

static void put_times(struct buf *out, const struct field *state)
{
    uint64_t at_ms = number_of(state, "at_ms");

    if (field_get(state, "started_at_ms") != NULL)
        card_time(out, "started", number_of(state, "started_at_ms"), at_ms);
    if (field_get(state, "start_index") != NULL)
        card_format(out, "", "in entry %" PRIu64, number_of(state, "start_index"));
    if (field_get(state, "ended_at_ms") != NULL)
        card_time(out, "ended", number_of(state, "ended_at_ms"), at_ms);
    if (field_get(state, "manifest_index") != NULL)
        card_format(out, "", "in entry %" PRIu64, number_of(state, "manifest_index"));
}

static void put_counts(struct buf *out, const struct field *state)
{
    const struct field *decisions = field_get(state, "decisions");
    struct buf text = {0};

    buf_append_format(&text, "execution events: %" PRIu64 "; grants by the gate: %" PRIu64
                             "; policy evaluations: %" PRIu64,
                      number_of(state, "event_count"), number_of(state, "gate_grant_count"),
                      number_of(state, "evaluation_count"));
    for (const struct field *count = field_first(decisions); count != NULL;
         count = field_next(decisions, count)) {
        buf_append_format(&text, ", %" PRIu64 " ", field_uint(count, 0));
        buf_append_bytes(&text, count->key);
    }
    put_line(out, "records", &text);
    buf_cleanup(&text);
}

static void put_run(struct buf *out, const struct field *state)
{
    struct bytes status = field_text(field_get(state, "status"));
    struct bytes grade = field_text(field_get(state, "grade"));

    card_run(out, "run", field_get(state, "run_id"));
    put_word(out, "status", status, status_meaning(status));
    if (grade.len > 0)
        put_word(out, "grade", grade, grade_meaning(grade));
    else
        card_text(out, "grade", "none yet: no record says who recorded the run");
    put_completeness_score(out, state);
    card_versioned(out, "workflow", field_get(state, "workflow"));
    card_field(out, "tenant", field_get(state, "tenant"));
    card_field(out, "environment", field_get(state, "environment"));
    card_field(out, "mode", field_get(state, "mode"));
    card_field(out, "risk", field_get(state, "risk"));
    card_field(out, "triggered by", field_get(state, "triggered_by"));
    card_field(out, "issuer", field_get(state, "issuer"));
    put_recorder(out, state);
    put_times(out, state);
    put_counts(out, state);
    if (field_is_true(field_get(state, "is_cut")))
        card_text(out, "cut", "The run has more entries than the log goes through: what follows is "
                              "of the first ones.");
}

/* ---- people ---- */

/* ", for the action, at node n1" */
static void add_subject(struct buf *text, const struct field *item)
{
    if (field_get(item, "subject_kind") != NULL) {
        buf_append_text(text, ", for the ");
        add_text(text, item, "subject_kind");
    }
    if (field_get(item, "node_id") != NULL) {
        buf_append_text(text, ", at node ");
        add_text(text, item, "node_id");
    }
}

static void put_votes(struct buf *out, const struct field *votes)
{
    struct buf text = {0};

    for (const struct field *vote = field_first(votes); vote != NULL;
         vote = field_next(votes, vote)) {
        add_text(&text, vote, "outcome");
        buf_append_text(&text, " by ");
        add_text(&text, vote, "approver");
        put_line(out, "  vote", &text);
    }
    buf_cleanup(&text);
}

static void put_approval(struct buf *out, const struct field *approval, uint64_t at_ms)
{
    struct bytes word = field_text(field_get(approval, "state"));
    struct buf text = {0};

    put_word(out, "approval", word, approval_meaning(word));
    buf_append_format(&text, "in entry %" PRIu64, number_of(approval, "index"));
    add_subject(&text, approval);
    buf_append_text(&text, ", risk ");
    add_text(&text, approval, "risk");
    buf_append_text(&text, ", asked for by ");
    add_text(&text, approval, "requester");
    put_line(out, "  request", &text);
    card_format(out, "  quorum", "%" PRIu64 " of %" PRIu64 " approved",
                number_of(approval, "approval_count"), number_of(approval, "quorum"));
    put_votes(out, field_get(approval, "votes"));
    card_time(out, "  expires", number_of(approval, "expires_at_ms"), at_ms);
    buf_cleanup(&text);
}

static void put_override(struct buf *out, const struct field *override, uint64_t at_ms)
{
    struct buf text = {0};

    add_text(&text, override, "state");
    buf_append_text(&text, ": ");
    add_text(&text, override, "kind");
    add_subject(&text, override);
    buf_append_text(&text, ", by ");
    add_text(&text, override, "actor_id");
    put_line(out, "override", &text);
    card_format(out, "  entry", "%" PRIu64, number_of(override, "index"));
    card_time(out, "  expires", number_of(override, "expires_at_ms"), at_ms);
    add_text(&text, override, "review");
    buf_append_text(&text, ", by ");
    add_text(&text, override, "reviewer");
    put_line(out, "  review", &text);
    card_time(out, "  due", number_of(override, "review_due_at_ms"), at_ms);
    buf_cleanup(&text);
}

static void put_people(struct buf *out, const struct field *state)
{
    const struct field *approvals = field_get(state, "approvals");
    const struct field *overrides = field_get(state, "overrides");
    uint64_t at_ms = number_of(state, "at_ms");

    buf_append_text(out, "\n");
    if (field_count(approvals) == 0)
        card_text(out, "approvals", "none was asked for");
    for (const struct field *item = field_first(approvals); item != NULL;
         item = field_next(approvals, item))
        put_approval(out, item, at_ms);
    if (field_count(overrides) == 0)
        card_text(out, "overrides", "none");
    for (const struct field *item = field_first(overrides); item != NULL;
         item = field_next(overrides, item))
        put_override(out, item, at_ms);
}

/* ---- flags and questions ---- */

static void put_flag(struct buf *out, const struct field *flag)
{
    uint64_t count = number_of(flag, "record_count");
    const struct rule *rule;
    struct buf text = {0};

    add_text(&text, flag, "rule");
    buf_append_text(&text, "/");
    add_text(&text, flag, "code");
    rule = flag_rule(bytes_of_buf(&text));
    buf_append_format(&text, ", %" PRIu64 " %s", count, count == 1 ? "record" : "records");
    put_line(out, "flag", &text);
    if (rule != NULL)
        buf_append_format(&text, "This does not hold: %s", rule->says);
    else
        buf_append_text(&text, "This program does not know the rule.");
    put_line(out, "", &text);
    buf_cleanup(&text);
}

static void put_flags(struct buf *out, const struct field *flags)
{
    buf_append_text(out, "\n");
    if (field_count(flags) == 0)
        card_text(out, "flags", "none: no record of the run broke a rule");
    for (const struct field *flag = field_first(flags); flag != NULL;
         flag = field_next(flags, flag))
        put_flag(out, flag);
}

static void put_questions(struct buf *out, const struct field *items, const char *item_state)
{
    for (const struct field *item = field_first(items); item != NULL;
         item = field_next(items, item)) {
        struct bytes name = field_text(field_get(item, "name"));

        if (field_is_text(field_get(item, "state"), item_state))
            put_word(out, item_state_label(item_state), name, question_meaning(name));
    }
}

/* Those whose state is a word that is not known here. */
static void put_other_questions(struct buf *out, const struct field *items)
{
    struct buf text = {0};

    for (const struct field *item = field_first(items); item != NULL;
         item = field_next(items, item)) {
        if (is_item_state(field_text(field_get(item, "state"))))
            continue;
        add_text(&text, item, "name");
        buf_append_text(&text, ": ");
        add_text(&text, item, "state");
        put_line(out, "other", &text);
    }
    buf_cleanup(&text);
}

void state_card_append(struct buf *out, const struct field *state)
{
    const struct field *items = field_at(state, "completeness.items");

    put_run(out, state);
    put_people(out, state);
    put_flags(out, field_get(state, "flags"));
    buf_append_text(out, "\n  What makes the evidence of a run complete:\n\n");
    for (size_t i = 0; i < ITEM_STATE_COUNT; i++)
        put_questions(out, items, ITEM_STATES[i]);
    put_other_questions(out, items);
}
