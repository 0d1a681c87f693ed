/* The rules for what every record says: its time, its references, personal data, controls. */
#include "schemas/rules/families.h"

#include <inttypes.h>
#include <string.h>
#include <string.h>

#include "schemas/pii_lint.h"
#include "schemas/rules/control_facts.h"
#include "schemas/rules/policy_facts.h"
#include "schemas/rules/record_facts.h"
#include "schemas/rules/references.h"
#include "schemas/rules/vocabulary.h"
#include "schemas/rules/words.h"

#define BIT(type) TYPE_BIT(RECORD_##type)

enum {
    TYPES_OF_ISSUERS = TYPES_ALL & ~TYPES_OF_LOG,
    /* What somebody states and stands for. All else is what happened. */
    CLAIMS = BIT(WORKFLOW_CHANGE) | BIT(POLICY_VERSION) | BIT(APPROVAL_REQUEST) | BIT(APPROVAL) |
             BIT(OVERRIDE_REVIEW) | BIT(ACCESS_REVIEW) | BIT(IDENTITY) | BIT(SUPPLIER) |
             BIT(WINDOW) | BIT(CORRECTION) | BIT(SEQUENCE_VOID),
    FACTS = TYPES_OF_ISSUERS & ~CLAIMS,
    /* Their digests are of the organization's own documents, not of what people wrote or said. */
    DOCUMENTS = BIT(WORKFLOW_CHANGE) | BIT(POLICY_VERSION) | BIT(TEST_RESULT),
};

static bool broken_inside(const struct rule_context *context, const struct field *field,
                          const char *have, const char *want)
{
    char path[sizeof(context->finding->path)];
    size_t position = (size_t)(field->encoded.data - context->record->encoded.data);

    dcbor_path(path, sizeof(path), context->record->encoded, position);
    return rule_broken(context, path, have, want);
}

/* ---- G7: when it occurred ---- */

/* How long before the batch was received; 0 when not before it. */
static uint64_t age_ms(const struct rule_context *context)
{
    uint64_t received_at_ms = context->statement->received_at_ms;
    uint64_t occurred_at_ms =
        field_uint(field_get(context->record, "occurred_at_ms"), received_at_ms);

    return occurred_at_ms < received_at_ms ? received_at_ms - occurred_at_ms : 0;
}

static bool check_future(const struct rule_context *context)
{
    const struct field *occurred = field_get(context->record, "occurred_at_ms");
    uint64_t latest = context->statement->received_at_ms +
                      context->settings->thresholds[THRESHOLD_FUTURE_MS];

    if (field_uint(occurred, 0) <= latest)
        return true;
    return rule_broken_at(context, "/occurred_at_ms", occurred, "at most %" PRIu64, latest);
}

static bool is_late(const struct rule_context *context)
{
    return age_ms(context) > context->settings->thresholds[THRESHOLD_LATE_MS];
}

static bool is_old(const struct rule_context *context)
{
    return age_ms(context) > context->settings->thresholds[THRESHOLD_IMPORTED_MS];
}

static bool is_importer(const struct rule_context *context)
{
    return principal_has_role(&context->statement->signer, "importer");
}

static bool broken_by_age(const struct rule_context *context, enum threshold threshold)
{
    return rule_broken_at(context, "/occurred_at_ms",
                          field_get(context->record, "occurred_at_ms"), "at least %" PRIu64,
                          context->statement->received_at_ms -
                              context->settings->thresholds[threshold]);
}

static bool check_late(const struct rule_context *context)
{
    return !is_late(context) || is_old(context) || broken_by_age(context, THRESHOLD_LATE_MS);
}

static bool check_imported(const struct rule_context *context)
{
    return !is_old(context) || !is_importer(context) ||
           broken_by_age(context, THRESHOLD_IMPORTED_MS);
}

static bool check_importer(const struct rule_context *context)
{
    return !is_old(context) || is_importer(context) ||
           broken_by_age(context, THRESHOLD_IMPORTED_MS);
}

/* ---- G8: references ---- */

static bool check_references(const struct rule_context *context)
{
    struct reference_walk walk = {.record = context->record};
    struct reference reference;
    struct record_fact found;

    while (reference_next(&walk, &reference)) {
        if (!record_fact_resolve(context, reference.map, reference.types, &found))
            return broken_inside(context, reference.map, "a record that is not there",
                                 "an earlier record of this tenant, of the right type, with the "
                                 "issuer and digest named");
    }
    return true;
}

static bool check_reference_digests(const struct rule_context *context)
{
    struct reference_walk walk = {.record = context->record};
    struct reference reference;

    while (reference_next(&walk, &reference)) {
        if (field_get(reference.map, "record_digest") == NULL)
            return broken_inside(context, reference.map, "no record_digest", "a record_digest");
    }
    return true;
}

/* ---- G9: personal data ---- */

/* The finding does not quote what was found, and its path does not end with a key that is it. */
static bool check_text(const struct rule_context *context, const struct field *field,
                       struct bytes text)
{
    enum pii_kind kind = pii_lint(text);

