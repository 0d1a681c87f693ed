#include "client/trust_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "schemas/timestamp.h"

enum { VKEY_LEN_MAX = 4096, KEY_SET_FILE_LEN_MAX = 65536 };

/* Whether this command knows the option at all. */
static bool has_option(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->option_count; i++) {
        if (strcmp(args->options[i].name, name) == 0)
            return true;
    }
    return false;
}

static struct bytes without_line_end(struct bytes text)
{
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static bool load_policy(struct policy *out, const char *path, struct err *err)
{
    struct buf text = {0};
    bool ok =
        file_read(&text, path, POLICY_LEN_MAX, err) && policy_parse(out, bytes_of_buf(&text), err);

    buf_cleanup(&text);
    return ok || err_wrap(err, "--policy %s", path);
}

static bool load_vkey(struct policy *out, const char *value, struct err *err)
{
    struct buf text = {0};
    bool ok = true;

    /* The plus signs of a verifier key make it an unlikely file name; a file still wins. */
    if (file_exists(value) || strchr(value, '+') == NULL)
        ok = file_read(&text, value, VKEY_LEN_MAX, err);
    else
        buf_append_text(&text, value);
    ok = ok && policy_from_vkey(out, without_line_end(bytes_of_buf(&text)), err);
    buf_cleanup(&text);
    return ok || err_wrap(err, "--vkey");
}

static bool add_pem(struct key_set *out, struct bytes pem, struct err *err)
{
    if (out->count == KEY_SET_KEYS_MAX)
        return err_set(err, ERR_INVALID, "more than %d keys", KEY_SET_KEYS_MAX);
    if (!public_key_from_pem(&out->keys[out->count], pem, err))
        return false;
    out->count++;
    return true;
}

static bool add_key_set(struct key_set *out, struct bytes message, struct err *err)
{
    struct key_set set = {0};

    if (!key_set_parse(&set, message, err))
        return false;
    for (size_t i = 0; i < set.count; i++) {
        if (out->count == KEY_SET_KEYS_MAX) {
            key_set_cleanup(&set);
            return err_set(err, ERR_INVALID, "more than %d keys", KEY_SET_KEYS_MAX);
        }
        out->keys[out->count++] = set.keys[i];
        set.keys[i] = NULL;
    }
    key_set_cleanup(&set);
    return true;
}

bool key_file_load(struct key_set *out, const char *path, struct err *err)
{
    struct buf content = {0};
    bool ok = file_read(&content, path, KEY_SET_FILE_LEN_MAX, err);

    if (ok && bytes_start_with(bytes_of_buf(&content), bytes_of_text("-----")))
        ok = add_pem(out, bytes_of_buf(&content), err);
    else if (ok)
        ok = add_key_set(out, bytes_of_buf(&content), err);
    buf_cleanup(&content);
    return ok || err_wrap(err, "%s", path);
}

static bool load_keys(struct key_set *out, const struct args *args, const char *option,
                      struct err *err)
{
    const char *const *paths;
    size_t count;

    if (!has_option(args, option))
        return true;
    paths = args_values(args, option, &count);
    for (size_t i = 0; i < count; i++) {
        if (!key_file_load(out, paths[i], err))
            return err_wrap(err, "%s", option);
    }
    return true;
}

static bool load_timestamp_ca(struct buf *out, const struct args *args, struct err *err)
{
    const char *path = has_option(args, "--timestamp-ca") ? args_value(args, "--timestamp-ca")
                                                          : NULL;

    return path == NULL ||
           (file_read(out, path, TIMESTAMP_CA_FILE_LEN_MAX, err) &&
            timestamp_check_ca(bytes_of_buf(out), err)) ||
           err_wrap(err, "--timestamp-ca %s", path);
}

bool trust_files_load(struct trust_files *out, const struct args *args, struct err *err)
{
    const char *policy = args_value(args, "--policy");
    const char *vkey = args_value(args, "--vkey");

    if (policy != NULL && vkey != NULL)
        return err_set(err, ERR_INVALID, "--policy and --vkey exclude each other");
    if (policy != NULL || vkey != NULL)
        out->policy = mem_alloc(sizeof(*out->policy));
    if ((policy != NULL && !load_policy(out->policy, policy, err)) ||
        (vkey != NULL && !load_vkey(out->policy, vkey, err)) ||
        !load_keys(&out->log_keys, args, "--keys", err) ||
        !load_keys(&out->issuer_keys, args, "--issuer-key", err) ||
        !load_timestamp_ca(&out->timestamp_ca, args, err))
        return false;
    out->trust = (struct trust){
        .policy = out->policy,
        .log_keys = &out->log_keys,
        .issuer_keys = &out->issuer_keys,
        .timestamp_ca = bytes_of_buf(&out->timestamp_ca),
    };
    return true;
}

void trust_files_cleanup(struct trust_files *files)
{
    if (files->policy != NULL)
        policy_cleanup(files->policy);
    free(files->policy);
    key_set_cleanup(&files->log_keys);
    key_set_cleanup(&files->issuer_keys);
    buf_cleanup(&files->timestamp_ca);
    *files = (struct trust_files){0};
}
