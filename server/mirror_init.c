#include "server/mirror_init.h"

#include <stdlib.h>

#include "server/cosigning/ledger.h"
#include "server/init_files.h"
#include "server/role/mirror/mirror_logs.h"

static bool check_list(const char *path, struct err *err)
{
    struct mirror_logs logs;

    if (!mirror_logs_load(&logs, path, err))
        return false;
    mirror_logs_cleanup(&logs);
    return true;
}

static bool make_data(const struct init_cosigner_options *options, const struct signer *signer,
                      struct err *err)
{
    char *data = mem_format("%s/data", options->directory);
    char *directory = mem_format("%s/ledger", options->directory);
    char *mark = mem_format("%s/mark", options->directory);
    struct ledger_options ledger = {
        .directory = directory,
        .mark_file = mark,
        .name = options->name,
        .key = public_key_thumbprint(signer->public_key),
    };
    bool ok = init_make_directory(data, err) && ledger_create(&ledger, err);

    free(data);
    free(directory);
    free(mark);
    return ok;
}

const struct init_cosigner_role mirror_init_role = {
    .noun = "mirror",
    .empty_list = "# The logs to mirror, a line each:\n"
                  "# log <verifier key> <URL>     (without the URL: entries are pushed only)\n"
                  "quorum none\n",
    .list_line = "log VERIFIER-KEY URL",
    .list_len_max = POLICY_LEN_MAX,
    .config_members = ",\n  \"ledger_dir\": \"ledger\",\n  \"mark_file\": \"mark\"",
    .cosigns_with_mldsa = true,
    .check_list = check_list,
    .make_data = make_data,
};
