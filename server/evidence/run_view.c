#include "server/evidence/run_view.h"

#include <stdlib.h>

#include "schemas/rules/run_lists.h"
#include "schemas/map_members.h"
#include "server/evidence/run_completeness.h"
#include "server/evidence/run_people.h"

static const char *const decisions[] = {"deny", "warn", "allow", "error", "route", "redact"};

enum { DECISION_COUNT = sizeof(decisions) / sizeof(decisions[0]) };

/* All that is told of a run. */
struct view {
    struct run_scope scope;
    struct run_flags flags;
    struct run_people people;
    struct run_grade grade;
    struct completeness completeness;
    uint64_t decision_counts[DECISION_COUNT];
    bool has_bad_evaluation;
};

/* ---- what policies decided ---- */

static bool count_decision(void *context, const struct store_fact *fact)
{
    struct view *view = context;
    struct run_evaluation evaluation;

    if (!run_evaluation_decode(&evaluation, fact->value)) {
        view->has_bad_evaluation = true;
        return false;
    }
    for (size_t i = 0; i < DECISION_COUNT; i++)
        view->decision_counts[i] += bytes_equal_text(evaluation.decision, decisions[i]);
    return true;
}

static bool count_decisions(struct view *view, struct err *err)
{
    struct fact_key list =
        fact_key_two(FACT_RUN_EVALUATION, view->scope.tenant, view->scope.run_id);
    struct store_fact_range range = {.prefix = bytes_of(list.bytes, list.len)};

    if (!store_scan_facts(view->scope.store, &range, count_decision, view, err))
        return false;
    return !view->has_bad_evaluation ||
           err_set(err, ERR_CORRUPT, "an evaluation of the run is not what was written");
}

static bool collect(struct view *view, struct err *err)
{
    struct completeness_basis basis = {.flags = &view->flags, .grade = &view->grade};

    if (!count_decisions(view, err) || !run_flags_collect(&view->flags, &view->scope, err) ||
        !run_people_collect(&view->people, &view->scope, err) ||
        !run_grade_find(&view->grade, &view->scope, &view->flags, err))
        return false;
    basis.approval_count = view->people.approval_count;
    basis.unreviewed_override_count = view->people.unreviewed_override_count;
    return completeness_find(&view->completeness, &view->scope, &basis, err);
}

/* ---- telling it ---- */

static void put_rows(struct dcbor_map_writer *map, const char *name, uint64_t count,
                     const struct buf *rows)
{
    struct buf *out = member_begin(map, name);

    dcbor_put_array(out, count);
    buf_append_bytes(out, bytes_of_buf(rows));
}

static void put_decisions(struct dcbor_map_writer *map, const struct view *view)
{
    struct buf *out = member_begin(map, "decisions");
    uint64_t count = 0;

    for (size_t i = 0; i < DECISION_COUNT; i++)
        count += view->decision_counts[i] > 0;
    dcbor_put_map(out, count);
    for (size_t i = 0; i < DECISION_COUNT; i++) {
        if (view->decision_counts[i] == 0)
            continue;
        dcbor_put_literal(out, decisions[i]);
        dcbor_put_uint(out, view->decision_counts[i]);
    }
}

static void put_flags(struct dcbor_map_writer *map, const struct run_flags *flags)
{
    struct buf *out = member_begin(map, "flags");

    dcbor_put_array(out, flags->count);
    for (size_t i = 0; i < flags->count; i++) {
        dcbor_put_map(out, 3);
        dcbor_put_literal(out, "code");
        dcbor_put_text(out, flags->flags[i].code);
        dcbor_put_literal(out, "rule");
        dcbor_put_text(out, flags->flags[i].rule);
        dcbor_put_literal(out, "record_count");
        dcbor_put_uint(out, flags->flags[i].record_count);
    }
}

