/* The rules for changes of workflows and of what they are made of. contract_rules.c has those about
 * what a published workflow promises. */
#include "schemas/rules/families.h"

#include <inttypes.h>
#include <stdio.h>

#include "schemas/rules/item_set.h"
#include "schemas/rules/object_approval.h"
#include "schemas/rules/record_facts.h"
#include "schemas/rules/test_facts.h"
#include "schemas/rules/version_facts.h"

/* ---- what the record is about ---- */

static struct bytes target_kind(const struct rule_context *context)
{
    return field_text(field_at(context->record, "target.kind"));
}

static const struct field *to_version(const struct rule_context *context)
{
    return field_at(context->record, "target.to_version");
}

static enum change_operation operation_of(const struct rule_context *context)
{
    return change_operation_of(field_get(context->record, "operation"));
}

static enum environment environment_of_record(const struct rule_context *context)
{
    return environment_of(field_get(context->record, "environment"));
}

static bool is_in_production(const struct rule_context *context, enum change_operation operation)
{
    return operation_of(context) == operation &&
           environment_of_record(context) == ENVIRONMENT_PRODUCTION;
}

/* What was known of the version before this record; all zero when nothing was. */
static struct version_fact known_version(const struct rule_context *context)
{
    struct version_fact version = {0};

    version_get(context->facts, rule_tenant(context), target_kind(context), to_version(context),
                &version);
    return version;
}

/* Of the content now named; else the one named before. */
static struct bytes version_digest(const struct rule_context *context)
{
    struct bytes digest = field_bytes(field_at(to_version(context), "content.digest"));

    return digest.len > 0 ? digest : known_version(context).digest;
}

/* ---- W1 ---- */

static bool differs(struct bytes known, struct bytes said)
{
    return known.len > 0 && said.len > 0 && !bytes_equal(known, said);
}

static struct bytes encoded_at(const struct rule_context *context, const char *name)
{
    const struct field *field = field_get(context->record, name);

    return field == NULL ? (struct bytes){0} : field->encoded;
}

static bool check_version_reuse(const struct rule_context *context)
{
    struct bytes said = field_bytes(field_at(to_version(context), "content.digest"));
    struct contract_fact contract = {0};

    contract_get(context->facts, rule_tenant(context), target_kind(context), to_version(context),
                 &contract);
    if (differs(known_version(context).digest, said))
        return rule_broken(context, "/target/to_version/content", "another digest",
                           "the digest this version was logged with, or a new version");
    if (differs(contract.contract, encoded_at(context, "contract")))
        return rule_broken(context, "/contract", "another contract",
                           "the contract this version was logged with, or a new version");
    if (differs(contract.graph, encoded_at(context, "graph")))
        return rule_broken(context, "/graph", "another graph",
                           "the graph this version was logged with, or a new version");
    return true;
}

/* Drafts may be made from drafts; what is put in use replaces what is in use. */
static bool check_stale_base(const struct rule_context *context)
{
    const struct field *from = field_at(context->record, "target.from_version.version");
    struct bytes id = field_text(field_get(to_version(context), "id"));
    enum change_operation operation = operation_of(context);
    struct bytes current;

    if (from == NULL || operation == CHANGE_DRAFT || operation == CHANGE_MODIFY ||
        operation == CHANGE_RETIRE ||
        !version_current(context->facts, rule_tenant(context), target_kind(context), id,
                         environment_of_record(context), &current) ||
        bytes_equal(field_text(from), current))
        return true;
    return rule_broken_at(context, "/target/from_version/version", from, "%.*s",
                          (int)current.len, (const char *)current.data);
}

/* ---- W2 ---- */

/* Of this record, and of the version and those before it. */
struct authors {
    const struct field *now;
    struct version_fact version;
};

static bool is_author(const void *authors, struct bytes who)
{
    const struct authors *all = authors;

    return field_list_has(all->now, who) || version_is_chain_author(&all->version, who);
}

/* Requests for approval name a version by what it is of, or as something to deploy. */
static const char *subject_kind_of(struct bytes kind)
{
    if (bytes_equal_text(kind, "workflow"))
        return "workflow-version";
    if (bytes_equal_text(kind, "prompt"))
        return "prompt-version";
    if (bytes_equal_text(kind, "policy-bundle"))
        return "policy-version";
    return "deployment";
}

