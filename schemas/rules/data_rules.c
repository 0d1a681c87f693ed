/* The rules for what happens to data outside the tree: restoration, holds, erasure, export. */
#include "schemas/rules/families.h"

#include <inttypes.h>

#include "schemas/rules/approval_facts.h"
#include "schemas/rules/hold_facts.h"
#include "schemas/rules/policy_facts.h"
#include "schemas/rules/run_facts.h"

static bool is_operation(const struct rule_context *context, const char *operation)
{
    return field_is_text(field_get(context->record, "operation"), operation);
}

static struct bytes actor_id(const struct rule_context *context)
{
    return field_text(field_at(context->record, "actor.id"));
}

static bool actor_has_scope(const struct rule_context *context, const char *scope)
{
    struct principal actor;

    return rule_principal(context, actor_id(context), &actor) &&
           principal_has_scope(&actor, bytes_of_text(scope));
}

static uint64_t occurred_at_ms(const struct rule_context *context)
{
    return field_uint(field_get(context->record, "occurred_at_ms"), 0);
}

/* What the record's "approval" refers to; false unless it was approved. */
static bool get_approval(const struct rule_context *context, struct approval_request *out)
{
    return approval_resolve(context, field_get(context->record, "approval"), out) &&
           out->state == APPROVAL_APPROVED;
}

/* ---- DL1, DL2: restoration ---- */

static bool check_entities(const struct rule_context *context)
{
    const struct field *counts = field_get(context->record, "entity_counts");

    for (const struct field *count = field_first(counts); count != NULL;
         count = field_next(counts, count)) {
        if (field_uint(count, 0) > 0)
            return true;
    }
    return rule_broken_at(context, "/entity_counts", counts, "what was restored, and how often");
}

static bool check_restore_scope(const struct rule_context *context)
{
    return actor_has_scope(context, "restore") ||
           rule_broken_at(context, "/actor/id", field_at(context->record, "actor.id"),
                          "somebody with the scope restore");
}

static bool check_restore_approved(const struct rule_context *context)
{
    struct approval_request request;

    return context->settings->thresholds[THRESHOLD_RESTORE_APPROVAL] == 0 ||
           get_approval(context, &request) ||
           rule_broken_at(context, "/approval", NULL, "an approval that was given");
}

static bool check_restoration_end(const struct rule_context *context)
{
    const struct field *expires = field_get(context->record, "expires_at_ms");
    uint64_t latest = occurred_at_ms(context) +
                      context->settings->thresholds[THRESHOLD_RESTORATION_MS];

    return field_uint(expires, 0) <= latest ||
           rule_broken_at(context, "/expires_at_ms", expires, "at most %" PRIu64, latest);
}

/* ---- DL3, DL4, DL7: what is erased ---- */

static bool erases(const struct rule_context *context)
{
    return is_operation(context, "dispose") || is_operation(context, "erase-done") ||
           is_operation(context, "key-destroyed");
}

static bool check_hold(const struct rule_context *context)
{
    struct bytes hold_id;

    return !erases(context) ||
           !hold_find(context, field_get(context->record, "selection"), &hold_id) ||
           rule_broken_at(context, "/selection", field_get(context->record, "selection"),
                          "nothing that hold \"%.*s\" is on", (int)hold_id.len,
                          (const char *)hold_id.data);
}

/* Seconds since the youngest of what is disposed of, as the selection tells; 0 when it does not. */
static uint64_t age_of_selection_s(const struct rule_context *context)
{
    const struct field *selection = field_get(context->record, "selection");
    const struct field *cutoff = field_get(selection, "cutoff_at_ms");
    const struct field *runs = field_get(selection, "run_ids");
    uint64_t latest_ms = field_uint(cutoff, 0);
    uint64_t now_ms = occurred_at_ms(context);
    struct run run;

    for (const struct field *id = field_first(runs); id != NULL; id = field_next(runs, id)) {
        if (!run_get(context->facts, rule_tenant(context), field_bytes(id), &run) ||
            !run_is_closed(&run))
            return 0;
        latest_ms = run.ended_at_ms > latest_ms ? run.ended_at_ms : latest_ms;
    }
    return latest_ms > 0 && latest_ms < now_ms ? (now_ms - latest_ms) / 1000 : 0;
}

static bool check_retention(const struct rule_context *context)
{
    const struct field *named = field_get(context->record, "policy");
    struct policy_place place = policy_place_of(context);
    struct policy_fact policy;
    uint64_t retention_s;

    if (!is_operation(context, "dispose"))
        return true;
    if (!policy_get(&place, named, &policy) || !policy_is_kind(&policy, "retention"))
        return rule_broken_at(context, "/policy/id", field_get(named, "id"),
                              "the retention policy whose time is over");
    retention_s = policy_uint(&policy, "retention_s", UINT64_MAX);
    return age_of_selection_s(context) >= retention_s ||
           rule_broken_at(context, "/selection", field_get(context->record, "selection"),
                          "what is older than %" PRIu64 " s", retention_s);
}

