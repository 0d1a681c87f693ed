#include "schemas/rules/sign_in.h"

#include "schemas/amr.h"

static struct amr amr_of(const struct field *authentication)
{
    const struct field *values = field_get(authentication, "amr");
    struct amr amr = {0};

    for (const struct field *value = field_first(values); value != NULL;
         value = field_next(values, value))
        amr_add(&amr, field_text(value));
    return amr;
}

bool sign_in_is_multi_factor(const struct field *authentication)
{
    struct amr amr = amr_of(authentication);

    return amr_is_multi_factor(&amr);
}

bool sign_in_is_weak(const struct field *authentication)
{
    struct amr amr = amr_of(authentication);

    return amr_is_weak(&amr);
}
