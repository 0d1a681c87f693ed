#include "server/config_providers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/fetch/outside_url.h"
#include "schemas/view.h"
#include "server/config_value.h"
#include "server/oidc/id_token.h"
#include "server/oidc/key_source.h"

enum member_type { MEMBER_TEXT, MEMBER_UINT, MEMBER_ALGS, MEMBER_ACR_VALUES };

/* One member of an item. Texts without a default are required. */
struct member {
    const char *name;
    enum member_type type;
    size_t offset; /* in struct provider_options */
    uint64_t min;  /* of a number */
    uint64_t max;  /* of a number, or of the length of a text */
    uint64_t default_value;
    const char *default_text;
};

#define AT(field) offsetof(struct provider_options, field)

static const struct member table[] = {
    {"issuer", MEMBER_TEXT, AT(issuer), 0, ID_TOKEN_URI_LEN_MAX, 0, NULL},
    {"audience", MEMBER_TEXT, AT(audience), 0, ID_TOKEN_URI_LEN_MAX, 0, NULL},
    {"keys", MEMBER_TEXT, AT(keys), 0, OUTSIDE_URL_LEN_MAX, 0, NULL},
    {"algorithms", MEMBER_ALGS, 0, 0, 0, 0, NULL},
    {"actor_claim", MEMBER_TEXT, AT(actor_claim), 0, 48, 0, "sub"},
    {"acr_values", MEMBER_ACR_VALUES, 0, 0, ID_TOKEN_URI_LEN_MAX, 0, NULL},
    {"clock_skew_s", MEMBER_UINT, AT(clock_skew_s), 0, 600, 60, NULL},
    {"keys_lifetime_s", MEMBER_UINT, AT(keys_lifetime_s), 60, 86400, 3600, NULL},
    {"keys_refetch_s", MEMBER_UINT, AT(keys_refetch_s), 1, 3600, 30, NULL},
};

enum { MEMBER_COUNT = sizeof(table) / sizeof(table[0]) };

static char **text_at(const struct provider_options *provider, const struct member *member)
{
    return (char **)(uintptr_t)((const char *)provider + member->offset);
}

static uint64_t *uint_at(const struct provider_options *provider, const struct member *member)
{
    return (uint64_t *)(uintptr_t)((const char *)provider + member->offset);
}

/* ---- reading ---- */

static bool read_text(char **out, const struct member *member, const json_t *value, struct err *err)
{
    if (json_string_length(value) > member->max)
        return err_set(err, ERR_INVALID, "\"%s\" must be text of 1 to %" PRIu64 " bytes",
                       member->name, member->max);
    return config_read_text(out, value, member->name, err);
}

static bool read_algs(uint32_t *out, const struct member *member, const json_t *value,
                      struct err *err)
{
    size_t count = json_array_size(value);

    *out = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(value, i));
        enum jose_alg alg;

        if (name == NULL || !jose_alg_find(&alg, name))
            return config_refuse(err, member->name,
                               "a list of ES256, ES384, ES512, PS256, PS384, PS512, RS256, RS384 "
                               "and RS512");
        *out |= jose_alg_bit(alg);
    }
    return count > 0 || config_refuse(err, member->name, "a list with an algorithm");
}

static bool read_acr_values(struct provider_options *out, const struct member *member,
                            const json_t *value, struct err *err)
{
    size_t count = json_array_size(value);

    if (!json_is_array(value) || count > PROVIDER_ACR_MAX)
        return config_refuse(err, member->name, "a list of at most 16 texts");
    out->acr_values = mem_alloc_array(count, sizeof(*out->acr_values));
    for (size_t i = 0; i < count; i++) {
        if (!read_text(&out->acr_values[i], member, json_array_get(value, i), err))
            return false;
        out->acr_count++;
    }
    return true;
}

static bool read_member(struct provider_options *out, const struct member *member,
                        const json_t *value, struct err *err)
{
    switch (member->type) {
    case MEMBER_TEXT:
        return read_text(text_at(out, member), member, value, err);
    case MEMBER_UINT:
        return config_read_uint(uint_at(out, member), value, member->name, member->min, member->max,
                                err);
    case MEMBER_ALGS:
        return read_algs(&out->algs, member, value, err);
    case MEMBER_ACR_VALUES:
        break;
    }
    return read_acr_values(out, member, value, err);
}

static bool refuse_unknown(const char *name, struct err *err)
{
    const char *names[MEMBER_COUNT];
    const char *nearest;

    for (size_t i = 0; i < MEMBER_COUNT; i++)
        names[i] = table[i].name;
    nearest = text_nearest(name, names, MEMBER_COUNT);
    return err_set(err, ERR_INVALID, "unknown key \"%.64s\"%s%s%s", name,
                   nearest == NULL ? "" : "; do you mean \"", nearest == NULL ? "" : nearest,
                   nearest == NULL ? "" : "\"?");
}