static bool check_targets(const struct rule_context *context)
{
    const struct field *disposals = field_get(context->record, "disposals");

    for (const struct field *disposal = field_first(disposals); disposal != NULL;
         disposal = field_next(disposals, disposal)) {
        if (field_get(disposal, "attachment") == NULL && field_get(disposal, "store") == NULL)
            return rule_broken_at(context, "/disposals", disposal,
                                  "attachments or stores: entries of the tree stay");
    }
    return true;
}

/* ---- DL5: holds ---- */

static bool check_hold_role(const struct rule_context *context)
{
    struct principal actor;

    if ((!is_operation(context, "hold-place") && !is_operation(context, "hold-release")) ||
        principal_has_role(&context->statement->signer, "legal") ||
        (rule_principal(context, actor_id(context), &actor) &&
         principal_has_role(&actor, "legal")))
        return true;
    return rule_broken_at(context, "/actor/id", field_at(context->record, "actor.id"),
                          "an actor or an issuer with the role legal");
}

/* Somebody other than the actor is among those who approved. */
static bool is_approved_by_another(const struct rule_context *context)
{
    struct approval_request request;
    struct approval_vote vote;
    struct dcbor_reader votes;

    if (!get_approval(context, &request))
        return false;
    votes = approval_votes_of(&request);
    while (approval_vote_next(&votes, &vote)) {
        if (approval_outcome_is_yes(vote.outcome) &&
            !bytes_equal(vote.approver, actor_id(context)))
            return true;
    }
    return false;
}

static bool check_release(const struct rule_context *context)
{
    return !is_operation(context, "hold-release") || is_approved_by_another(context) ||
           rule_broken_at(context, "/approval", field_get(context->record, "approval"),
                          "an approval by another person");
}

/* ---- DL6: requests for erasure ---- */

static bool check_erasure(const struct rule_context *context)
{
    const struct field *due = field_get(context->record, "due_at_ms");
    uint64_t latest =
        occurred_at_ms(context) + context->settings->thresholds[THRESHOLD_ERASURE_MS];
    uint64_t due_at_ms;

    if (is_operation(context, "erase-request"))
        return (due != NULL && field_uint(due, 0) <= latest) ||
               rule_broken_at(context, "/due_at_ms", due, "at most %" PRIu64, latest);
    if (!is_operation(context, "erase-done") && !is_operation(context, "erase-refused"))
        return true;
    if (!erasure_due(context, field_get(context->record, "erasure_request"), &due_at_ms))
        return rule_broken_at(context, "/erasure_request", NULL, "the request this answers");
    return occurred_at_ms(context) <= due_at_ms ||
           rule_broken_at(context, "/occurred_at_ms",
                          field_get(context->record, "occurred_at_ms"), "at most %" PRIu64,
                          due_at_ms);
}

/* ---- X2: exports ---- */

static bool check_export(const struct rule_context *context)
{
    return (!is_operation(context, "view") && !is_operation(context, "download")) ||
           actor_has_scope(context, "evidence.read") ||
           rule_broken_at(context, "/actor/id", field_at(context->record, "actor.id"),
                          "somebody with the scope evidence.read");
}

#define RESTORATION TYPE_BIT(RECORD_RESTORATION)
#define LIFECYCLE TYPE_BIT(RECORD_LIFECYCLE)

const struct rule rules_data[] = {
    {"DL1", "reason-missing", RULE_FLAGS, RESTORATION, check_entities,
     "A restoration says what was restored, and how often; the schema asks for reason and "
     "recipient."},
    {"DL1", "restore-not-granted", RULE_FLAGS, RESTORATION, check_restore_scope,
     "Who restores has the scope restore."},
    {"DL1", "restore-unapproved", RULE_FLAGS, RESTORATION, check_restore_approved,
     "A restoration was approved, where the settings ask for it."},
    {"DL2", "vault-retention", RULE_FLAGS, RESTORATION, check_restoration_end,
     "Restored data may be looked at for a limited time."},
    {"DL3", "erased-under-hold", RULE_FLAGS, LIFECYCLE, check_hold,
     "Nothing that a legal hold may be on is erased."},
    {"DL4", "early-disposal", RULE_FLAGS, LIFECYCLE, check_retention,
     "A disposal names the retention policy whose time is over for all it disposes of."},
    {"DL5", "hold-role", RULE_REFUSES_IN_STRICT, LIFECYCLE, check_hold_role,
     "Holds are placed and released by the role legal."},
    {"DL5", "release-unapproved", RULE_REFUSES_IN_STRICT, LIFECYCLE, check_release,
     "Another person approved the release of a hold."},
    {"DL6", "erasure-late", RULE_FLAGS, LIFECYCLE, check_erasure,
     "A request for erasure is due within the legal time, and answered by then."},
    {"DL7", "tree-immutable", RULE_REFUSES_IN_STRICT, LIFECYCLE, check_targets,
     "What is erased are attachments, keys and stores, never entries of the tree."},
    {"X2", "export-not-granted", RULE_FLAGS, TYPE_BIT(RECORD_EXPORT), check_export,
     "Who views or downloads evidence has the scope evidence.read."},
};
const size_t rules_data_count = sizeof(rules_data) / sizeof(rules_data[0]);
