#include "schemas/rules/oversight_facts.h"

#include <string.h>

#include "schemas/rules/fact_value.h"
#include "schemas/rules/families.h"
#include "schemas/rules/item_set.h"

/* ---- incidents ---- */

static struct fact_key incident_key(const struct rule_context *context)
{
    return fact_key_two(FACT_INCIDENT, rule_tenant(context),
                        field_text(field_get(context->record, "incident_id")));
}

bool incident_get(const struct rule_context *context, struct incident_fact *out)
{
    struct fact_key key = incident_key(context);
    struct fact_value value;
    struct bytes encoded;

    if (!facts_get(context->facts, &key, &encoded))
        return false;
    value = fact_value_open(encoded, 4);
    out->index = fact_value_uint(&value, UINT64_MAX);
    out->is_drill = fact_value_uint(&value, 1) == 1;
    out->latest_at_ms = fact_value_uint(&value, UINT64_MAX);
    out->is_improved = fact_value_uint(&value, 1) == 1;
    return fact_value_is_whole(&value) || facts_fail(context->facts, "incident");
}

bool incident_improves(const struct field *record)
{
    const struct field *actions = field_get(record, "corrective_actions");

    if (!field_is_text(field_get(record, "phase"), "improve"))
        return false;
    for (const struct field *action = field_first(actions); action != NULL;
         action = field_next(actions, action)) {
        const struct field *kind = field_get(action, "kind");

        if (field_is_text(kind, "policy-patch") || field_is_text(kind, "test-added"))
            return true;
    }
    return false;
}

static void apply_incident(const struct rule_context *context)
{
    const struct field *record = context->record;
    uint64_t at_ms = field_uint(field_get(record, "occurred_at_ms"), 0);
    struct fact_key key = incident_key(context);
    struct incident_fact incident = {.index = context->statement->index,
                                     .is_drill = field_is_true(field_get(record, "drill"))};
    struct buf value = {0};

    incident_get(context, &incident);
    dcbor_put_array(&value, 4);
    dcbor_put_uint(&value, incident.index);
    dcbor_put_uint(&value, incident.is_drill);
    dcbor_put_uint(&value, at_ms > incident.latest_at_ms ? at_ms : incident.latest_at_ms);
    dcbor_put_uint(&value, incident.is_improved || incident_improves(record));
    facts_put(context->facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

/* ---- access reviews ---- */

static struct fact_key review_key(const struct rule_context *context)
{
    return fact_key_two(FACT_REVIEW, rule_tenant(context),
                        field_text(field_get(context->record, "system")));
}

bool review_get(const struct rule_context *context, uint64_t *out_ends_at_ms)
{
    struct fact_key key = review_key(context);
    struct bytes value;

    if (!facts_get(context->facts, &key, &value))
        return false;
    if (value.len != 8)
        return facts_fail(context->facts, "review");
    *out_ends_at_ms = read_be64(value.data);
    return true;
}

static void apply_review(const struct rule_context *context)
{
    struct fact_key key = review_key(context);
    struct buf value = {0};

    buf_append_be64(&value, field_uint(field_at(context->record, "review_period.ends_at_ms"), 0));
    facts_put(context->facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

/* ---- anchors ---- */

static struct fact_key anchor_key(uint64_t size)
{
    struct fact_key list = fact_key_none(FACT_ANCHOR);

    return fact_key_item(&list, size);
}

bool anchor_get(struct facts *facts, uint64_t size, struct hash *out_root)
{
    struct fact_key key = anchor_key(size);
    struct bytes value;

    if (!facts_get(facts, &key, &value))
        return false;
    if (value.len != HASH_LEN)
        return facts_fail(facts, "anchor");
    memcpy(out_root->bytes, value.data, HASH_LEN);
    return true;
}

static void apply_anchor(const struct rule_context *context)
{
    const struct field *anchor = field_get(context->record, "anchor");
    struct fact_key key = anchor_key(field_uint(field_get(anchor, "size"), 0));
    struct bytes root = field_bytes(field_get(anchor, "root"));

    if (root.len == HASH_LEN)
        facts_put(context->facts, &key, root);
}

/* ---- admins ---- */

struct bytes admins_get(struct facts *facts)
{
    struct fact_key key = fact_key_none(FACT_ADMINS);
    struct bytes admins = item_set_empty();

    facts_get(facts, &key, &admins);
    return admins;
}

/* After the principal itself was changed. */
static void put_admin(struct facts *facts, struct bytes id)
{
    struct fact_key key = fact_key_none(FACT_ADMINS);
    struct bytes before = admins_get(facts);
    struct principal principal;
    struct buf after = {0};
    struct buf one = {0};
    bool is_admin = principal_get(facts, id, &principal) && principal_has_role(&principal, "admin");

    if (is_admin != item_set_has(before, id)) {
        dcbor_put_array(&one, 1);
        dcbor_put_text(&one, id);
        facts_put(facts, &key,
                  is_admin ? item_set_join(&after, before, bytes_of_buf(&one))
                           : item_set_without(&after, before, bytes_of_buf(&one)));
    }
    buf_cleanup(&one);
    buf_cleanup(&after);
}

static void apply_log_metadata(const struct rule_context *context)
{
    const struct field *trusted = field_get(context->record, "trusted_issuer");

    if (trusted != NULL)
        put_admin(context->facts, field_text(field_get(trusted, "iss")));
    if (field_get(context->record, "anchor") != NULL)
        apply_anchor(context);
}

static void apply_identity(const struct rule_context *context)
{
    put_admin(context->facts, field_text(field_at(context->record, "principal.id")));
}

const struct effect effects_oversight[] = {
    {TYPE_BIT(RECORD_INCIDENT), apply_incident},
    {TYPE_BIT(RECORD_ACCESS_REVIEW), apply_review},
    {TYPE_BIT(RECORD_LOG_METADATA), apply_log_metadata},
    {TYPE_BIT(RECORD_IDENTITY), apply_identity},
};
const size_t effects_oversight_count = sizeof(effects_oversight) / sizeof(effects_oversight[0]);