static void put_completeness(struct dcbor_map_writer *map, const struct completeness *completeness)
{
    struct buf *out = member_begin(map, "completeness");

    dcbor_put_map(out, 2);
    dcbor_put_literal(out, "items");
    dcbor_put_array(out, COMPLETENESS_ITEMS);
    for (size_t i = 0; i < COMPLETENESS_ITEMS; i++) {
        dcbor_put_map(out, 2);
        dcbor_put_literal(out, "name");
        dcbor_put_literal(out, completeness_item_name(i));
        dcbor_put_literal(out, "state");
        dcbor_put_literal(out, item_state_name(completeness->items[i]));
    }
    dcbor_put_literal(out, "score_bp");
    dcbor_put_uint(out, completeness->score_bp);
}

static void put_text_if_any(struct dcbor_map_writer *map, const char *name, struct bytes value)
{
    if (value.len > 0)
        member_put_text(map, name, value);
}

static void put_grade(struct dcbor_map_writer *map, struct run_grade *grade)
{
    if (grade->letter != '?')
        member_put_text(map, "grade", bytes_of(&grade->letter, 1));
    put_text_if_any(map, "recorder", bytes_of_buf(&grade->recorder));
    put_text_if_any(map, "fail_mode", bytes_of_buf(&grade->fail_mode));
    member_put_uint(map, "gate_grant_count", grade->grant_count);
}

static void put_workflow(struct dcbor_map_writer *map, const struct run *run)
{
    struct buf *out;

    if (run->workflow_id.len == 0)
        return;
    out = member_begin(map, "workflow");
    dcbor_put_map(out, 2);
    dcbor_put_literal(out, "id");
    dcbor_put_text(out, run->workflow_id);
    dcbor_put_literal(out, "version");
    dcbor_put_text(out, run->workflow_version);
}

static void put_start(struct dcbor_map_writer *map, const struct run *run)
{
    put_workflow(map, run);
    put_text_if_any(map, "environment", run->environment);
    put_text_if_any(map, "issuer", run->issuer);
    put_text_if_any(map, "triggered_by", run->triggered_by);
    if (run->risk != RISK_UNKNOWN)
        member_put_literal(map, "risk", risk_level_name(run->risk));
    if (run->mode != RUN_MODE_UNKNOWN)
        member_put_literal(map, "mode", run_mode_name(run->mode));
    if (run->started_at_ms > 0)
        member_put_uint(map, "started_at_ms", run->started_at_ms);
    if (run_is_started(run))
        member_put_uint(map, "start_index", run->start_index);
    if (run_is_closed(run)) {
        member_put_uint(map, "ended_at_ms", run->ended_at_ms);
        member_put_uint(map, "manifest_index", run->manifest_index);
    }
}

static bool put_view(struct buf *out, struct view *view, struct err *err)
{
    const struct run_scope *scope = &view->scope;
    struct dcbor_map_writer map = {0};
    bool ok;

    member_put_bytes(&map, "run_id", scope->run_id);
    member_put_text(&map, "tenant", scope->tenant);
    member_put_uint(&map, "size", scope->size);
    member_put_uint(&map, "at_ms", scope->at_ms);
    member_put_literal(&map, "status", run_status_name(scope->run.status));
    put_start(&map, &scope->run);
    member_put_uint(&map, "event_count", scope->run.event_count);
    member_put_uint(&map, "evaluation_count", scope->run.evaluation_count);
    put_decisions(&map, view);
    put_rows(&map, "approvals", view->people.approval_count, &view->people.approvals);
    put_rows(&map, "overrides", view->people.override_count, &view->people.overrides);
    put_flags(&map, &view->flags);
    put_grade(&map, &view->grade);
    put_completeness(&map, &view->completeness);
    if (scope->is_cut)
        member_put_bool(&map, "is_cut", true);
    ok = dcbor_map_writer_finish(&map, out, err);
    dcbor_map_writer_cleanup(&map);
    return ok;
}

bool run_view_append(struct buf *out, const struct run_question *question, struct err *err)
{
    struct view *view = mem_alloc(sizeof(*view));
    bool ok = run_scope_init(&view->scope, question, err) && collect(view, err) &&
              put_view(out, view, err);

    run_people_cleanup(&view->people);
    run_flags_cleanup(&view->flags);
    run_grade_cleanup(&view->grade);
    run_scope_cleanup(&view->scope);
    free(view);
    return ok;
}
