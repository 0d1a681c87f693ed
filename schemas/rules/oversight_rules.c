/* The rules for incidents, access reviews, suppliers and tests. */
#include "schemas/rules/families.h"

#include <inttypes.h>
#include <stdio.h>

#include "schemas/rules/approval_facts.h"
#include "schemas/rules/name_table.h"
#include "schemas/rules/oversight_facts.h"
#include "schemas/rules/policy_facts.h"
#include "schemas/rules/run_facts.h"
#include "schemas/rules/version_facts.h"

static bool is_text_at(const struct rule_context *context, const char *name, const char *text)
{
    return field_is_text(field_get(context->record, name), text);
}

/* ---- I1, I2: incidents ---- */

static bool check_opened(const struct rule_context *context)
{
    struct incident_fact incident;

    return is_text_at(context, "phase", "open") || incident_get(context, &incident) ||
           rule_broken_at(context, "/phase", field_get(context->record, "phase"), "open first");
}

/* Every action is done, or has a day by which it will be. */
static bool actions_are_settled(const struct field *actions)
{
    for (const struct field *action = field_first(actions); action != NULL;
         action = field_next(actions, action)) {
        if (field_get(action, "done_at_ms") == NULL && field_get(action, "due_at_ms") == NULL)
            return false;
    }
    return field_count(actions) > 0;
}

static bool is_severe(const struct rule_context *context)
{
    return is_text_at(context, "severity", "sev1") || is_text_at(context, "severity", "sev2");
}

static bool check_closed(const struct rule_context *context)
{
    const struct field *actions = field_get(context->record, "corrective_actions");
    struct incident_fact incident = {0};

    if (!is_text_at(context, "phase", "close"))
        return true;
    if (field_get(context->record, "root_cause") == NULL)
        return rule_broken_at(context, "/root_cause", NULL, "the cause");
    if (!actions_are_settled(actions))
        return rule_broken_at(context, "/corrective_actions", actions,
                              "one at least, and all done or with a day they are due");
    incident_get(context, &incident);
    return !is_severe(context) || incident.is_improved ||
           rule_broken(context, "/phase", "close",
                       "a phase improve before it, with a policy-patch or a test-added");
}

static bool check_timeline(const struct rule_context *context)
{
    const struct field *occurred = field_get(context->record, "occurred_at_ms");
    struct incident_fact incident;

    return !incident_get(context, &incident) ||
           field_uint(occurred, 0) >= incident.latest_at_ms ||
           rule_broken_at(context, "/occurred_at_ms", occurred, "at least %" PRIu64,
                          incident.latest_at_ms);
}

static bool check_drill(const struct rule_context *context)
{
    const struct field *drill = field_get(context->record, "drill");
    struct incident_fact incident;

    return !incident_get(context, &incident) || field_is_true(drill) == incident.is_drill ||
           rule_broken_at(context, "/drill", drill, "%s", incident.is_drill ? "true" : "false");
}

/* ---- V1, V2: access reviews ---- */

static bool check_self_review(const struct rule_context *context)
{
    const struct field *items = field_get(context->record, "review_items");
    struct bytes reviewer = field_text(field_at(context->record, "actor.id"));

    for (const struct field *item = field_first(items); item != NULL;
         item = field_next(items, item)) {
        const struct field *who = field_get(item, "principal_id");

        if (bytes_equal(field_text(who), reviewer))
            return rule_broken_at(context, "/review_items", who, "a review by somebody else");
    }
    return true;
}

static bool check_population(const struct rule_context *context)
{
    const struct field *count = field_at(context->record, "population.item_count");
    size_t items = field_count(field_get(context->record, "review_items"));

    return field_uint(count, 0) == items ||
           rule_broken_at(context, "/population/item_count", count, "%zu, as many as items",
                          items);
}

static bool check_completed(const struct rule_context *context)
{
    const struct field *items = field_get(context->record, "review_items");

    if (!field_is_true(field_get(context->record, "completed")))
        return true;
    for (const struct field *item = field_first(items); item != NULL;
         item = field_next(items, item)) {
        if (!field_is_text(field_get(item, "verdict"), "keep") &&
            field_get(item, "done_at_ms") == NULL)
            return rule_broken_at(context, "/review_items", field_get(item, "principal_id"),
                                  "done_at_ms, before the review is completed");
    }
    return true;
}