static uint64_t approvals_of_target(const struct rule_context *context, bool unexpired)
{
    struct authors authors = {field_get(context->record, "authors"), known_version(context)};
    struct object_question question = {
        .context = context,
        .subject_kind = subject_kind_of(target_kind(context)),
        .object = to_version(context),
        .digest = version_digest(context),
        .environment = environment_of_record(context),
        .unexpired = unexpired,
        .is_author = is_author,
        .authors = &authors,
    };
    uint64_t of_version = object_approvals(&question);
    uint64_t of_deployment;

    question.subject_kind = "deployment";
    of_deployment = object_approvals(&question);
    return of_version > of_deployment ? of_version : of_deployment;
}

static bool broken_by_approvals(const struct rule_context *context, uint64_t count)
{
    char have[64];
    char want[128];

    snprintf(have, sizeof(have), "%" PRIu64, count);
    snprintf(want, sizeof(want), "%" PRIu64 " approvals of this content, none by an author",
             context->settings->thresholds[THRESHOLD_PUBLISH_QUORUM]);
    return rule_broken(context, "/approvals", have, want);
}

static bool check_publish_approved(const struct rule_context *context)
{
    uint64_t count;

    if (!is_in_production(context, CHANGE_PUBLISH))
        return true;
    count = approvals_of_target(context, true);
    return count >= context->settings->thresholds[THRESHOLD_PUBLISH_QUORUM] ||
           broken_by_approvals(context, count);
}

static bool check_deploy_approved(const struct rule_context *context)
{
    uint64_t count;

    if (!is_in_production(context, CHANGE_DEPLOY) && !is_in_production(context, CHANGE_PROMOTE))
        return true;
    count = approvals_of_target(context, false);
    return count >= context->settings->thresholds[THRESHOLD_PUBLISH_QUORUM] ||
           broken_by_approvals(context, count);
}

/* ---- W3 ---- */

/* A change of these changes what a run does, whatever its size. */
static bool is_always_material(struct bytes kind)
{
    static const char *const kinds[] = {"prompt",          "model-route", "tool",
                                        "retrieval-index", "corpus",      "policy-bundle"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (bytes_equal_text(kind, kinds[i]))
            return true;
    }
    return false;
}

static bool has_other_contract(const struct rule_context *context)
{
    const struct field *from = field_at(context->record, "target.from_version");
    struct contract_fact base = {0};

    return from != NULL &&
           contract_get(context->facts, rule_tenant(context), target_kind(context), from,
                        &base) &&
           (differs(base.contract, encoded_at(context, "contract")) ||
            differs(base.graph, encoded_at(context, "graph")));
}

/* No record lists further immaterial fields of a tenant: all other changes are its own judgement. */
static bool check_material(const struct rule_context *context)
{
    const struct field *material = field_get(context->record, "material");

    if (field_is_true(material) ||
        (!is_always_material(target_kind(context)) && !has_other_contract(context)))
        return true;
    return rule_broken_at(context, "/material", material, "true");
}

/* ---- W4 ---- */

static bool has_human_author(const struct rule_context *context)
{
    const struct field *authors = field_get(context->record, "authors");
    struct principal person;

    for (const struct field *author = field_first(authors); author != NULL;
         author = field_next(authors, author)) {
        if (rule_principal(context, field_text(author), &person) &&
            bytes_equal_text(person.kind, "human"))
            return true;
    }
    return false;
}

static bool check_copilot(const struct rule_context *context)
{
    if (!field_is_text(field_get(context->record, "authorship"), "copilot"))
        return true;
    if (field_get(context->record, "copilot") == NULL)
        return rule_broken_at(context, "/copilot", NULL, "the model and its instructions");
    return has_human_author(context) ||
           rule_broken_at(context, "/authors", field_get(context->record, "authors"),
                          "a human among them, registered as such");
}

/* ---- W8 ---- */

/* An approval for it, or an override or incident that explains going without. */
static bool is_explained(const struct rule_context *context)
{
    const struct field *approvals = field_get(context->record, "approvals");
    const struct field *references = field_get(context->record, "references");
    uint32_t reasons = TYPE_BIT(RECORD_OVERRIDE) | TYPE_BIT(RECORD_INCIDENT);
    struct approval_request request;
    struct record_fact found;

    for (const struct field *item = field_first(approvals); item != NULL;
         item = field_next(approvals, item)) {
        if (approval_resolve(context, item, &request) && request.state == APPROVAL_APPROVED)
            return true;
    }
    for (const struct field *item = field_first(references); item != NULL;
         item = field_next(references, item)) {
        if (record_fact_resolve(context, item, reasons, &found))
            return true;
    }
    return false;
}

