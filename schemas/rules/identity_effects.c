/* What log-metadata and identity records change: the settings, and who may say what. */
#include "schemas/rules/families.h"

#include "schemas/rules/record_facts.h"

static void apply_log_metadata(const struct rule_context *context)
{
    const struct field *operation = field_get(context->record, "operation");
    const struct field *trusted = field_get(context->record, "trusted_issuer");

    if (field_is_text(operation, "admission-rules"))
        settings_put(context->facts, context->record);
    if (trusted != NULL)
        principals_anchor(context->facts, trusted, context->statement->index);
}

static void apply_identity(const struct rule_context *context)
{
    principals_change(context->facts, context->record, context->statement->index);
}

const struct effect effects_identity[] = {
    {TYPES_ALL, record_facts_put},
    {TYPE_BIT(RECORD_LOG_METADATA), apply_log_metadata},
    {TYPE_BIT(RECORD_IDENTITY), apply_identity},
};
const size_t effects_identity_count = sizeof(effects_identity) / sizeof(effects_identity[0]);