    if (kind == PII_NONE)
        return true;
    broken_inside(context, field, pii_kind_name(kind), "a random alias, or nothing");
    if (text.data == field->key.data)
        *strrchr(context->finding->path, '/') = 0;
    return false;
}

/* All texts: values, and keys, some of which are free. */
static bool check_personal_data(const struct rule_context *context)
{
    for (size_t i = 1; i < context->record->span; i++) {
        const struct field *field = &context->record[i];

        if (!check_text(context, field, field->key) || !check_text(context, field, field_text(field)))
            return false;
    }
    return true;
}

/* A digest that a guess at what was said can be compared with. */
static bool is_unsalted(const struct field *digest)
{
    return digest != NULL && !field_is_text(field_get(digest, "algorithm"), "hmac-sha-256");
}

static bool is_sensitive(const struct field *tags)
{
    for (const struct field *tag = field_first(tags); tag != NULL; tag = field_next(tags, tag)) {
        if (field_get(tag, "data_category") != NULL ||
            classification_of(field_get(tag, "data_classification")) >=
                CLASSIFICATION_CONFIDENTIAL)
            return true;
    }
    return false;
}

static bool is_text_payload(const struct field *map)
{
    return bytes_start_with(field_text(field_get(map, "media_type")), bytes_of_text("text/"));
}

static bool check_salted(const struct rule_context *context)
{
    for (size_t i = 1; i < context->record->span; i++) {
        const struct field *map = &context->record[i];
        const struct field *digest = map;

        if (map->type != DCBOR_MAP)
            continue;
        if (!is_text_payload(map)) {
            digest = field_get(map, "content");
            if (digest == NULL || !is_sensitive(field_get(map, "tags")))
                continue;
        }
        if (is_unsalted(digest))
            return broken_inside(context, digest, "a plain digest",
                                 "a commitment: algorithm hmac-sha-256");
    }
    return true;
}

/* ---- G10, G11 ---- */

static bool check_agent_owner(const struct rule_context *context)
{
    const struct field *actor = field_get(context->record, "actor");
    struct bytes id = field_text(field_get(actor, "id"));
    struct principal agent;

    if (!field_is_text(field_get(actor, "kind"), "agent") ||
        field_get(actor, "on_behalf_of") != NULL ||
        (rule_principal(context, id, &agent) && agent.owner.len > 0))
        return true;
    return rule_broken_at(context, "/actor/on_behalf_of", NULL,
                          "the human the agent acts for, here or in its identity");
}

static bool check_controls(const struct rule_context *context)
{
    const struct field *controls = field_get(context->record, "controls");

    for (const struct field *control = field_first(controls); control != NULL;
         control = field_next(controls, control)) {
        if (!control_is_published(field_text(control)) &&
            !control_is_mapped(context, field_text(control)))
            return rule_broken_at(context, "/controls", control,
                                  "a criterion of a published framework, or a clause of the "
                                  "tenant's control-map");
    }
    return true;
}

const struct rule rules_content[] = {
    {"G7", "ts-future", RULE_REFUSES_IN_STRICT, TYPES_OF_ISSUERS, check_future,
     "A record does not lie in the future by more than clocks differ."},
    {"G7", "late", RULE_FLAGS, TYPES_OF_ISSUERS, check_late,
     "A record arrives soon after it occurred."},
    {"G7", "imported", RULE_FLAGS, TYPES_OF_ISSUERS, check_imported,
     "What an importer brings later than others may is marked as imported."},
    {"G7", "not-importer", RULE_REFUSES_IN_STRICT, TYPES_OF_ISSUERS, check_importer,
     "Only an issuer with the role importer brings records this old."},
    {"G8", "ref-missing", RULE_REFUSES_IN_STRICT, CLAIMS, check_references,
     "Every reference of a claim leads to an earlier record of the right type in its tenant."},
    {"G8", "ref-dangling", RULE_FLAGS, FACTS, check_references,
     "Every reference of a fact leads to an earlier record of the right type in its tenant."},
    {"G8", "ref-undigested", RULE_REFUSES_IN_STRICT, CLAIMS, check_reference_digests,
     "Every reference of a claim says what it refers to by its digest."},
    {"G9", "pii-in-clear", RULE_REFUSES, TYPES_OF_ISSUERS, check_personal_data,
     "No text holds an e-mail address, a telephone, card, account or national identity number."},
    {"G9", "unsalted", RULE_REFUSES_IN_STRICT, TYPES_OF_ISSUERS & ~DOCUMENTS, check_salted,
     "Digests of texts and of sensitive artifacts are commitments under a key."},
    {"G10", "agent-unowned", RULE_FLAGS, TYPES_OF_ISSUERS, check_agent_owner,
     "An agent acts for a human, named in the record or in the agent's identity."},
    {"G11", "control-unknown", RULE_FLAGS, TYPES_OF_ISSUERS, check_controls,
     "Every control is one of a published framework or of the tenant's control-map."},
};
const size_t rules_content_count = sizeof(rules_content) / sizeof(rules_content[0]);
