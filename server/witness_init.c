#include "server/witness_init.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "schemas/cosignature.h"
#include "schemas/view.h"
#include "server/init_files.h"
#include "server/role/witness/ledger.h"
#include "server/role/witness/log_list.h"
#include "server/transport/listen_address.h"

#define MLDSA_KEY_FILE "keys/cosigner-ml-dsa.pem"

static const char EMPTY_LIST[] = "# The logs that this witness cosigns, a line each:\n"
                                 "# log <verifier key>\n";

struct keys {
    struct signer *signer;
    struct mldsa_signer *mldsa; /* NULL: OpenSSL has no such thing */
};

static bool check_options(const struct witness_init_options *options, struct err *err)
{
    struct listen_address address;
    struct log_list *list;

    if (!note_name_is_valid(bytes_of_text(options->name)))
        return err_set(err, ERR_INVALID, "\"%s\" cannot be the name of a witness: it needs 1 to %d"
                       " bytes without spaces or +", options->name, NOTE_NAME_LEN_MAX);
    if (!listen_address_parse(&address, options->listen, err))
        return false;
    if (options->logs_file == NULL)
        return true;
    if (!log_list_load(&list, options->logs_file, err))
        return false;
    snapshot_release(&list->snapshot);
    return true;
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

static bool write_vkeys(const struct witness_init_options *options, struct signer *signer,
                        struct mldsa_signer *mldsa, struct err *err)
{
    const char *directory = options->directory;
    struct cosigner cosigner;

    return cosigner_init(&cosigner, options->name, signer, mldsa, err) &&
           write_vkey(directory, "keys/cosigner.vkey", &cosigner, NOTE_TYPE_COSIGNATURE, err) &&
           (mldsa == NULL || write_vkey(directory, "keys/cosigner-ml-dsa.vkey", &cosigner,
                                        NOTE_TYPE_MLDSA_COSIGNATURE, err));
}

static bool make_keys(struct keys *out, const struct witness_init_options *options,
                      struct err *err)
{
    const char *directory = options->directory;
    char *keys = mem_format("%s/keys", directory);
    bool ok = init_make_directory(keys, err) &&
              init_make_key(&out->signer, directory, "cosigner", KEY_ED25519, err) &&
              make_mldsa_key(&out->mldsa, directory, err) &&
              write_vkeys(options, out->signer, out->mldsa, err);

    free(keys);
    return ok;
}

static bool make_ledger(const struct witness_init_options *options, const struct signer *signer,
                        struct err *err)
{
    char *data = mem_format("%s/data", options->directory);
    char *mark = mem_format("%s/mark", options->directory);
    struct ledger_options ledger = {
        .directory = data,
        .mark_file = mark,
        .name = options->name,
        .key = public_key_thumbprint(signer->public_key),
    };
    bool ok = ledger_create(&ledger, err);

    free(data);
    free(mark);
    return ok;
}

static bool write_logs(const struct witness_init_options *options, struct err *err)
{
    struct buf text = {0};
    bool ok = true;

    if (options->logs_file == NULL)
        buf_append_text(&text, EMPTY_LIST);
    else
        ok = file_read(&text, options->logs_file, LOG_LIST_LEN_MAX, err);
    ok = ok && init_write_file(options->directory, "logs.txt", bytes_of_buf(&text), 0644, err);
    buf_cleanup(&text);
    return ok;
}

static bool write_config(const struct witness_init_options *options, bool has_mldsa,
                         struct err *err)
{
    struct buf text = {0};
    bool ok;

    buf_append_text(&text, "{\n  \"role\": \"witness\",\n  \"name\": ");
    view_append_json_string(&text, bytes_of_text(options->name));
    buf_append_text(&text, ",\n  \"listen\": ");
    view_append_json_string(&text, bytes_of_text(options->listen));
    buf_append_text(&text, ",\n  \"data_dir\": \"data\",\n  \"mark_file\": \"mark\""
                           ",\n  \"cosigner_key_file\": \"keys/cosigner.pem\"");
    if (has_mldsa)
        buf_append_text(&text, ",\n  \"ml_dsa_key_file\": \"" MLDSA_KEY_FILE "\"");
    buf_append_text(&text, ",\n  \"logs_file\": \"logs.txt\"\n}\n");
    ok = init_write_file(options->directory, INIT_CREATING_NAME, bytes_of_buf(&text), 0644, err);
    buf_cleanup(&text);
    return ok;
}

static void append_next_steps(struct buf *out, const struct witness_init_options *options)
{
    const char *directory = options->directory;

    buf_append_format(out, "Created the witness %s in %s\n\n", options->name, directory);
    buf_append_format(out, "Keep secret    %s/keys/*.pem\n", directory);
    buf_append_format(out, "Give to others %s/keys/*.vkey\n\nNext:\n", directory);
    if (options->logs_file == NULL)
        buf_append_format(out, "  echo log VERIFIER-KEY >> %s/logs.txt\n", directory);
    buf_append_format(out, "  vouchd -n %s\n  vouchd %s\n", directory, directory);
}

bool witness_init_run(struct buf *out_next_steps, const struct witness_init_options *options,
                      struct err *err)
{
    struct keys keys = {0};
    bool ok = check_options(options, err) && init_make_directory(options->directory, err);
    bool is_ours = ok;

    ok = ok && make_keys(&keys, options, err) && make_ledger(options, keys.signer, err) &&
         write_logs(options, err) && write_config(options, keys.mldsa != NULL, err) &&
         init_finish(options->directory, err);
    signer_close(keys.signer);
    mldsa_signer_close(keys.mldsa);
    if (ok)
        append_next_steps(out_next_steps, options);
    else if (is_ours)
        return err_wrap(err, "%s is incomplete, remove it and try again", options->directory);
    return ok;
}