static bool was_in_use(const struct version_fact *version, enum environment environment)
{
    return version_had(version, environment, CHANGE_PUBLISH) ||
           version_had(version, environment, CHANGE_PROMOTE) ||
           version_had(version, environment, CHANGE_DEPLOY);
}

static bool check_rollback(const struct rule_context *context)
{
    struct version_fact version = known_version(context);

    if (operation_of(context) != CHANGE_ROLLBACK)
        return true;
    if (!was_in_use(&version, environment_of_record(context)))
        return rule_broken(context, "/target/to_version", "a version that was not in use there",
                           "one that was published, promoted or deployed before");
    if (field_at(context->record, "rollout.rollback_version") == NULL)
        return rule_broken_at(context, "/rollout/rollback_version", NULL,
                              "the version to go to if this goes wrong");
    return is_explained(context) ||
           rule_broken(context, "/references", "neither approval nor reason",
                       "an approval of the rollback, or the override or incident behind it");
}

/* ---- W9, W10 ---- */

/* Whether somebody other than a lone author tested it. */
static bool is_tested_by_another(const struct rule_context *context, struct bytes testers)
{
    const struct field *authors = field_get(context->record, "authors");
    struct bytes tester;
    uint64_t position = 0;

    if (field_count(authors) > 1)
        return true;
    while (item_set_next(testers, &position, &tester)) {
        if (!field_list_has(authors, tester))
            return true;
    }
    return false;
}

static bool check_tested(const struct rule_context *context)
{
    struct bytes testers;

    if (!is_in_production(context, CHANGE_PUBLISH))
        return true;
    if (!test_passed(context->facts, rule_tenant(context), version_digest(context), false,
                     &testers))
        return rule_broken(context, "/test_results", "no test of this content that passed",
                           "a test-result with outcome pass and this content as its subject");
    return is_tested_by_another(context, testers) ||
           rule_broken(context, "/test_results", "tests by the only author",
                       "a test by somebody else");
}

/* The risk from which on a canary is asked for: settings; 0 asks for none. */
static bool check_canary(const struct rule_context *context)
{
    uint64_t from_risk = context->settings->thresholds[THRESHOLD_CANARY_RISK];
    enum environment environment = environment_of_record(context);
    struct version_fact version = known_version(context);
    struct record_fields memory = {0};
    struct contract_fact contract = {0};
    uint64_t risk;

    if (from_risk == 0 || operation_of(context) != CHANGE_PROMOTE ||
        version_had(&version, environment, CHANGE_CANARY))
        return true;
    contract_get(context->facts, rule_tenant(context), target_kind(context), to_version(context),
                 &contract);
    risk = risk_level_find(
        field_text(field_get(fact_map(&memory, contract.contract), "risk")));
    record_fields_cleanup(&memory);
    return (risk != RISK_UNKNOWN && risk < from_risk) ||
           rule_broken(context, "/operation", "promote", "a canary of this version first");
}

#define CHANGE TYPE_BIT(RECORD_WORKFLOW_CHANGE)

const struct rule rules_change[] = {
    {"W1", "version-reuse", RULE_REFUSES_IN_STRICT, CHANGE, check_version_reuse,
     "A version has one content, one contract and one graph for ever."},
    {"W1", "stale-base", RULE_FLAGS, CHANGE, check_stale_base,
     "What is put in use was made from what is in use there."},
    {"W2", "unapproved-publish", RULE_REFUSES_IN_STRICT, CHANGE, check_publish_approved,
     "Enough people approved exactly this content for production, and no author is among them."},
    {"W2", "unapproved-deploy", RULE_FLAGS, CHANGE, check_deploy_approved,
     "What is deployed or promoted in production was approved like a publication."},
    {"W3", "material-mismatch", RULE_REFUSES_IN_STRICT, CHANGE, check_material,
     "A change of prompts, models, tools, corpora, policies, contract or graph is material."},
    {"W4", "copilot-unattributed", RULE_REFUSES_IN_STRICT, CHANGE, check_copilot,
     "What a copilot wrote names its model and instructions, and a human among the authors."},
    {"W8", "rollback-unexplained", RULE_FLAGS, CHANGE, check_rollback,
     "A rollback goes to a version that was in use, and is approved or has a reason on record."},
    {"W9", "untested", RULE_REFUSES_IN_STRICT, CHANGE, check_tested,
     "What is published to production passed a test that was not its only author's."},
    {"W10", "no-canary", RULE_FLAGS, CHANGE, check_canary,
     "From the risk the settings name, a version is promoted only after a canary."},
};
const size_t rules_change_count = sizeof(rules_change) / sizeof(rules_change[0]);
