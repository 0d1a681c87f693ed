/* vouchd: the transparency log daemon. docs/man/vouchd.8 describes its use. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "server/adopt.h"
#include "server/command.h"
#include "server/config.h"
#include "server/daemon.h"
#include "server/init.h"
#include "server/mirror_daemon.h"
#include "server/monitor_daemon.h"
#include "server/offline.h"
#include "server/serving.h"
#include "server/witness_daemon.h"

static bool check_log(struct buf *out, const char *path, struct err *err)
{
    struct config config;
    bool ok = config_load(&config, path, err);

    if (ok) {
        diag_set_level((enum diag_level)config.diag_level);
        ok = daemon_check(&config, err);
        config_table_append_json(&log_config_table, out, &config);
        config_cleanup(&config);
    }
    return ok;
}

typedef bool (*log_act_fn)(const struct config *config, struct err *err);

static bool with_log_config(const char *path, log_act_fn act, struct err *err)
{
    struct config config;
    bool ok = config_load(&config, path, err);

    if (ok) {
        diag_set_level((enum diag_level)config.diag_level);
        ok = act(&config, err);
        config_cleanup(&config);
    }
    return ok;
}

static bool serve_log(const char *path, struct err *err)
{
    return with_log_config(path, daemon_run, err);
}

static bool adopt_log(const char *path, struct err *err)
{
    return with_log_config(path, adopt_store, err);
}

/* What the daemon can be; a file without "role" is that of a log. */
static const struct daemon_role {
    const char *name;
    bool (*serve)(const char *path, struct err *err);
    bool (*check)(struct buf *out, const char *path, struct err *err);
    bool (*adopt)(const char *path, struct err *err); /* NULL: there is nothing to adopt */
} ROLES[] = {
    {"log", serve_log, check_log, adopt_log},
    {"mirror", mirror_daemon_run, mirror_daemon_check, mirror_daemon_adopt},
    {"witness", witness_daemon_run, witness_daemon_check, witness_daemon_adopt},
    {"monitor", monitor_daemon_run, monitor_daemon_check, NULL},
};

enum { ROLE_COUNT = sizeof(ROLES) / sizeof(ROLES[0]) };

static const struct daemon_role *find_role(const char *name)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (strcmp(ROLES[i].name, name) == 0)
            return &ROLES[i];
    }
    return NULL;
}

/* The role of a configuration file; wanted: what it must be, NULL: any. */
static bool read_role(const struct daemon_role **out, const char *path, const char *wanted,
                      struct err *err)
{
    char *name = NULL;
    bool ok = config_read_role(&name, path, ROLES[0].name, err);

    if (ok) {
        *out = find_role(name);
        if (*out == NULL)
            ok = err_set(err, ERR_INVALID, "%s: there is no role \"%.64s\"", path, name);
        else if (wanted != NULL && strcmp(name, wanted) != 0)
            ok = err_set(err, ERR_INVALID, "%s: its role is %s, not %.64s", path, name, wanted);
    }
    free(name);
    return ok;
}

static int serve(const char *path, const char *wanted_role)
{
    const struct daemon_role *role;
    struct err err = {0};

    if (read_role(&role, path, wanted_role, &err) && role->serve(path, &err))
        return EXIT_SUCCESS;
    return command_fail(&err);
}

static int check(const char *path, const char *wanted_role)
{
    const struct daemon_role *role;
    struct buf text = {0};
    struct err err = {0};

    if (read_role(&role, path, wanted_role, &err) && role->check(&text, path, &err))
        return command_print(&text);
    buf_cleanup(&text);
    return command_fail(&err);
}

static int compact(const struct config *config)
{
    struct err err = {0};

    return offline_compact(config, &err) ? EXIT_SUCCESS : command_fail(&err);
}

static int reindex(const struct config *config)
{
    struct err err = {0};

    return offline_reindex(config, &err) ? EXIT_SUCCESS : command_fail(&err);
}

static int check_index(const struct config *config)
{
    struct store_reindex_differences found;
    struct err err = {0};

    if (!offline_check_index(config, &found, &err))
        return command_fail(&err);
    printf("missing %" PRIu64 ", changed %" PRIu64 ", foreign %" PRIu64 "\n", found.missing,
           found.changed, found.foreign);
    return found.missing + found.changed + found.foreign == 0 ? EXIT_SUCCESS : EXIT_DIFFERS;
}

typedef int (*act_fn)(const struct config *config);

/* Reads the configuration and does one thing with it. */
static int with_config(const char *path, act_fn act)
{
    struct config config;
    struct err err = {0};
    int status;

    if (!config_load(&config, path, &err))
        return command_fail(&err);
    diag_set_level((enum diag_level)config.diag_level);
    status = act(&config);
    config_cleanup(&config);
    return status;
}

