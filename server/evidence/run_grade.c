#include "server/evidence/run_grade.h"

#include "schemas/rules/principals.h"

enum { WINDOWS_MAX = 64 }; /* of the issuer behind the run's start that are looked at */

static bool count_grant(void *context, const struct run_record *record, struct err *err)
{
    struct run_grade *grade = context;

    (void)record;
    (void)err;
    grade->grant_count++;
    return true;
}

/* ---- windows: an issuer's statement of completeness for a time ---- */

struct window_search {
    struct run_grade *out;
    const struct run_scope *scope;
};

static bool covers(const struct run_scope *scope, const struct field *window)
{
    uint64_t at_ms = scope->run.started_at_ms;

    return bytes_equal(field_text(field_get(window, "tenant")), scope->tenant) &&
           field_uint(field_get(window, "begins_at_ms"), UINT64_MAX) <= at_ms &&
           field_uint(field_get(window, "ends_at_ms"), 0) > at_ms;
}

static void take_window(struct run_grade *out, const struct field *window)
{
    buf_clear(&out->recorder);
    buf_clear(&out->fail_mode);
    buf_append_bytes(&out->recorder, field_text(field_get(window, "recorder")));
    buf_append_bytes(&out->fail_mode, field_text(field_get(window, "fail_mode")));
    out->has_window = true;
}

static bool look_at(void *context, const struct run_record *record, struct err *err)
{
    struct window_search *search = context;

    (void)err;
    if (bytes_equal(record->issuer, search->scope->run.issuer) &&
        covers(search->scope, record->record))
        take_window(search->out, record->record);
    return true;
}

static bool find_window(struct run_grade *out, struct run_scope *scope, struct err *err)
{
    struct window_search context = {.out = out, .scope = scope};
    struct run_visit visit = {.type = "window", .visit = look_at, .context = &context};
    struct mention_search search = {
        .terms = {mention_key(MENTION_ISSUER, scope->run.issuer),
                  mention_key(MENTION_TYPE, bytes_of_text("window"))},
        .term_count = 2,
        .begin = scope->run.start_index,
        .end = scope->size,
    };
    struct mention_found found;

    if (!mention_search_run(scope->store, &found, &search, WINDOWS_MAX, err))
        return false;
    for (size_t i = 0; i < found.count && !out->has_window; i++) {
        if (!run_scope_visit_entry(scope, found.indexes[i], &visit, err))
            return false;
    }
    return true;
}

/* ---- the letter ---- */

static bool is_recorder(struct run_grade *grade, const char *recorder)
{
    return bytes_equal_text(bytes_of_buf(&grade->recorder), recorder);
}

static bool is_enforced(struct run_grade *grade, const struct run_flags *flags)
{
    return (is_recorder(grade, "inline-proxy") || is_recorder(grade, "engine-hook")) &&
           bytes_equal_text(bytes_of_buf(&grade->fail_mode), "closed") && grade->grant_count > 0 &&
           run_flags_with_code(flags, "no-grant") == 0 &&
           run_flags_with_code(flags, "unapproved-action") == 0;
}

static char letter_of(struct run_grade *grade, const struct run_flags *flags)
{
    if (run_flags_with_code(flags, "imported") > 0 || is_recorder(grade, "batch-import"))
        return 'D';
    if (grade->is_intake || is_recorder(grade, "collector"))
        return 'C';
    return is_enforced(grade, flags) ? 'A' : 'B';
}

bool run_grade_find(struct run_grade *out, struct run_scope *scope, const struct run_flags *flags,
                    struct err *err)
{
    struct principal signer;

    *out = (struct run_grade){.letter = '?'};
    if (scope->run.issuer.len == 0)
        return true;
    out->is_intake =
        principal_get_at(scope->facts, scope->run.issuer, scope->run.start_index, &signer) &&
        principal_has_role(&signer, "intake");
    if (!find_window(out, scope, err) ||
        !run_scope_visit(scope, "gate-grant", count_grant, out, err))
        return false;
    out->letter = letter_of(out, flags);
    return true;
}

void run_grade_cleanup(struct run_grade *grade)
{
    buf_cleanup(&grade->recorder);
    buf_cleanup(&grade->fail_mode);
}
