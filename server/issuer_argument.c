#include "server/issuer_argument.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "schemas/rules/issuer_roles.h"
#include "schemas/statement.h"

/* As type id of schemas/common.cddl says. */
static bool is_id(struct bytes text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "._:@/+=-";

    for (size_t i = 0; i < text.len; i++) {
        if (memchr(letters, text.data[i], sizeof(letters) - 1) == NULL)
            return false;
    }
    return text.len >= 1 && text.len <= ISSUER_LEN_MAX;
}

/* A role that is none of ours permits the type of that name, which the log's users define. */
static bool check_role(struct bytes role, struct err *err)
{
    const char *names[64];
    const char *nearest;
    char text[ISSUER_LEN_MAX + 1] = "";

    CHECK(issuer_role_count <= 64);
    if (!is_id(role))
        return err_set(err, ERR_INVALID, "a role is a word of at most %d letters", ISSUER_LEN_MAX);
    memcpy(text, role.data, role.len);
    for (size_t i = 0; i < issuer_role_count; i++) {
        names[i] = issuer_roles[i].name;
        if (strcmp(names[i], text) == 0)
            return true;
    }
    nearest = text_nearest(text, names, issuer_role_count);
    return nearest == NULL || err_set(err, ERR_INVALID, "there is no role %s; do you mean %s?",
                                      text, nearest);
}

static bool parse_roles(struct issuer_argument *out, struct err *err)
{
    char *rest = out->role_text;
    char *role;

    while ((role = strsep(&rest, ",")) != NULL) {
        if (out->role_count == ISSUER_ROLES_MAX)
            return err_set(err, ERR_INVALID, "more than %d roles", ISSUER_ROLES_MAX);
        if (!check_role(bytes_of_text(role), err))
            return false;
        out->roles[out->role_count++] = bytes_of_text(role);
    }
    return true;
}

bool issuer_argument_parse(struct issuer_argument *out, const char *text, struct err *err)
{
    const char *equals = strchr(text, '=');
    char *colon;

    *out = (struct issuer_argument){0};
    if (equals == NULL)
        return err_set(err, ERR_INVALID, "an issuer is NAME=FILE[:ROLE,ROLE...], not %s", text);
    out->name = bytes_of(text, (size_t)(equals - text));
    if (!is_id(out->name))
        return err_set(err, ERR_INVALID,
                       "the name of an issuer has 1 to %d letters, digits and ._:@/+=-",
                       ISSUER_LEN_MAX);
    out->key_file = mem_copy_text(equals + 1);
    colon = strrchr(out->key_file, ':');
    if (colon != NULL && strchr(colon, '/') == NULL) {
        *colon = 0;
        out->role_text = mem_copy_text(colon + 1);
        if (parse_roles(out, err))
            return true;
        issuer_argument_cleanup(out);
        return false;
    }
    out->roles[out->role_count++] = bytes_of_text("engine");
    return true;
}

void issuer_argument_cleanup(struct issuer_argument *argument)
{
    free(argument->key_file);
    free(argument->role_text);
    public_key_free(argument->key);
    buf_cleanup(&argument->cose_key);
    *argument = (struct issuer_argument){0};
}

bool issuer_argument_load(struct issuer_argument *argument, struct err *err)
{
    struct buf pem = {0};
    bool ok = file_read(&pem, argument->key_file, KEY_FILE_LEN_MAX, err) &&
              (public_key_from_pem(&argument->key, bytes_of_buf(&pem), err) ||
               err_wrap(err, "%s", argument->key_file));

    if (ok)
        public_key_append_cose(&argument->cose_key, argument->key);
    buf_cleanup(&pem);
    return ok;
}

struct log_trusted_issuer issuer_argument_trusted(const struct issuer_argument *argument)
{
    return (struct log_trusted_issuer){
        .iss = argument->name,
        .cose_key = bytes_of_buf(&argument->cose_key),
        .roles = argument->roles,
        .role_count = argument->role_count,
    };
}
