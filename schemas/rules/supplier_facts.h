/* The register of suppliers: which models a vendor's service offers, where, under which licence. */
#ifndef VOUCH_SCHEMAS_RULES_SUPPLIER_FACTS_H
#define VOUCH_SCHEMAS_RULES_SUPPLIER_FACTS_H

#include "schemas/rules/rule.h"

/*
 * FACT_MODEL (tenant, provider, name, version): [index, vendor, service, license, regions]. Of the
 * supplier record that named the model last; all borrowed from the facts.
 */
struct supplied_model {
    uint64_t index;       /* of the supplier record's entry */
    struct bytes vendor;
    struct bytes service;
    struct bytes license; /* the model's own, else the service's; may be empty */
    struct bytes regions; /* item_set: of the service */
};

/*
 * The model of a model-reference, as long as it is in the register: its vendor's service has not
 * been retired, nor changed by a record that no longer lists the model.
 */
bool supplied_model_get(const struct rule_context *context, const struct field *model,
                        struct supplied_model *out);

#endif