static const struct option run_options[] = {
    {"check", no_argument, NULL, OPTION_CHECK},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"help", no_argument, NULL, OPTION_HELP},
    {"role", required_argument, NULL, OPTION_ROLE},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

static const struct option trust_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

/* A command that works on what exists already. With -n it checks the configuration instead. */
struct deed {
    int (*by_role)(const char *path, const char *wanted_role); /* NULL: it is for logs only */
    act_fn act;
    act_fn check; /* with --check; NULL: it has no such option */
};

static int main_existing(int argc, char **argv, struct deed deed)
{
    const char *path = NULL;
    const char *role = NULL;
    int id;

    while ((id = getopt_long(argc, argv, "n", run_options, NULL)) != -1) {
        switch (id) {
        case 'n':
            deed.by_role = check;
            break;
        case OPTION_CHECK:
            if (deed.check == NULL)
                return command_usage_error("only reindex has --check");
            deed.act = deed.check;
            break;
        case OPTION_CONFIG:
            path = optarg;
            break;
        case OPTION_HELP:
            return command_print_help();
        case OPTION_ROLE:
            role = optarg;
            break;
        case OPTION_VERSION:
            printf("vouchd %s\n", VOUCH_VERSION);
            return EXIT_SUCCESS;
        default:
            return EXIT_USAGE;
        }
    }
    if (path == NULL && optind < argc)
        path = argv[optind++];
    if (path == NULL || optind < argc)
        return command_usage_error("exactly one configuration file or directory is needed");
    return deed.by_role != NULL ? deed.by_role(path, role) : with_config(path, deed.act);
}

static int main_run(int argc, char **argv)
{
    return main_existing(argc, argv, (struct deed){.by_role = serve});
}

static int adopt(const char *path, const char *wanted_role)
{
    const struct daemon_role *role;
    struct err err = {0};

    if (!read_role(&role, path, wanted_role, &err))
        return command_fail(&err);
    if (role->adopt == NULL)
        err_set(&err, ERR_REFUSED, "%s: there is nothing to adopt for a %s", path, role->name);
    else if (role->adopt(path, &err))
        return EXIT_SUCCESS;
    return command_fail(&err);
}

static int main_adopt(int argc, char **argv)
{
    return main_existing(argc, argv, (struct deed){.by_role = adopt});
}

static int main_compact(int argc, char **argv)
{
    return main_existing(argc, argv, (struct deed){.act = compact});
}

static int main_reindex(int argc, char **argv)
{
    return main_existing(argc, argv, (struct deed){.act = reindex, .check = check_index});
}

static int trust(const char *path, struct issuer_argument *issuers, size_t count)
{
    struct config config;
    struct err err = {0};
    int status = EXIT_SUCCESS;

    if (!config_load(&config, path, &err))
        return command_fail(&err);
    diag_set_level(DIAG_WARN);
    if (!offline_trust(&config, issuers, count, &err))
        status = command_fail(&err);
    config_cleanup(&config);
    return status;
}

static int main_trust(int argc, char **argv)
{
    struct issuer_argument issuers[INIT_ISSUERS_MAX] = {0};
    size_t count = 0;
    const char *path = NULL;
    int status = EXIT_SUCCESS;
    int id;

    while ((id = getopt_long(argc, argv, "", trust_options, NULL)) != -1) {
        if (id == OPTION_HELP)
            return command_print_help();
        if (id != OPTION_CONFIG)
            return EXIT_USAGE;
        path = optarg;
    }
    if (path == NULL && optind < argc)
        path = argv[optind++];
    if (path == NULL || optind == argc)
        return command_usage_error("trust needs a configuration file or directory, and issuers");
    for (; optind < argc && status == EXIT_SUCCESS; optind++)
        status = command_add_issuer(issuers, &count, argv[optind]) ? EXIT_SUCCESS : EXIT_USAGE;
    if (status == EXIT_SUCCESS)
        status = trust(path, issuers, count);
    command_cleanup_issuers(issuers, count);
    return status;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} COMMANDS[] = {
    {"adopt", main_adopt},
    {"compact", main_compact},
    {"init", command_init},
    {"reindex", main_reindex},
    {"restore", command_restore},
    {"run", main_run},
    {"trust", main_trust},
};

int main(int argc, char **argv)
{
    serving_block_signals();
    for (size_t i = 0; argc > 1 && i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0)
            return COMMANDS[i].run(argc - 1, argv + 1);
    }
    return main_run(argc, argv);
}
