#include "server/witness_init.h"

#include <stdlib.h>

#include "server/cosigning/ledger.h"
#include "server/cosigning/log_list.h"

static bool check_list(const char *path, struct err *err)
{
    struct log_list *list;

    if (!log_list_load(&list, path, err))
        return false;
    snapshot_release(&list->snapshot);
    return true;
}

static bool make_ledger(const struct init_cosigner_options *options, const struct signer *signer,
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

const struct init_cosigner_role witness_init_role = {
    .noun = "witness",
    .empty_list = "# The logs that this witness cosigns, a line each:\n"
                  "# log <verifier key>\n",
    .list_line = "log VERIFIER-KEY",
    .list_len_max = LOG_LIST_LEN_MAX,
    .config_members = ",\n  \"mark_file\": \"mark\"",
    .cosigns_with_mldsa = true,
    .check_list = check_list,
    .make_data = make_ledger,
};
