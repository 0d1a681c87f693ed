#include "server/evidence/run_completeness.h"

#include "schemas/rules/version_facts.h"

/* What the manifest and its parts say, as far as a question is about it. */
struct manifest_facts {
    bool has_inputs;         /* artifacts from outside */
    bool has_nameless_input; /* one of them with neither version nor content */
    bool has_models;
    bool has_result;
};

struct basis {
    struct run_scope *scope;
    const struct completeness_basis *known;
    struct manifest_facts manifest;
};

static bool is_closed(const struct basis *basis)
{
    return run_is_closed(&basis->scope->run);
}

static bool is_flagged(const struct basis *basis, const char *code)
{
    return run_flags_with_code(basis->known->flags, code) > 0;
}

/* Lacking when any of the flags is there, pending before the end, else met. */
static enum item_state unless_flagged(const struct basis *basis, const char *const *codes)
{
    for (size_t i = 0; codes[i] != NULL; i++) {
        if (is_flagged(basis, codes[i]))
            return ITEM_LACKING;
    }
    return is_closed(basis) ? ITEM_MET : ITEM_PENDING;
}

/* ---- the questions ---- */

static enum item_state ask_ends(const struct basis *basis)
{
    if (!run_is_started(&basis->scope->run))
        return ITEM_LACKING;
    return is_closed(basis) ? ITEM_MET : ITEM_PENDING;
}

static enum item_state ask_workflow(const struct basis *basis)
{
    const struct run_scope *scope = basis->scope;
    const struct run *run = &scope->run;
    struct version_fact version;

    if (!version_get_of_run(scope->facts, scope->tenant, run->workflow_id, run->workflow_version,
                            &version) ||
        !version_is_published(&version))
        return ITEM_LACKING;
    return run->workflow_digest.len == 0 || bytes_equal(run->workflow_digest, version.digest)
               ? ITEM_MET
               : ITEM_LACKING;
}

static enum item_state ask_inputs(const struct basis *basis)
{
    if (!is_closed(basis))
        return ITEM_PENDING;
    if (!basis->manifest.has_inputs)
        return ITEM_NOT_APPLICABLE;
    return basis->manifest.has_nameless_input || is_flagged(basis, "lineage-unresolved")
               ? ITEM_LACKING
               : ITEM_MET;
}

static enum item_state ask_models(const struct basis *basis)
{
    static const char *const codes[] = {"unregistered-model", "model-set-mismatch", NULL};
    enum item_state state = unless_flagged(basis, codes);

    return state == ITEM_MET && !basis->manifest.has_models ? ITEM_NOT_APPLICABLE : state;
}

static enum item_state ask_prompts(const struct basis *basis)
{
    static const char *const codes[] = {"prompt-unversioned", NULL};
    enum item_state state = unless_flagged(basis, codes);

    return state == ITEM_MET && !basis->manifest.has_models ? ITEM_NOT_APPLICABLE : state;
}

static enum item_state ask_policies(const struct basis *basis)
{
    static const char *const codes[] = {"policy-not-evaluated", "policy-unknown", "stale-policy",
                                        NULL};

    return unless_flagged(basis, codes);
}

static enum item_state ask_sensitive(const struct basis *basis)
{
    static const char *const codes[] = {"sensitive-unchecked", "egress-unchecked", NULL};

    return unless_flagged(basis, codes);
}

static enum item_state ask_approvals(const struct basis *basis)
{
    static const char *const codes[] = {"unapproved-run",  "unapproved-action",
                                        "approval-reused", "approval-after-action",
                                        "degraded-unapproved", NULL};
    enum item_state state = unless_flagged(basis, codes);

    if (state == ITEM_LACKING)
        return state;
    if (is_flagged(basis, "overridden"))
        return basis->known->unreviewed_override_count > 0 ? ITEM_LACKING : ITEM_MET;
    return state == ITEM_MET && basis->scope->run.risk < RISK_HIGH &&
                   basis->known->approval_count == 0
               ? ITEM_NOT_APPLICABLE
               : state;
}

static enum item_state ask_environment(const struct basis *basis)
{
    static const char *const codes[] = {"env-missing", "corpus-unpinned", NULL};
    enum item_state state = unless_flagged(basis, codes);
    uint64_t snapshot = RUN_HAS_IMAGE | RUN_HAS_DEPENDENCIES;

    if (state == ITEM_LACKING)
        return state;
    return (basis->scope->run.bits & snapshot) == snapshot ? ITEM_MET : ITEM_LACKING;
}

static enum item_state ask_result(const struct basis *basis)
{
    static const char *const codes[] = {"result-incomplete", NULL};
    enum item_state state = unless_flagged(basis, codes);
    enum run_status status = basis->scope->run.status;

