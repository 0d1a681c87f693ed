#include "schemas/rules/supplier_facts.h"

#include "schemas/rules/fact_value.h"
#include "schemas/rules/families.h"
#include "schemas/rules/item_set.h"

/* FACT_SUPPLIER (tenant, vendor, service): [index of the newest supplier record, is in use] */
static struct fact_key supplier_key(const struct rule_context *context, struct bytes vendor,
                                    struct bytes service)
{
    return fact_key_three(FACT_SUPPLIER, rule_tenant(context), vendor, service);
}

static struct fact_key model_key(const struct rule_context *context, const struct field *model)
{
    return fact_key_of(FACT_MODEL,
                       (const struct bytes[]){rule_tenant(context),
                                              field_text(field_get(model, "provider")),
                                              field_text(field_get(model, "name")),
                                              field_text(field_get(model, "version"))},
                       4);
}

/* Whether the record of this entry is the newest of the service, and the service in use. */
static bool is_current(const struct rule_context *context, const struct supplied_model *model)
{
    struct fact_key key = supplier_key(context, model->vendor, model->service);
    struct fact_value value;
    struct bytes encoded;
    uint64_t is_used;
    uint64_t index;

    if (!facts_get(context->facts, &key, &encoded))
        return false;
    value = fact_value_open(encoded, 2);
    index = fact_value_uint(&value, UINT64_MAX);
    is_used = fact_value_uint(&value, 1);
    if (!fact_value_is_whole(&value))
        return facts_fail(context->facts, "supplier");
    return is_used == 1 && index == model->index;
}

bool supplied_model_get(const struct rule_context *context, const struct field *model,
                        struct supplied_model *out)
{
    struct fact_key key = model_key(context, model);
    struct fact_value value;
    struct bytes encoded;

    if (!facts_get(context->facts, &key, &encoded))
        return false;
    value = fact_value_open(encoded, 5);
    out->index = fact_value_uint(&value, UINT64_MAX);
    out->vendor = fact_value_text(&value);
    out->service = fact_value_text(&value);
    out->license = fact_value_text(&value);
    out->regions = fact_value_rest(&value);
    if (!value.is_good)
        return facts_fail(context->facts, "model");
    return is_current(context, out);
}

static void put_model(const struct rule_context *context, const struct field *model)
{
    const struct field *record = context->record;
    const struct field *license = field_get(model, "license");
    const struct field *regions = field_get(record, "regions");
    struct fact_key key = model_key(context, model);
    struct buf value = {0};

    dcbor_put_array(&value, 5);
    dcbor_put_uint(&value, context->statement->index);
    dcbor_put_text(&value, field_text(field_get(record, "vendor")));
    dcbor_put_text(&value, field_text(field_get(record, "service")));
    dcbor_put_text(&value, field_text(license != NULL ? license : field_get(record, "license")));
    buf_append_bytes(&value, regions == NULL ? item_set_empty() : regions->encoded);
    facts_put(context->facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

static void apply_supplier(const struct rule_context *context)
{
    const struct field *record = context->record;
    const struct field *models = field_get(record, "models");
    struct fact_key key = supplier_key(context, field_text(field_get(record, "vendor")),
                                       field_text(field_get(record, "service")));
    struct buf value = {0};

    dcbor_put_array(&value, 2);
    dcbor_put_uint(&value, context->statement->index);
    dcbor_put_uint(&value, !field_is_text(field_get(record, "operation"), "retire"));
    facts_put(context->facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
    for (const struct field *model = field_first(models); model != NULL;
         model = field_next(models, model))
        put_model(context, model);
}

const struct effect effects_supplier[] = {
    {TYPE_BIT(RECORD_SUPPLIER), apply_supplier},
};
const size_t effects_supplier_count = sizeof(effects_supplier) / sizeof(effects_supplier[0]);
