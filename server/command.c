#include "server/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/config.h"
#include "server/init.h"
#include "server/mirror_config.h"
#include "server/monitor_config.h"
#include "server/witness_config.h"

static const char usage_text[] =
    "usage: vouchd init --dir DIR --origin ORIGIN [--issuer NAME=FILE[:ROLE,...]]... [--opaque]\n"
    "                   [--profile strict|observe] [--listen ADDRESS:PORT]\n"
    "       vouchd init --role witness|mirror --dir DIR --name NAME [--logs FILE]\n"
    "                   [--listen ADDRESS:PORT]\n"
    "       vouchd [run] [-n] [--role log|witness|monitor|mirror] [--config] FILE|DIR\n"
    "       vouchd adopt [--config] FILE|DIR\n"
    "       vouchd trust [--config] FILE|DIR NAME=FILE[:ROLE,...]...\n"
    "       vouchd compact [--config] FILE|DIR\n"
    "       vouchd reindex [--check] [--config] FILE|DIR\n"
    "       vouchd restore --from URL|DIR [--head FILE]... [--config] FILE|DIR\n"
    "       vouchd --help | --version\n"
    "\n"
    "init creates a log: keys, empty store and vouchd.json in the new directory DIR. ORIGIN names\n"
    "the log for ever, for example log.example.org/2026. An evidence log takes signed statements;\n"
    "an opaque one (--opaque) any bytes. --issuer trusts the public key in FILE to sign statements\n"
    "as NAME, in the roles named or else as an engine. With --profile observe only form and false\n"
    "authority refuse a statement, and all else that is wrong flags it. All of this is in the log's\n"
    "first entry.\n"
    "\n"
    "init --role witness creates a witness: it cosigns the checkpoints of the logs in a list, when\n"
    "they extend what it cosigned before. NAME is what its signatures bear, for ever.\n"
    "\n"
    "init --role mirror creates a mirror: it keeps copies of the logs in a list, serves them, and\n"
    "cosigns what it has in full.\n"
    "\n"
    "run, the default, serves the log, witness or mirror whose vouchd.json is given, or lies in\n"
    "DIR, or watches a log as the monitor it describes; with --role only if it is one. SIGTERM\n"
    "finishes what was accepted and exits; SIGHUP reads diag_level, identity keys and a witness's list of logs\n"
    "again.\n"
    "-n checks the configuration, prints the one in effect, and exits.\n"
    "\n"
    "adopt makes a log writable that was restored from a copy, or has lost its head file: if the\n"
    "witness quorum of its policy cosigns what the store holds, and knows of nothing newer. It makes\n"
    "the copy of a witness's directory the witness. The original must never run again.\n"
    "\n"
    "trust writes into a log that is not being served that it trusts these issuers too. Whoever has\n"
    "the role admin or identity-provider can do that, and take it back, with identity records.\n"
    "\n"
    "compact rewrites the database of a log that is not being served, so that nothing outdated\n"
    "takes space in it. It changes nothing else.\n"
    "\n"
    "reindex makes the indexes and facts of a log that is not being served again from its entries.\n"
    "With --check it only compares them with those that are there; exit status 3: they differ.\n"
    "\n"
    "restore commits again, into the store of a log that is not being served, what a mirror of the\n"
    "log holds beyond it; without a store it makes one. Nothing is signed anew before the largest\n"
    "head known is reached: the head file's, the mirror's, and those in the files of --head.\n"
    "\n"
    "Members of the vouchd.json of a log (default):\n";

int command_fail(const struct err *err)
{
    fprintf(stderr, "vouchd: %s\n", err->text);
    return EXIT_FAILURE;
}

int command_usage_error(const char *message)
{
    fprintf(stderr, "vouchd: %s (try vouchd --help)\n", message);
    return EXIT_USAGE;
}

int command_print(struct buf *text)
{
    bool ok = fwrite(text->data, 1, text->len, stdout) == text->len && fflush(stdout) == 0;

    buf_cleanup(text);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const struct {
    const char *noun;
    const struct config_table *table;
} other_roles[] = {
    {"witness", &witness_config_table},
    {"monitor", &monitor_config_table},
    {"mirror", &mirror_config_table},
};

int command_print_help(void)
{
    struct buf text = {0};

    buf_append_text(&text, usage_text);
    config_table_append_help(&log_config_table, &text);
    for (size_t i = 0; i < sizeof(other_roles) / sizeof(other_roles[0]); i++) {
        buf_append_format(&text, "\nMembers of the vouchd.json of a %s (default):\n",
                          other_roles[i].noun);
        config_table_append_help(other_roles[i].table, &text);
    }
    return command_print(&text);
}

bool command_add_issuer(struct issuer_argument *issuers, size_t *count, const char *text)
{
    struct err err = {0};

    if (*count == INIT_ISSUERS_MAX) {
        err_set(&err, ERR_INVALID, "more than %d issuers", INIT_ISSUERS_MAX);
    } else if (issuer_argument_parse(&issuers[*count], text, &err)) {
        (*count)++;
        return true;
    }
    command_usage_error(err.text);
    return false;
}

void command_cleanup_issuers(struct issuer_argument *issuers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        issuer_argument_cleanup(&issuers[i]);
}
