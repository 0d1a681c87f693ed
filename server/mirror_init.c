#include "server/mirror_init.h"

#include <stdlib.h>

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
    bool ok = init_make_directory(data, err);

    (void)signer; /* copies name no key */
    free(data);
    return ok;
}

const struct init_cosigner_role mirror_init_role = {
    .noun = "mirror",
    .empty_list = "# The logs to mirror, a line each:\n"
                  "# log <verifier key> <URL>\n"
                  "quorum none\n",
    .list_line = "log VERIFIER-KEY URL",
    .list_len_max = POLICY_LEN_MAX,
    .config_members = "",
    .check_list = check_list,
    .make_data = make_data,
};
