#include "schemas/rules/data_tags.h"

static bool has_category(const struct field *tag, const char *const *categories)
{
    const struct field *category = field_get(tag, "data_category");

    for (; *categories != NULL; categories++) {
        if (field_is_text(category, *categories))
            return true;
    }
    return false;
}

bool tags_are_sensitive(const struct field *tags, enum classification least)
{
    static const char *const categories[] = {"pii", "phi", "pan", "secret", "special-category",
                                             NULL};

    for (const struct field *tag = field_first(tags); tag != NULL; tag = field_next(tags, tag)) {
        if (classification_of(field_get(tag, "data_classification")) >= least ||
            has_category(tag, categories))
            return true;
    }
    return false;
}