static bool check_review_gap(const struct rule_context *context)
{
    const struct field *begins = field_at(context->record, "review_period.begins_at_ms");
    uint64_t ended_at_ms;

    return !review_get(context, &ended_at_ms) || field_uint(begins, 0) == ended_at_ms ||
           rule_broken_at(context, "/review_period/begins_at_ms", begins, "%" PRIu64,
                          ended_at_ms);
}

/* ---- SU1, SU2: suppliers ---- */

static bool check_supplier(const struct rule_context *context)
{
    const struct field *approval = field_get(context->record, "approval");
    struct approval_request request;

    return is_text_at(context, "operation", "retire") ||
           (approval_resolve(context, approval, &request) &&
            request.state == APPROVAL_APPROVED) ||
           rule_broken_at(context, "/approval", approval, "an approval that was given");
}

/* A tenant says so with a policy in force that has this id. */
static bool forbids_training(const struct rule_context *context, struct bytes tenant)
{
    struct policy_place place = policy_place_of(context);
    struct policy_fact policy;

    place.tenant = tenant;
    return policy_in_force(&place, bytes_of_text("no-training"),
                           context->statement->received_at_ms, &policy);
}

static bool check_training(const struct rule_context *context)
{
    const struct field *trains = field_get(context->record, "trains_on_customer_data");
    const struct field *tenants = field_get(context->record, "tenants");

    if (!field_is_true(trains))
        return true;
    for (const struct field *tenant = field_first(tenants); tenant != NULL;
         tenant = field_next(tenants, tenant)) {
        if (forbids_training(context, field_text(tenant)))
            return rule_broken_at(context, "/trains_on_customer_data", tenant,
                                  "false: that tenant has a policy no-training");
    }
    return !forbids_training(context, rule_tenant(context)) ||
           rule_broken_at(context, "/trains_on_customer_data", trains,
                          "false: this tenant has a policy no-training");
}

/* ---- TR1, TR2, TR3: tests ---- */

static bool check_counts(const struct rule_context *context)
{
    const struct field *passed = field_get(context->record, "passed_count");
    uint64_t cases = field_uint(field_get(context->record, "case_count"), 0);
    uint64_t count = field_uint(passed, 0);

    return (is_text_at(context, "outcome", "pass") ? count == cases : count <= cases) ||
           rule_broken_at(context, "/passed_count", passed, "%s%" PRIu64,
                          count > cases ? "at most " : "", cases);
}

/* The first planned node without a delta; an empty text when all have one. */
static struct bytes node_without_delta(const struct contract_fact *contract,
                                       const struct field *deltas)
{
    const uint8_t *at = contract->node_ids.data;
    const uint8_t *end = at + contract->node_ids.len;
    struct name_table names = {0};
    struct bytes missing = {0};

    for (const struct field *delta = field_first(deltas); delta != NULL;
         delta = field_next(deltas, delta))
        name_table_add(&names, field_text(field_get(delta, "node_id")), NULL);
    for (; at < end && missing.len == 0; at += 1 + at[0]) {
        if (name_table_find(&names, bytes_of(at + 1, at[0])) == NAME_NONE)
            missing = bytes_of(at + 1, at[0]);
    }
    name_table_cleanup(&names);
    return missing;
}

/* The nodes are those of the published graph: a run's own manifest is not among the facts. */
static bool has_deltas(const struct rule_context *context, const struct run *run)
{
    struct fact_key key = contract_key(rule_tenant(context), bytes_of_text("workflow"),
                                       run->workflow_id, run->workflow_version);
    const struct field *deltas = field_get(context->record, "deltas");
    struct contract_fact contract = {0};
    struct bytes missing;
    char want[128];

    contract_get_at(context->facts, &key, &contract);
    missing = node_without_delta(&contract, deltas);
    if (missing.len == 0 && deltas != NULL)
        return true;
    snprintf(want, sizeof(want), "a delta for every node; %.*s has none",
             (int)(missing.len < 64 ? missing.len : 64), (const char *)missing.data);
    return rule_broken_at(context, "/deltas", deltas, "%s", want);
}