static void set_defaults(struct provider_options *provider)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (table[i].type == MEMBER_UINT)
            *uint_at(provider, &table[i]) = table[i].default_value;
        else if (table[i].default_text != NULL)
            *text_at(provider, &table[i]) = mem_copy_text(table[i].default_text);
    }
    provider->algs = jose_alg_bit(JOSE_RS256);
}

static bool check_complete(const struct provider_options *provider, struct err *err)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (table[i].type == MEMBER_TEXT && *text_at(provider, &table[i]) == NULL)
            return err_set(err, ERR_INVALID, "\"%s\" is missing", table[i].name);
    }
    return !outside_url_is(provider->keys) || outside_url_check(provider->keys, err);
}

static bool read_provider(struct provider_options *out, json_t *object, struct err *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return err_set(err, ERR_INVALID, "must be an object");
    json_object_foreach(object, name, value)
    {
        size_t i = 0;

        while (i < MEMBER_COUNT && strcmp(table[i].name, name) != 0)
            i++;
        if (i == MEMBER_COUNT)
            return refuse_unknown(name, err);
        if (!read_member(out, &table[i], value, err))
            return false;
    }
    return check_complete(out, err);
}

/* A token is checked against the one provider that its iss names. */
static bool check_distinct(const struct provider_options *providers, size_t count, struct err *err)
{
    for (size_t i = 0; i + 1 < count; i++) {
        if (strcmp(providers[i].issuer, providers[count - 1].issuer) == 0)
            return err_set(err, ERR_INVALID, "\"issuer\" %.100s is there already",
                           providers[i].issuer);
    }
    return true;
}

bool config_providers_read(struct provider_options **out, size_t *out_count, const json_t *value,
                           struct err *err)
{
    size_t count = json_array_size(value);

    if (!json_is_array(value) || count > PROVIDERS_MAX)
        return config_refuse(err, "identity_providers", "a list of at most 16 objects");
    *out = mem_alloc_array(count, sizeof(**out));
    *out_count = count;
    for (size_t i = 0; i < count; i++) {
        set_defaults(&(*out)[i]);
        if (!read_provider(&(*out)[i], json_array_get(value, i), err) ||
            !check_distinct(*out, i + 1, err))
            return err_wrap(err, "\"identity_providers\", item %zu", i);
    }
    return true;
}

void config_providers_free(struct provider_options *providers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < MEMBER_COUNT; j++) {
            if (table[j].type == MEMBER_TEXT)
                free(*text_at(&providers[i], &table[j]));
        }
        for (size_t j = 0; j < providers[i].acr_count; j++)
            free(providers[i].acr_values[j]);
        free(providers[i].acr_values);
    }
    free(providers);
}

void config_providers_make_absolute(struct provider_options *providers, size_t count,
                                    const char *directory)
{
    for (size_t i = 0; i < count; i++) {
        char *path = providers[i].keys;

        if (outside_url_is(path) || path[0] == '/')
            continue;
        providers[i].keys = mem_format("%s/%s", directory, path);
        free(path);
    }
}

/* ---- showing it ---- */

static void append_string(struct buf *out, const char *separator, const char *text)
{
    buf_append_text(out, separator);
    view_append_json_string(out, bytes_of_text(text));
}

static void append_algs(struct buf *out, uint32_t algs)
{
    const char *separator = "[";

    for (unsigned i = 0; i < JOSE_ALG_COUNT; i++) {
        if ((algs & jose_alg_bit((enum jose_alg)i)) != 0) {
            append_string(out, separator, jose_alg_name((enum jose_alg)i));
            separator = ", ";
        }
    }
    buf_append_byte(out, ']');
}

static void append_member(struct buf *out, const struct provider_options *provider,
                          const struct member *member)
{
    switch (member->type) {
    case MEMBER_TEXT:
        append_string(out, "", *text_at(provider, member));
        break;
    case MEMBER_UINT:
        buf_append_format(out, "%" PRIu64, *uint_at(provider, member));
        break;
    case MEMBER_ALGS:
        append_algs(out, provider->algs);
        break;
    case MEMBER_ACR_VALUES:
        buf_append_byte(out, '[');
        for (size_t i = 0; i < provider->acr_count; i++)
            append_string(out, i == 0 ? "" : ", ", provider->acr_values[i]);
        buf_append_byte(out, ']');
        break;
    }
}

void config_providers_append_json(struct buf *out, const struct provider_options *providers,
                                  size_t count)
{
    buf_append_byte(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_append_text(out, i == 0 ? "\n    {" : ",\n    {");
        for (size_t j = 0; j < MEMBER_COUNT; j++) {
            append_string(out, j == 0 ? "" : ",\n     ", table[j].name);
            buf_append_text(out, ": ");
            append_member(out, &providers[i], &table[j]);
        }
        buf_append_byte(out, '}');
    }
    buf_append_text(out, count == 0 ? "]" : "\n  ]");
}
