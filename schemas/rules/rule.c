#include "schemas/rules/rule.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

static void set(char *out, size_t out_len, const char *text)
{
    snprintf(out, out_len, "%s", text == NULL ? "" : text);
}

bool rule_broken(const struct rule_context *context, const char *path, const char *have,
                 const char *want)
{
    struct rule_finding *finding = context->finding;

    set(finding->path, sizeof(finding->path), path);
    set(finding->have, sizeof(finding->have), have);
    set(finding->want, sizeof(finding->want), want);
    return false;
}

/* A value as a person reads it, cut to what fits. */
static void print_value(char *out, size_t out_len, const struct field *field)
{
    struct buf hex = {0};

    switch (field->type) {
    case DCBOR_UINT:
        snprintf(out, out_len, "%" PRIu64, field->value);
        break;
    case DCBOR_NINT:
        snprintf(out, out_len, "-%" PRIu64, field->value + 1);
        break;
    case DCBOR_BOOL:
        snprintf(out, out_len, "%s", field->value == 1 ? "true" : "false");
        break;
    case DCBOR_TEXT:
        snprintf(out, out_len, "%.*s", (int)(field->string.len < out_len ? field->string.len
                                                                         : out_len - 1),
                 (const char *)field->string.data);
        break;
    case DCBOR_BYTES:
        text_append_hex(&hex, bytes_slice(field->string, 0,
                                          field->string.len < 32 ? field->string.len : 32));
        snprintf(out, out_len, "%s", buf_text(&hex));
        buf_cleanup(&hex);
        break;
    case DCBOR_ARRAY:
        snprintf(out, out_len, "%" PRIu64 " items", field->value);
        break;
    default:
        snprintf(out, out_len, "%" PRIu64 " members", field->value);
        break;
    }
}

bool rule_broken_at(const struct rule_context *context, const char *path,
                    const struct field *field, const char *want_format, ...)
{
    struct rule_finding *finding = context->finding;
    va_list arguments;

    set(finding->path, sizeof(finding->path), path);
    if (field == NULL)
        set(finding->have, sizeof(finding->have), "nothing");
    else
        print_value(finding->have, sizeof(finding->have), field);
    va_start(arguments, want_format);
    vsnprintf(finding->want, sizeof(finding->want), want_format, arguments);
    va_end(arguments);
    return false;
}

struct bytes rule_tenant(const struct rule_context *context)
{
    return context->tenant;
}

struct bytes rule_run_id(const struct rule_context *context)
{
    return context->run_id;
}

bool rule_principal(const struct rule_context *context, struct bytes id, struct principal *out)
{
    return principal_get_at(context->facts, id, context->statement->index, out);
}
