#include "server/init_cosigner.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "schemas/cosignature.h"
#include "schemas/view.h"
#include "server/init_files.h"
#include "server/transport/listen_address.h"

#define MLDSA_KEY_FILE "keys/cosigner-ml-dsa.pem"

struct keys {
    struct signer *signer;
    struct mldsa_signer *mldsa; /* NULL: the role has none, or OpenSSL has no such thing */
};

static bool check_options(const struct init_cosigner_role *role,
                          const struct init_cosigner_options *options, struct err *err)
{
    struct listen_address address;

    if (!note_name_is_valid(bytes_of_text(options->name)))
        return err_set(err, ERR_INVALID, "\"%s\" cannot be the name of a %s: it needs 1 to %d"
                       " bytes without spaces or +", options->name, role->noun,
                       NOTE_NAME_LEN_MAX);
    return listen_address_parse(&address, options->listen, err) &&
           (options->logs_file == NULL || role->check_list(options->logs_file, err));
}

static bool write_vkey(const char *directory, const char *name, const struct cosigner *cosigner,
                       uint8_t type, struct err *err)
{
    struct buf line = {0};
    bool ok = cosigner_append_vkey(&line, cosigner, type, err) &&
              init_write_file(directory, name, bytes_of_buf(&line), 0644, err);

    buf_cleanup(&line);
    return ok;
}

/* Where OpenSSL has it. */
static bool make_mldsa_key(struct mldsa_signer **out, const char *directory, struct err *err)
{
    struct buf pem = {0};
    bool ok;

    if (!mldsa_is_available())
        return true;
    ok = mldsa_signer_generate(out, &pem, err) &&
         init_write_file(directory, MLDSA_KEY_FILE, bytes_of_buf(&pem), 0600, err);
    if (pem.len > 0)
        explicit_bzero(pem.data, pem.len);
    buf_cleanup(&pem);
    return ok;
}

static bool write_vkeys(const struct init_cosigner_options *options, const struct keys *keys,
                        struct err *err)
{
    const char *directory = options->directory;
    struct cosigner cosigner;

    return cosigner_init(&cosigner, options->name, keys->signer, keys->mldsa, err) &&
           write_vkey(directory, "keys/cosigner.vkey", &cosigner, NOTE_TYPE_COSIGNATURE, err) &&
           (keys->mldsa == NULL || write_vkey(directory, "keys/cosigner-ml-dsa.vkey", &cosigner,
                                              NOTE_TYPE_MLDSA_COSIGNATURE, err));
}

static bool make_keys(struct keys *out, const struct init_cosigner_role *role,
                      const struct init_cosigner_options *options, struct err *err)
{
    const char *directory = options->directory;
    char *path = mem_format("%s/keys", directory);
    bool ok = init_make_directory(path, err) &&
              init_make_key(&out->signer, directory, "cosigner", KEY_ED25519, err) &&
              (!role->cosigns_with_mldsa || make_mldsa_key(&out->mldsa, directory, err)) &&
              write_vkeys(options, out, err);

    free(path);
    return ok;
}

static bool write_logs(const struct init_cosigner_role *role,
                       const struct init_cosigner_options *options, struct err *err)
{
    struct buf text = {0};
    bool ok = true;

    if (options->logs_file == NULL)
        buf_append_text(&text, role->empty_list);
    else
        ok = file_read(&text, options->logs_file, role->list_len_max, err);
    ok = ok && init_write_file(options->directory, "logs.txt", bytes_of_buf(&text), 0644, err);
    buf_cleanup(&text);
    return ok;
}

static bool write_config(const struct init_cosigner_role *role,
                         const struct init_cosigner_options *options, bool has_mldsa,
                         struct err *err)
{
    struct buf text = {0};
    bool ok;

    buf_append_format(&text, "{\n  \"role\": \"%s\",\n  \"name\": ", role->noun);
    view_append_json_string(&text, bytes_of_text(options->name));
    buf_append_text(&text, ",\n  \"listen\": ");
    view_append_json_string(&text, bytes_of_text(options->listen));
    buf_append_format(&text, ",\n  \"data_dir\": \"data\"%s"
                             ",\n  \"cosigner_key_file\": \"keys/cosigner.pem\"",
                      role->config_members);
    if (has_mldsa)
        buf_append_text(&text, ",\n  \"ml_dsa_key_file\": \"" MLDSA_KEY_FILE "\"");
    buf_append_text(&text, ",\n  \"logs_file\": \"logs.txt\"\n}\n");
    ok = init_write_file(options->directory, INIT_CREATING_NAME, bytes_of_buf(&text), 0644, err);
    buf_cleanup(&text);
    return ok;
}

static void append_next_steps(struct buf *out, const struct init_cosigner_role *role,
                              const struct init_cosigner_options *options)
{
    const char *directory = options->directory;
    const char *keys = role->cosigns_with_mldsa ? "*" : "cosigner";

    buf_append_format(out, "Created the %s %s in %s\n\n", role->noun, options->name, directory);
    buf_append_format(out, "Keep secret    %s/keys/%s.pem\n", directory, keys);
    buf_append_format(out, "Give to others %s/keys/%s.vkey\n\nNext:\n", directory, keys);
    if (options->logs_file == NULL)
        buf_append_format(out, "  echo %s >> %s/logs.txt\n", role->list_line, directory);
    buf_append_format(out, "  vouchd -n %s\n  vouchd %s\n", directory, directory);
}

bool init_cosigner_run(struct buf *out_next_steps, const struct init_cosigner_role *role,
                       const struct init_cosigner_options *options, struct err *err)
{
    struct keys keys = {0};
    bool ok = check_options(role, options, err) && init_make_directory(options->directory, err);
    bool is_ours = ok;

    ok = ok && make_keys(&keys, role, options, err) &&
         role->make_data(options, keys.signer, err) && write_logs(role, options, err) &&
         write_config(role, options, keys.mldsa != NULL, err) &&
         init_finish(options->directory, err);
    signer_close(keys.signer);
    mldsa_signer_close(keys.mldsa);
    if (ok)
        append_next_steps(out_next_steps, role, options);
    else if (is_ours)
        return err_wrap(err, "%s is incomplete, remove it and try again", options->directory);
    return ok;
}