    if (state != ITEM_MET || basis->manifest.has_result)
        return state;
    return status == RUN_SUCCESS || status == RUN_PARTIAL ? ITEM_LACKING : ITEM_NOT_APPLICABLE;
}

static enum item_state ask_degradation(const struct basis *basis)
{
    static const char *const codes[] = {"degradation-unlabelled", "silent-fallback",
                                        "stale-source-unlabelled", NULL};

    return unless_flagged(basis, codes);
}

static enum item_state ask_tally(const struct basis *basis)
{
    static const char *const codes[] = {"tally-mismatch", "parts-mismatch", NULL};
    enum item_state state = unless_flagged(basis, codes);

    return state == ITEM_MET && !basis->known->grade->has_window ? ITEM_PENDING : state;
}

static enum item_state ask_grade(const struct basis *basis)
{
    switch (basis->known->grade->letter) {
    case 'A':
    case 'B':
        return ITEM_MET;
    case '?':
        return ITEM_PENDING;
    default:
        return ITEM_LACKING;
    }
}

/* Payloads and their keys lie where the issuer keeps them. */
static enum item_state ask_payloads(const struct basis *basis)
{
    (void)basis;
    return ITEM_UNKNOWN;
}

static const struct {
    const char *name;
    enum item_state (*ask)(const struct basis *basis);
} questions[COMPLETENESS_ITEMS] = {
    {"start-and-manifest", ask_ends},
    {"published-workflow", ask_workflow},
    {"named-inputs", ask_inputs},
    {"registered-models", ask_models},
    {"versioned-prompts", ask_prompts},
    {"evaluated-policies", ask_policies},
    {"checked-sensitive-inputs", ask_sensitive},
    {"approved-before-action", ask_approvals},
    {"environment-snapshot", ask_environment},
    {"complete-result", ask_result},
    {"labelled-degradation", ask_degradation},
    {"tally-and-window", ask_tally},
    {"grade-b-or-better", ask_grade},
    {"kept-payloads", ask_payloads},
};

static const char *const state_names[ITEM_STATE_COUNT] = {
    [ITEM_MET] = "met",
    [ITEM_LACKING] = "lacking",
    [ITEM_PENDING] = "pending",
    [ITEM_UNKNOWN] = "unknown",
    [ITEM_NOT_APPLICABLE] = "not-applicable",
};

const char *completeness_item_name(size_t item)
{
    CHECK(item < COMPLETENESS_ITEMS);
    return questions[item].name;
}

const char *item_state_name(enum item_state state)
{
    CHECK(state < ITEM_STATE_COUNT);
    return state_names[state];
}

/* ---- what the manifest says ---- */

static void look_at_artifacts(struct manifest_facts *out, const struct field *artifacts)
{
    for (const struct field *artifact = field_first(artifacts); artifact != NULL;
         artifact = field_next(artifacts, artifact)) {
        if (!field_is_text(field_get(artifact, "provenance"), "external"))
            continue;
        out->has_inputs = true;
        if (field_get(artifact, "version") == NULL && field_get(artifact, "content") == NULL)
            out->has_nameless_input = true;
    }
}

static bool look_at(void *context, const struct run_record *record, struct err *err)
{
    struct manifest_facts *out = context;

    (void)err;
    look_at_artifacts(out, field_get(record->record, "artifacts"));
    out->has_models = out->has_models || field_count(field_get(record->record, "models")) > 0;
    out->has_result = out->has_result || field_get(record->record, "result") != NULL;
    return true;
}

static uint64_t score_of(const struct completeness *completeness)
{
    uint64_t counts[ITEM_STATE_COUNT] = {0};
    uint64_t asked;

    for (size_t i = 0; i < COMPLETENESS_ITEMS; i++)
        counts[completeness->items[i]]++;
    asked = counts[ITEM_MET] + counts[ITEM_LACKING] + counts[ITEM_PENDING];
    return asked == 0 ? 0 : counts[ITEM_MET] * 10000 / asked;
}

bool completeness_find(struct completeness *out, struct run_scope *scope,
                       const struct completeness_basis *known, struct err *err)
{
    struct basis basis = {.scope = scope, .known = known};

    if (is_closed(&basis) &&
        (!run_scope_visit(scope, "run-manifest", look_at, &basis.manifest, err) ||
         !run_scope_visit(scope, "manifest-part", look_at, &basis.manifest, err)))
        return false;
    for (size_t i = 0; i < COMPLETENESS_ITEMS; i++)
        out->items[i] = questions[i].ask(&basis);
    out->score_bp = score_of(out);
    return facts_check(scope->facts, err);
}