static bool check_replay(const struct rule_context *context)
{
    const struct field *original = field_get(context->record, "original_run_id");
    struct run run;

    if (!is_text_at(context, "kind", "replay"))
        return true;
    if (!run_get(context->facts, rule_tenant(context), field_bytes(original), &run))
        return rule_broken_at(context, "/original_run_id", original, "the run that was replayed");
    return has_deltas(context, &run);
}

static bool is_restore(const struct rule_context *context)
{
    return is_text_at(context, "kind", "disaster-recovery-restore");
}

static bool check_restored_root(const struct rule_context *context)
{
    const struct field *root = field_at(context->record, "restored.root");
    uint64_t size = field_uint(field_at(context->record, "restored.size"), 0);
    struct hash anchored;

    return !is_restore(context) || !anchor_get(context->facts, size, &anchored) ||
           bytes_equal(field_bytes(root), hash_bytes(&anchored)) ||
           rule_broken_at(context, "/restored/root", root, "the root of the anchor of that size");
}

/* Earlier entries say the root of the sizes that were anchored; others a verifier can compute. */
static bool check_restored_size(const struct rule_context *context)
{
    const struct field *size = field_at(context->record, "restored.size");
    struct hash anchored;

    return !is_restore(context) || anchor_get(context->facts, field_uint(size, 0), &anchored) ||
           rule_broken_at(context, "/restored/size", size, "the size of an anchor of this log");
}

#define INCIDENT TYPE_BIT(RECORD_INCIDENT)
#define REVIEW TYPE_BIT(RECORD_ACCESS_REVIEW)
#define SUPPLIER TYPE_BIT(RECORD_SUPPLIER)
#define TEST TYPE_BIT(RECORD_TEST_RESULT)

const struct rule rules_oversight[] = {
    {"I1", "incident-unopened", RULE_FLAGS, INCIDENT, check_opened,
     "An incident is opened before anything else is said of it."},
    {"I1", "incident-incomplete", RULE_REFUSES_IN_STRICT, INCIDENT, check_closed,
     "An incident closes with a cause and settled actions; a severe one after an improvement."},
    {"I2", "time-order", RULE_FLAGS, INCIDENT, check_timeline,
     "The records of an incident are in the order of their times."},
    {"I2", "drill-changed", RULE_FLAGS, INCIDENT, check_drill,
     "A drill stays a drill, and an incident one."},
    {"V1", "self-review", RULE_REFUSES_IN_STRICT, REVIEW, check_self_review,
     "Nobody reviews their own access."},
    {"V1", "population", RULE_REFUSES_IN_STRICT, REVIEW, check_population,
     "A review has an item for everybody in its population."},
    {"V1", "review-incomplete", RULE_REFUSES_IN_STRICT, REVIEW, check_completed,
     "A review is completed when everything to revoke or modify is done."},
    {"V2", "review-gap", RULE_FLAGS, REVIEW, check_review_gap,
     "The period of a review begins where the last one of the system ended."},
    {"SU1", "supplier-unapproved", RULE_FLAGS, SUPPLIER, check_supplier,
     "A supplier is added or changed with an approval."},
    {"SU2", "data-use-conflict", RULE_FLAGS, SUPPLIER, check_training,
     "No supplier trains on the data of a tenant that has a policy with the id no-training in "
     "force."},
    {"TR1", "schema", RULE_REFUSES, TEST, check_counts,
     "No more cases pass than there are, and all do in a test that passed."},
    {"TR2", "replay-partial", RULE_FLAGS, TEST, check_replay,
     "A replay names its run and has a delta for every node of the published graph."},
    {"TR3", "dr-root-mismatch", RULE_REFUSES_IN_STRICT, TEST, check_restored_root,
     "A log restored in a drill has the root that was anchored for its size."},
    {"TR3", "dr-root-unknown", RULE_FLAGS, TEST, check_restored_size,
     "A drill restores a size that was anchored, so that earlier entries know its root."},
};
const size_t rules_oversight_count = sizeof(rules_oversight) / sizeof(rules_oversight[0]);
