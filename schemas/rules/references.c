#include "schemas/rules/references.h"

static const struct {
    const char *name;
    uint32_t types;
} rows[] = {
    {"approval", TYPE_BIT(RECORD_APPROVAL)},
    {"approval_request", TYPE_BIT(RECORD_APPROVAL_REQUEST)},
    {"approvals", TYPE_BIT(RECORD_APPROVAL)},
    {"erasure_request", TYPE_BIT(RECORD_LIFECYCLE)},
    {"gate_grant", TYPE_BIT(RECORD_GATE_GRANT)},
    {"incident", TYPE_BIT(RECORD_INCIDENT)},
    {"override", TYPE_BIT(RECORD_OVERRIDE)},
    {"overrides", TYPE_BIT(RECORD_OVERRIDE)},
    {"policy_evaluation", TYPE_BIT(RECORD_POLICY_EVALUATION)},
    {"policy_evaluations", TYPE_BIT(RECORD_POLICY_EVALUATION)},
    {"supplier", TYPE_BIT(RECORD_SUPPLIER)},
    {"test_results", TYPE_BIT(RECORD_TEST_RESULT)},
};

uint32_t reference_types(struct bytes name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (bytes_equal_text(name, rows[i].name))
            return rows[i].types;
    }
    return TYPES_ALL;
}

static bool is_reference(const struct field *field)
{
    return field != NULL && field->type == DCBOR_MAP && field_get(field, "record_id") != NULL;
}

static bool give(struct reference *out, const struct field *map, const struct field *holder)
{
    out->map = map;
    out->types = reference_types(holder->key);
    return true;
}

/* Arrays hold references or none: their first item tells. */
static bool next_in_array(struct reference_walk *walk, struct reference *out)
{
    const struct field *array = walk->array;

    while (array != NULL && walk->item != NULL) {
        const struct field *item = walk->item;

        walk->item = field_next(array, item);
        if (is_reference(item))
            return give(out, item, array);
    }
    walk->array = NULL;
    return false;
}

bool reference_next(struct reference_walk *walk, struct reference *out)
{
    if (next_in_array(walk, out))
        return true;
    while (++walk->position < walk->record->span) {
        const struct field *field = &walk->record[walk->position];

        if (field->key.len == 0)
            continue; /* an item of an array, seen with it */
        if (is_reference(field))
            return give(out, field, field);
        if (field->type != DCBOR_ARRAY || !is_reference(field_first(field)))
            continue;
        walk->array = field;
        walk->item = field_first(field);
        return next_in_array(walk, out);
    }
    return false;
}
