#include "schemas/token_claims.h"

#include <jansson.h>
#include <string.h>

/* 9999-12-31T23:59:59Z, as numeric-date of the records. */
#define TOKEN_CLAIMS_TIME_MAX UINT64_C(253402300799)

/* The object itself; the struct only hides whose it is. */
static json_t *object_of(const struct token_claims *claims)
{
    return (json_t *)(uintptr_t)claims;
}

bool token_claims_parse(struct token_claims **out, struct bytes json, struct err *err)
{
    json_error_t json_error;
    json_t *object =
        json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &json_error);

    if (object == NULL)
        return err_set(err, ERR_INVALID, "the payload is not JSON: %s", json_error.text);
    if (!json_is_object(object)) {
        json_decref(object);
        return err_set(err, ERR_INVALID, "the payload is not a JSON object");
    }
    *out = (struct token_claims *)object;
    return true;
}

void token_claims_free(struct token_claims *claims)
{
    json_decref(object_of(claims));
}

static const json_t *get(const struct token_claims *claims, const char *name)
{
    return json_object_get(object_of(claims), name);
}

bool token_claims_has(const struct token_claims *claims, const char *name)
{
    return get(claims, name) != NULL;
}

static const char *text_of(const json_t *value, size_t len_max)
{
    size_t len = json_string_length(value); /* 0 when it is no text */

    return len >= 1 && len <= len_max ? json_string_value(value) : NULL;
}

const char *token_claims_text(const struct token_claims *claims, const char *name, size_t len_max)
{
    return text_of(get(claims, name), len_max);
}

bool token_claims_time(const struct token_claims *claims, const char *name, uint64_t *out_s)
{
    const json_t *value = get(claims, name);
    double real = json_real_value(value);
    json_int_t number = json_integer_value(value);

    if (json_is_integer(value) && number >= 0 && (uint64_t)number <= TOKEN_CLAIMS_TIME_MAX)
        *out_s = (uint64_t)number;
    else if (json_is_real(value) && real >= 0 && real <= (double)TOKEN_CLAIMS_TIME_MAX)
        *out_s = (uint64_t)real;
    else
        return false;
    return true;
}

size_t token_claims_list_count(const struct token_claims *claims, const char *name)
{
    const json_t *value = get(claims, name);

    return json_is_string(value) ? 1 : json_array_size(value);
}

const char *token_claims_list_text(const struct token_claims *claims, const char *name,
                                   size_t index, size_t len_max)
{
    const json_t *value = get(claims, name);

    if (json_is_string(value))
        return index == 0 ? text_of(value, len_max) : NULL;
    return text_of(json_array_get(value, index), len_max);
}

bool token_claims_is_list(const struct token_claims *claims, const char *name)
{
    return json_is_array(get(claims, name));
}
