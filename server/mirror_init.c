#include "server/mirror_init.h"

#include <stdlib.h>

#include "base/file.h"
#include "schemas/cosignature.h"
#include "schemas/view.h"
#include "server/init_files.h"
#include "server/role/mirror/mirror_logs.h"
#include "server/transport/listen_address.h"

static const char EMPTY_LIST[] = "# The logs to mirror, a line each:\n"
                                 "# log <verifier key> <URL>\n"
                                 "quorum none\n";

static bool check_options(const struct witness_init_options *options, struct err *err)
{
    struct listen_address address;
    struct mirror_logs logs;

    if (!note_name_is_valid(bytes_of_text(options->name)))
        return err_set(err, ERR_INVALID, "\"%s\" cannot be the name of a mirror: it needs 1 to %d"
                       " bytes without spaces or +", options->name, NOTE_NAME_LEN_MAX);
    if (!listen_address_parse(&address, options->listen, err))
        return false;
    if (options->logs_file == NULL)
        return true;
    if (!mirror_logs_load(&logs, options->logs_file, err))
        return false;
    mirror_logs_cleanup(&logs);
    return true;
}

static bool write_vkey(const char *directory, const struct cosigner *cosigner, struct err *err)
{
    struct buf line = {0};
    bool ok = cosigner_append_vkey(&line, cosigner, NOTE_TYPE_COSIGNATURE, err) &&
              init_write_file(directory, "keys/cosigner.vkey", bytes_of_buf(&line), 0644, err);

    buf_cleanup(&line);
    return ok;
}

static bool make_key(struct signer **out, const struct witness_init_options *options,
                     struct err *err)
{
    const char *directory = options->directory;
    char *keys = mem_format("%s/keys", directory);
    struct cosigner cosigner;
    bool ok = init_make_directory(keys, err) &&
              init_make_key(out, directory, "cosigner", KEY_ED25519, err) &&
              cosigner_init(&cosigner, options->name, *out, NULL, err) &&
              write_vkey(directory, &cosigner, err);

    free(keys);
    return ok;
}

static bool write_logs(const struct witness_init_options *options, struct err *err)
{
    struct buf text = {0};
    bool ok = true;

    if (options->logs_file == NULL)
        buf_append_text(&text, EMPTY_LIST);
    else
        ok = file_read(&text, options->logs_file, POLICY_LEN_MAX, err);
    ok = ok && init_write_file(options->directory, "logs.txt", bytes_of_buf(&text), 0644, err);
    buf_cleanup(&text);
    return ok;
}

static bool make_data(const char *directory, struct err *err)
{
    char *data = mem_format("%s/data", directory);
    bool ok = init_make_directory(data, err);

    free(data);
    return ok;
}

static bool write_config(const struct witness_init_options *options, struct err *err)
{
    struct buf text = {0};
    bool ok;

    buf_append_text(&text, "{\n  \"role\": \"mirror\",\n  \"name\": ");
    view_append_json_string(&text, bytes_of_text(options->name));
    buf_append_text(&text, ",\n  \"listen\": ");
    view_append_json_string(&text, bytes_of_text(options->listen));
    buf_append_text(&text, ",\n  \"data_dir\": \"data\""
                           ",\n  \"cosigner_key_file\": \"keys/cosigner.pem\""
                           ",\n  \"logs_file\": \"logs.txt\"\n}\n");
    ok = init_write_file(options->directory, INIT_CREATING_NAME, bytes_of_buf(&text), 0644, err);
    buf_cleanup(&text);
    return ok;
}

static void append_next_steps(struct buf *out, const struct witness_init_options *options)
{
    const char *directory = options->directory;

    buf_append_format(out, "Created the mirror %s in %s\n\n", options->name, directory);
    buf_append_format(out, "Keep secret    %s/keys/cosigner.pem\n", directory);
    buf_append_format(out, "Give to others %s/keys/cosigner.vkey\n\nNext:\n", directory);
    if (options->logs_file == NULL)
        buf_append_format(out, "  echo log VERIFIER-KEY URL >> %s/logs.txt\n", directory);
    buf_append_format(out, "  vouchd -n %s\n  vouchd %s\n", directory, directory);
}

bool mirror_init_run(struct buf *out_next_steps, const struct witness_init_options *options,
                     struct err *err)
{
    struct signer *signer = NULL;
    bool ok = check_options(options, err) && init_make_directory(options->directory, err);
    bool is_ours = ok;

    ok = ok && make_key(&signer, options, err) &&
         make_data(options->directory, err) && write_logs(options, err) &&
         write_config(options, err) && init_finish(options->directory, err);
    signer_close(signer);
    if (ok)
        append_next_steps(out_next_steps, options);
    else if (is_ours)
        return err_wrap(err, "%s is incomplete, remove it and try again", options->directory);
    return ok;
}
